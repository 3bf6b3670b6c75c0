"""Mails whose fate a person settles, and the test mail."""

import pytest
from sqlalchemy import select, update

from crate_core.database import WriteSession
from crate_core.domain.contact import Status
from crate_core.models import AuditEvent, ContactRequest, Job, Mail, UserAccount
from crate_web.rdbm.mails.queries import may_go_again
from tests.integration.consent.world import World
from tests.web import Browser


@pytest.fixture
def mail_id(world: World) -> int:
    """A question to a clinician of which nobody knows whether it arrived."""
    world.submit(world.study(), world.patient())
    world.run_jobs()
    (mail,) = world.mails("clinician_request")
    return mail.id


def become(world: World, mail_id: int, state: str) -> None:
    def work(session: WriteSession) -> None:
        session.change(update(Mail).where(Mail.id == mail_id).values(state=state))
        session.change(
            update(Job)
            .where(Job.task == "mail.send")
            .values(done_at=session.get_one(Mail, mail_id).queued_at, open_key=None)
        )

    world.database.write(work)


def read(world: World, mail_id: int) -> Mail:
    with world.database.read() as session:
        mail = session.get_one(Mail, mail_id)
        _ = mail.transmissions
        return mail


def test_c109_sent_again_it_is_queued_in_the_name_of_who_asked(
    browser: Browser, world: World, mail_id: int, manager: UserAccount
) -> None:
    become(world, mail_id, "unknown")
    browser.get(f"/rdbm/mails/{mail_id}")
    done = browser.post(f"/rdbm/mails/{mail_id}/send")
    assert "sent again now" in browser.follow(done).text
    mail = read(world, mail_id)
    assert mail.state == "queued"
    assert [attempt.by_id for attempt in mail.transmissions] == [manager.id]
    with world.database.read() as session:
        sending = select(Job).where(Job.task == "mail.send", Job.done_at.is_(None))
        assert len(session.scalars(sending).all()) == 1
    again = browser.post(f"/rdbm/mails/{mail_id}/send")
    assert "on its way already" in browser.follow(again).text
    assert len(read(world, mail_id).transmissions) == 1
    with world.database.read() as session:
        assert session.scalars(select(AuditEvent.kind)).all() == ["mail_resent"]


@pytest.mark.parametrize("status", ["cancelled", "stopped", "clinician_refused", "expired"])
def test_a_question_of_a_request_that_has_ended_is_not_sent_again(
    browser: Browser, world: World, mail_id: int, status: str
) -> None:
    become(world, mail_id, "failed")
    world.database.write(
        lambda session: session.change(update(ContactRequest).values(status=status))
    )
    assert "Send it again" not in browser.get(f"/rdbm/mails/{mail_id}").text
    done = browser.post(f"/rdbm/mails/{mail_id}/send")
    assert "its request has moved on" in browser.follow(done).text
    assert read(world, mail_id).state == "failed"


def test_a_question_whose_links_have_died_is_not_sent_again(
    browser: Browser, world: World, mail_id: int
) -> None:
    become(world, mail_id, "failed")
    world.reissue(1)
    world.run_jobs()
    _old, new = world.mails("clinician_request")
    become(world, new.id, "failed")
    world.database.write(
        lambda session: session.change(
            update(ContactRequest).values(status=Status.CLINICIAN_MAIL_FAILED)
        )
    )
    listed = browser.get("/rdbm/mails").text
    assert f"/rdbm/mails/{new.id}" in listed
    assert f"/rdbm/mails/{mail_id}" not in listed
    assert "Send it again" in browser.get(f"/rdbm/mails/{new.id}").text
    assert "Send it again" not in browser.get(f"/rdbm/mails/{mail_id}").text
    done = browser.post(f"/rdbm/mails/{mail_id}/send")
    assert "a later mail asks the same" in browser.follow(done).text
    assert read(world, mail_id).state == "failed"


def test_an_approval_is_not_sent_again_after_its_withdrawal() -> None:
    approval = Mail(kind="approval")
    assert may_go_again(approval, Status.APPROVED)
    assert not may_go_again(approval, Status.WITHDRAWN)
    assert may_go_again(Mail(kind="withdrawal"), Status.WITHDRAWN)
    assert may_go_again(Mail(kind="rdbm"), None)


def test_a_mail_of_unknown_fate_is_settled_by_a_persons_word(
    browser: Browser, world: World, mail_id: int
) -> None:
    become(world, mail_id, "unknown")
    browser.get(f"/rdbm/mails/{mail_id}")
    done = browser.post(f"/rdbm/mails/{mail_id}/arrived")
    assert "recorded that the mail arrived" in browser.follow(done).text
    assert read(world, mail_id).state == "sent"
    again = browser.post(f"/rdbm/mails/{mail_id}/arrived")
    assert "settled already" in browser.follow(again).text


def test_c115_a_test_mail_is_asked_for_by_a_post(
    browser: Browser, world: World, manager: UserAccount
) -> None:
    assert browser.get("/rdbm/manage").status_code == 200
    assert browser.get("/rdbm/manage/test-mail").status_code == 405
    with world.database.read() as session:
        assert session.scalars(select(Job)).all() == []
    browser.get("/rdbm/manage")
    assert "on its way" in browser.follow(browser.post("/rdbm/manage/test-mail")).text
    browser.post("/rdbm/manage/test-mail")
    with world.database.read() as session:
        (job,) = session.scalars(select(Job)).all()
    assert (job.task, job.subject_id) == ("consent.send_test_mail", manager.id)
    world.run_jobs()
    assert len(world.mails("rdbm")) == 1
    assert "The last one waits to be sent" in browser.get("/rdbm/manage").text


def test_a_failed_mail_that_needs_nothing_more_leaves_the_queue(
    browser: Browser, world: World
) -> None:
    browser.get("/rdbm/manage")
    browser.post("/rdbm/manage/test-mail")
    world.run_jobs()
    (mail,) = world.mails("rdbm")
    become(world, mail.id, "failed")
    assert "mail to settle" in browser.get("/rdbm").text
    assert "News for you" in browser.get("/rdbm/mails").text
    browser.get(f"/rdbm/mails/{mail.id}")
    done = browser.post(f"/rdbm/mails/{mail.id}/leave")
    assert "left the work queue" in browser.follow(done).text
    assert "Nothing waits for you" in browser.get("/rdbm").text


@pytest.mark.parametrize(
    "change",
    [{"email": "other@example.org"}, {"email_verified_at": None}, {"is_active": False}],
    ids=["other", "unchecked", "left"],
)
def test_c32_approval_is_not_sent_again_to_an_address_that_is_the_leads_no_more(
    browser: Browser, world: World, change: dict[str, object]
) -> None:
    rid = world.patient()
    world.consent("green", letter_wanted=False)
    world.submit(world.study(), rid)
    world.run_jobs()
    (mail,) = world.mails("approval")
    become(world, mail.id, "failed")
    assert "Send it again" in browser.get(f"/rdbm/mails/{mail.id}").text
    world.database.write(
        lambda session: session.change(
            update(UserAccount).where(UserAccount.id == world.lead).values(**change)
        )
    )
    page = browser.get(f"/rdbm/mails/{mail.id}").text
    assert "Send it again" not in page
    assert "has another address now" in page
    done = browser.post(f"/rdbm/mails/{mail.id}/send")
    assert "another address now" in browser.follow(done).text
    assert read(world, mail.id).state == "failed"
