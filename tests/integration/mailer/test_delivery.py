import signal
import smtplib
import threading

import pytest
from sqlalchemy import select

from crate_core.clock import utcnow
from crate_core.database import Database, WriteSession
from crate_core.jobs import Task
from crate_core.jobs.running import Outcome
from crate_core.mails import send_again, settle_as_arrived
from crate_core.models.documents import Document
from crate_core.models.jobs import Job
from crate_core.models.mail import MailAttachment, MailState
from crate_core.models.users import UserAccount
from crate_mailer.transport import SmtpTransport
from tests.integration.mailer.conftest import CLINICIAN, Post
from tests.servers import Reply, SmtpSink
from tests.waiting import wait_until


def add_user(session: WriteSession) -> UserAccount:
    user = UserAccount(username="rdbm", password_hash="", created_at=utcnow())
    session.add(user)
    session.flush()
    return user


def test_a_mail_is_delivered_once_and_the_answer_kept(post: Post) -> None:
    mail_id = post.add()

    assert post.run(mail_id) == Outcome.DONE
    mail, (attempt,) = post.mail(mail_id), post.attempts(mail_id)

    (message,) = post.sink.sent_to(CLINICIAN)
    assert message["Message-ID"] == mail.message_id
    assert (mail.state, mail.leased_until) == (MailState.SENT, None)
    assert mail.sent_at is not None
    assert (attempt.outcome, attempt.envelope_recipient, attempt.by_id) == ("sent", CLINICIAN, None)
    assert attempt.server_reply == "250 OK"
    assert post.reports() == 0


def test_files_of_a_mail_go_with_it(post: Post) -> None:
    pdf = b"%PDF-1.7\n" + bytes(range(256))
    document = Document(
        filename="x.pdf",
        media_type="application/pdf",
        size=len(pdf),
        sha256="",
        content=pdf,
        created_at=utcnow(),
    )
    mail_id = post.add(attachments=[MailAttachment(document=document, filename="letter.pdf")])

    post.run(mail_id)

    (letter,) = post.sink.messages[0].iter_attachments()
    assert (letter.get_filename(), letter.get_content()) == ("letter.pdf", pdf)


def test_c109_a_plain_second_send_does_nothing(post: Post) -> None:
    mail_id = post.add()
    post.run(mail_id)

    assert post.run(mail_id) == Outcome.SKIPPED
    assert len(post.attempts(mail_id)) == len(post.sink.messages) == 1


def test_c109_sending_again_makes_a_second_transmission_in_the_name_of_who_asked(
    post: Post,
) -> None:
    mail_id = post.add()
    post.run(mail_id)
    user = post.database.write(add_user)

    assert post.database.write(lambda session: send_again(session, mail_id, user))
    assert not post.database.write(lambda session: send_again(session, mail_id, user))
    post.run(mail_id)

    first, second = post.attempts(mail_id)
    assert (first.by_id, second.by_id, second.outcome) == (None, user.id, "sent")
    assert len({message["Message-ID"] for message in post.sink.messages}) == 1
    assert len(post.sink.messages) == 2


def test_c110_the_safety_catch_diverts_and_keeps_the_true_recipient(
    database: Database, smtp_sink: SmtpSink
) -> None:
    caught = Post(database, smtp_sink, safety_catch=True)
    mail_id = caught.add()
    caught.run(mail_id)

    (message,) = smtp_sink.sent_to("developer@example.org")
    assert message["X-Crate-True-Recipient"] == CLINICIAN
    assert caught.mail(mail_id).recipient == CLINICIAN
    assert caught.attempts(mail_id)[0].envelope_recipient == "developer@example.org"

    user = database.write(add_user)
    database.write(lambda session: send_again(session, mail_id, user))
    opened = Post(database, smtp_sink)
    opened.run(mail_id)
    assert len(smtp_sink.sent_to(CLINICIAN)) == 1
    caught.transport.close()
    opened.transport.close()


def test_c127_two_jobs_of_one_mail_send_it_once(post: Post) -> None:
    mail_id = post.add()

    outcomes = [post.run(mail_id), post.run(mail_id)]

    assert outcomes == [Outcome.DONE, Outcome.SKIPPED]
    assert len(post.sink.messages) == 1


