"""What becomes of the mails that a step asked for, sent by the real mailer."""

from collections.abc import Iterator

import pytest

from crate_core.database import WriteSession
from crate_core.domain.contact import Answer, Status
from crate_core.jobs import Task
from crate_core.mails import send_again
from crate_core.models import UserAccount
from crate_core.models.mail import MailState
from tests.integration.consent.world import World
from tests.servers import SmtpSink
from tests.servers.smtp import Reply

CLINICIAN, LEAD = "cleo@example.org", "lead@example.org"


@pytest.fixture
def post(world: World, smtp_sink: SmtpSink) -> Iterator[SmtpSink]:
    """The mail server that the world's mails go to."""
    transport = world.connect_mailer(smtp_sink.url)
    yield smtp_sink
    transport.close()


def resend(world: World, kind: str) -> None:
    (mail,) = world.mails(kind)

    def work(session: WriteSession) -> None:
        assert send_again(session, mail.id, session.get_one(UserAccount, world.rdbm))

    world.database.write(work)
    world.run_jobs()


def test_c38_a_question_that_cannot_be_mailed_is_no_question_until_it_arrives(
    world: World, post: SmtpSink
) -> None:
    post.stop()
    request_id = world.submit(world.study(), world.patient())
    world.run_jobs()
    assert world.request(request_id).status == Status.CLINICIAN_MAIL_FAILED
    world.run_jobs(now=True)
    (mail,) = world.mails("clinician_request")
    assert mail.state == MailState.QUEUED
    assert {attempt.outcome for attempt in mail.transmissions} == {"unreachable"}
    post.start()
    world.make_due_of(Task.SEND_MAIL)
    world.run_jobs()
    assert world.request(request_id).status == Status.WITH_CLINICIAN
    assert world.statuses(request_id) == [
        "new",
        "with_clinician",
        "clinician_mail_failed",
        "with_clinician",
    ]
    assert len(post.sent_to(CLINICIAN)) == 1
    world.make_due_of(Task.SEND_MAIL)
    world.run_jobs()
    assert len(post.sent_to(CLINICIAN)) == 1


def test_c38_a_refused_address_is_told_apart_and_an_answer_is_not_waited_for(
    world: World, post: SmtpSink
) -> None:
    post.at_recipient[CLINICIAN] = Reply.refuse()
    request_id = world.submit(world.study(), world.patient())
    world.run_jobs()
    assert world.request(request_id).status == Status.CLINICIAN_MAIL_FAILED
    assert world.mails("clinician_request")[0].state == MailState.FAILED
    del post.at_recipient[CLINICIAN]
    world.reissue(request_id)
    world.run_jobs()
    assert world.request(request_id).status == Status.WITH_CLINICIAN
    assert len(post.sent_to(CLINICIAN)) == 1


def test_c38_the_fate_of_an_older_question_says_nothing_of_the_present_one(
    world: World, post: SmtpSink
) -> None:
    post.stop()
    request_id = world.submit(world.study(), world.patient())
    world.run_jobs()
    post.start()
    world.reissue(request_id)
    world.run_jobs()
    assert world.request(request_id).status == Status.WITH_CLINICIAN
    post.at_recipient[CLINICIAN] = Reply.refuse()
    world.make_due_of(Task.SEND_MAIL)
    world.run_jobs()
    assert world.request(request_id).status == Status.WITH_CLINICIAN


def test_c39_an_approval_that_cannot_be_mailed_is_posted(world: World, post: SmtpSink) -> None:
    post.at_recipient[LEAD] = Reply.refuse()
    rid = world.patient()
    world.consent("green", letter_wanted=False)
    request_id = world.submit(world.study(), rid)
    world.run_jobs()
    assert world.request(request_id).status == Status.APPROVED
    (letter,) = world.letters("approval")
    assert letter.needs_posting
    (told,) = world.mails("rdbm")
    assert world.request(request_id).code in told.text
    for said in (told.text, told.html):
        assert "550 5.1.1 No such mailbox" in said


def test_c86_a_withdrawal_that_cannot_be_mailed_is_posted(world: World, post: SmtpSink) -> None:
    rid = world.patient()
    world.consent("green", letter_wanted=False)
    request_id = world.submit(world.study(), rid)
    world.run_jobs()
    post.at_recipient[LEAD] = Reply.refuse()
    world.consent("red", letter_wanted=False)
    world.run_jobs()
    assert world.request(request_id).status == Status.WITHDRAWN
    assert [letter.kind for letter in world.letters() if letter.needs_posting] == ["withdrawal"]
    assert len(world.mails("rdbm")) == 1


def test_c108_a_letter_is_on_the_list_as_long_as_its_mail_did_not_arrive(
    world: World, post: SmtpSink
) -> None:
    rid = world.patient()
    world.consent("green", letter_wanted=False)
    world.submit(world.study(), rid)
    for reply, listed in ((Reply.refuse(), True), (Reply(), False), (Reply.refuse(), True)):
        post.at_recipient[LEAD] = reply
        if world.mails("approval"):
            resend(world, "approval")
        world.run_jobs()
        assert [letter.needs_posting for letter in world.letters("approval")] == [listed]
    # Told each time that it could not be mailed; nothing of it gave up.
    assert len(world.mails("rdbm")) == 2
    assert all(job.done_at for job in world.jobs(Task.PROCESS_MAIL_OUTCOME))


@pytest.mark.parametrize("agreed", [True, False])
def test_c108_a_pack_that_nobody_marked_as_posted_is_off_the_list_once_the_patient_has_replied(
    world: World, agreed: bool
) -> None:
    world.leaflet()
    request_id = world.submit(world.study(), world.patient())
    world.run_jobs()
    world.answer(request_id, Answer.R)
    world.run_jobs()
    assert [letter.needs_posting for letter in world.letters("pack")] == [True]
    world.reply(request_id, agreed=agreed)
    world.run_jobs()
    assert [letter.needs_posting for letter in world.letters("pack")] == [False]


def test_a_withdrawn_permission_is_not_posted_when_its_mail_comes_back(
    world: World, post: SmtpSink
) -> None:
    rid = world.patient()
    world.consent("green", letter_wanted=False)
    world.submit(world.study(), rid)
    world.run_jobs()
    world.consent("red", letter_wanted=False)
    world.run_jobs()
    post.at_recipient[LEAD] = Reply.refuse()
    resend(world, "approval")
    assert not [letter for letter in world.letters("approval") if letter.needs_posting]


def test_c115_the_test_message_goes_all_the_way(world: World, post: SmtpSink) -> None:
    world.ask_for(Task.SEND_TEST_MAIL, world.rdbm)
    world.run_jobs()
    assert len(post.sent_to(world.settings.site.manager.email)) == 1
