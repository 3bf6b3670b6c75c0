"""A withdrawal that comes in at the moment in which something about the approval happens."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import update

from crate_consent.steps import consent_change, mail_outcome
from crate_core.contact_requests import KEPT_BACK
from crate_core.database import WriteSession
from crate_core.domain.contact import Status
from crate_core.domain.roles import Role
from crate_core.jobs import Task
from crate_core.models import Job, Mail
from crate_core.models.mail import MailState
from crate_web.rdbm.mails import routes
from tests.integration.consent.world import World
from tests.servers import SmtpSink
from tests.servers.smtp import Reply
from tests.web import Browser, add_user, make_application

LEAD = "lead@example.org"
PAUSE = 1.0


@pytest.fixture
def post(world: World, smtp_sink: SmtpSink) -> Iterator[SmtpSink]:
    """The mail server that the world's mails go to."""
    transport = world.connect_mailer(smtp_sink.url)
    yield smtp_sink
    transport.close()


@pytest.fixture
def manager(world: World) -> Iterator[Browser]:
    """The RDBM at the browser."""
    user = add_user(world.database, "mona", Role.RDBM)
    with Browser(make_application(world.database)) as browser:
        browser.sign_in_as(user)
        yield browser


class Pause:
    """Makes a function wait before it does its work, and tells when it is there."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, module: object, name: str, *, after: bool = False
    ) -> None:
        self._there = threading.Event()
        real: Callable[..., Any] = getattr(module, name)

        def slow(*arguments: Any, **named: Any) -> Any:
            result = real(*arguments, **named) if after else None
            self._there.set()
            time.sleep(PAUSE)
            return result if after else real(*arguments, **named)

        monkeypatch.setattr(module, name, slow)

    def wait(self) -> None:
        assert self._there.wait(20)


def approve(world: World) -> int:
    rid = world.patient()
    world.consent("green", letter_wanted=False)
    request_id = world.submit(world.study(), rid)
    world.run_jobs()
    assert world.request(request_id).status == Status.APPROVED
    return request_id


def fail_approval(world: World) -> int:
    """Let the mail of the approval have failed; return its id."""
    (mail,) = world.mails("approval")

    def work(session: WriteSession) -> None:
        session.change(update(Mail).where(Mail.id == mail.id).values(state=MailState.FAILED))
        session.change(
            update(Job)
            .where(Job.task == Task.SEND_MAIL, Job.subject_id == mail.id)
            .values(failed_at=mail.queued_at, next_publish_at=None)
        )

    world.database.write(work)
    return mail.id


def choose_red(world: World) -> None:
    world.consent("red", letter_wanted=False)
    (job,) = world.jobs(Task.PROCESS_CONSENT_CHANGE)[-1:]
    world.run(job.id)


def at_once(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def send_again(manager: Browser, mail_id: int) -> str:
    manager.get(f"/rdbm/mails/{mail_id}")
    return manager.follow(manager.post(f"/rdbm/mails/{mail_id}/send")).text


def test_approval_that_is_being_sent_again_is_kept_back_by_its_withdrawal(
    world: World, manager: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id, pause = approve(world), Pause(monkeypatch, routes, "send_again")
    mail_id = fail_approval(world)
    sending = at_once(lambda: send_again(manager, mail_id))
    pause.wait()
    choose_red(world)
    sending.join()
    assert world.request(request_id).status == Status.WITHDRAWN
    (approval,) = world.mails("approval")
    assert approval.state == MailState.FAILED
    assert KEPT_BACK in {attempt.outcome for attempt in approval.transmissions}
    assert all(job.done_at for job in world.jobs(Task.SEND_MAIL) if job.subject_id == mail_id)


def test_approval_that_is_being_withdrawn_is_not_sent_again(
    world: World, manager: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = approve(world)
    mail_id = fail_approval(world)
    pause = Pause(monkeypatch, consent_change, "keep_back", after=True)
    ending = at_once(lambda: choose_red(world))
    pause.wait()
    assert "Nothing was sent" in send_again(manager, mail_id)
    ending.join()
    assert world.request(request_id).status == Status.WITHDRAWN
    assert world.mails("approval")[0].state == MailState.FAILED


def test_approval_whose_mail_fails_while_it_is_withdrawn_is_not_posted(
    world: World, post: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.at_recipient[LEAD] = Reply.refuse()
    request_id = approve_and_fail(world)
    pause = Pause(monkeypatch, mail_outcome, "require_posting")
    (job,) = world.jobs(Task.PROCESS_MAIL_OUTCOME)
    telling = at_once(lambda: world.run(job.id))
    pause.wait()
    choose_red(world)
    telling.join()
    assert world.request(request_id).status == Status.WITHDRAWN
    (letter,) = world.letters("approval")
    assert not letter.needs_posting


def approve_and_fail(world: World) -> int:
    """Let an approval be refused by the mail server, and nobody know it yet."""
    handlers = dict(world.handlers)
    del world.handlers[Task.PROCESS_MAIL_OUTCOME]
    request_id = approve(world)
    world.handlers = handlers
    return request_id


def test_approval_that_is_being_handed_over_is_not_tried_again_after_its_withdrawal(
    world: World, post: SmtpSink
) -> None:
    handlers = dict(world.handlers)
    del world.handlers[Task.SEND_MAIL]
    request_id = approve(world)
    world.handlers = handlers
    post.at_data[LEAD] = Reply(line="451 4.3.0 Later", stall=PAUSE, keep=False)
    (job,) = world.jobs(Task.SEND_MAIL)
    handing_over = at_once(lambda: world.run(job.id))
    while not post.held:
        time.sleep(0.01)
    choose_red(world)
    handing_over.join()
    assert world.request(request_id).status == Status.WITHDRAWN
    (approval,) = world.mails("approval")
    assert approval.state == MailState.FAILED
    post.at_data.clear()
    world.make_due_of(Task.SEND_MAIL)
    world.run_jobs()
    assert [mail["Subject"] for mail in post.sent_to(LEAD)] == [
        mail.subject for mail in world.mails("withdrawal")
    ]