def test_c38_a_server_that_is_away_is_tried_again_until_exactly_one_mail_arrives(
    post: Post,
) -> None:
    mail_id = post.add()
    post.sink.stop()

    assert post.run(mail_id) == Outcome.RETRY
    assert post.mail(mail_id).state == MailState.QUEUED
    assert [attempt.outcome for attempt in post.attempts(mail_id)] == ["unreachable"]
    assert post.reports() == 1

    post.sink.start()
    assert post.run(mail_id) == Outcome.DONE
    assert post.mail(mail_id).state == MailState.SENT
    assert len(post.sink.messages) == 1


@pytest.mark.parametrize("where", ["at_recipient", "at_data"])
def test_a_server_that_says_later_is_tried_again(post: Post, where: str) -> None:
    getattr(post.sink, where)[CLINICIAN] = Reply.refuse("451 4.3.0 try again later")
    mail_id = post.add()

    assert post.run(mail_id) == Outcome.RETRY
    assert post.mail(mail_id).state == MailState.QUEUED
    assert "451" in post.attempts(mail_id)[0].server_reply

    getattr(post.sink, where).clear()
    assert post.run(mail_id) == Outcome.DONE
    assert len(post.sink.messages) == 1


@pytest.mark.parametrize("where", ["at_recipient", "at_data"])
def test_a_server_that_says_never_fails_that_mail_at_once_and_no_other(
    post: Post, where: str
) -> None:
    getattr(post.sink, where)[CLINICIAN] = Reply.refuse()
    refused, other = post.add("a"), post.add("b", recipient="other@example.org")

    assert post.run(refused) == Outcome.DONE
    assert post.run(other) == Outcome.DONE

    assert post.mail(refused).state == MailState.FAILED
    (attempt,) = post.attempts(refused)
    assert (attempt.outcome, attempt.server_reply) == ("refused", "550 5.1.1 No such mailbox")
    assert post.mail(other).state == MailState.SENT


@pytest.mark.parametrize("kept", [True, False], ids=["delivered", "lost"])
def test_identity_whose_fate_is_unknown_waits_for_the_rdbm(post: Post, kept: bool) -> None:
    post.sink.at_data[CLINICIAN] = Reply.drop(keep=kept)
    mail_id = post.add()

    assert post.run(mail_id) == Outcome.DONE
    assert post.mail(mail_id).state == MailState.UNKNOWN
    assert [attempt.outcome for attempt in post.attempts(mail_id)] == ["unknown"]
    assert post.run(mail_id) == Outcome.SKIPPED

    user = post.database.write(add_user)
    assert post.database.write(lambda session: settle_as_arrived(session, mail_id, user))
    assert post.mail(mail_id).state == MailState.SENT
    assert post.attempts(mail_id)[-1].by_id == user.id


def test_mail_without_identity_whose_fate_is_unknown_goes_again_as_the_same_mail(
    post: Post,
) -> None:
    post.sink.at_data[CLINICIAN] = Reply.drop(keep=True)
    mail_id = post.add(carries_identity=False)

    assert post.run(mail_id) == Outcome.RETRY
    post.sink.at_data.clear()
    assert post.run(mail_id) == Outcome.DONE

    assert [attempt.outcome for attempt in post.attempts(mail_id)] == ["unknown", "sent"]
    first, second = post.sink.messages
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.parametrize(
    ("carries_identity", "state", "mails"),
    [(True, MailState.UNKNOWN, 0), (False, MailState.SENT, 1)],
)
def test_a_mail_found_being_sent_was_perhaps_sent_by_a_process_that_died(
    post: Post, carries_identity: bool, state: MailState, mails: int
) -> None:
    mail_id = post.add(carries_identity=carries_identity)
    post.set_state(mail_id, MailState.SENDING)

    post.run(mail_id)

    assert post.mail(mail_id).state == state
    assert post.attempts(mail_id)[0].outcome == "unknown"
    assert len(post.sink.messages) == mails


def test_a_mail_is_marked_before_its_message_goes_out(post: Post) -> None:
    mail_id = post.add()
    seen: list[str] = []

    class Watching(SmtpTransport):
        def _send_data(self, connection: object, message: bytes) -> str:
            seen.append(post.mail(mail_id).state)
            return "250 OK"

    post.transport.__class__ = Watching
    post.run(mail_id)

    assert seen == [MailState.SENDING]


def test_a_mail_that_another_process_has_begun_to_send_meanwhile_stays_its_own(post: Post) -> None:
    mail_id = post.add()

    class Slow(SmtpTransport):
        def _begin(self, sender: str) -> smtplib.SMTP:
            post.set_state(mail_id, MailState.SENDING)
            return super()._begin(sender)

    post.transport.__class__ = Slow
    assert post.run(mail_id) == Outcome.RETRY

    assert post.mail(mail_id).state == MailState.SENDING
    assert post.attempts(mail_id) == []
    assert post.sink.messages == []


def test_a_mail_that_could_not_be_sent_for_days_is_given_up_visibly(post: Post) -> None:
    mail_id = post.add()
    post.sink.stop()

    def exhaust(session: WriteSession) -> None:
        job = session.scalars(select(Job).where(Job.subject_id == mail_id)).one()
        job.attempts = 59

    post.database.write(exhaust)
    assert post.run(mail_id) == Outcome.FAILED
    assert post.mail(mail_id).state == MailState.FAILED
    assert post.attempts(mail_id)[-1].outcome == "failed"
    # The mail waits for the RDBM; no failed job waits on when they have settled it.
    with post.database.read() as session:
        sending = select(Job).where(Job.subject_id == mail_id, Job.task == Task.SEND_MAIL)
        job = session.scalars(sending).one()
    assert (job.failed_at, job.open_key) == (None, None)
    assert job.done_at is not None
    post.sink.start()


def test_one_connection_serves_many_mails(post: Post) -> None:
    mails = [post.add(f"m{number}") for number in range(3)]

    post.run(mails[0])
    connection = post.transport._connection
    post.run(mails[1])
    post.run(mails[2])

    assert connection is not None
    assert post.transport._connection is connection
    assert len(post.sink.messages) == 3


def test_a_connection_that_the_server_closed_meanwhile_costs_nothing(post: Post) -> None:
    first, second = post.add("a"), post.add("b")
    post.run(first)
    post.sink.stop()
    post.sink.start()

    assert post.run(second) == Outcome.DONE
    assert [attempt.outcome for attempt in post.attempts(second)] == ["sent"]


def test_a_server_that_stalls_is_left_in_time(post: Post) -> None:
    # Taken in the end: who waits for that has sent it.
    post.sink.at_recipient[CLINICIAN] = Reply(stall=20)
    mail_id = post.add()

    assert post.run(mail_id) == Outcome.RETRY
    assert post.mail(mail_id).state == MailState.QUEUED


def test_a_time_limit_that_strikes_while_the_server_thinks_leaves_no_answer_for_the_next_mail(
    database: Database, smtp_sink: SmtpSink
) -> None:
    def strike(*_details: object) -> None:
        raise RuntimeError("too long")

    def strike_while_the_server_thinks(thread: int) -> None:
        wait_until(lambda: smtp_sink.held > 0)
        signal.pthread_kill(thread, signal.SIGUSR1)

    post = Post(database, smtp_sink, smtp_timeout_seconds=60)
    slow, quick = post.add("a"), post.add("b", recipient="other@example.org")
    smtp_sink.at_data[CLINICIAN] = Reply(stall=30)
    before = signal.signal(signal.SIGUSR1, strike)
    striking = threading.Thread(
        target=strike_while_the_server_thinks, args=(threading.get_ident(),)
    )
    striking.start()
    try:
        assert post.run(slow) == Outcome.RETRY
    finally:
        striking.join()
        signal.signal(signal.SIGUSR1, before)

    assert post.mail(slow).state == MailState.SENDING
    assert post.run(quick) == Outcome.DONE
    assert len(post.sink.sent_to("other@example.org")) == 1
    assert post.run(slow) == Outcome.DONE
    assert post.mail(slow).state == MailState.UNKNOWN
    post.transport.close()
