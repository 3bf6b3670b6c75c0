"""The command line as an operator runs it, on a real site database."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from crate_core.audit import seal
from crate_core.cli import main
from crate_core.clock import utcnow
from crate_core.database import Database, WriteSession, make_engine
from crate_core.jobs import Task, enqueue
from crate_core.migrations import upgrade
from crate_core.models import AuditEvent, Job, Mail, UserAccount, WorkItem
from crate_core.settings.document import describe_settings
from tests.waiting import PATIENCE_SECONDS

CONFIGURATION = Path(__file__).parents[4] / "docs" / "configuration.md"
PASSWORD = "four unrelated brave words"


class Cli:
    """Runs `crate`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
        self._monkeypatch = monkeypatch
        self._settings = {"CRATE_DATABASE_URL": database_url}

    def __call__(self, *arguments: str, code: int = 0, given: str = "", **settings: str) -> str:
        """Run a command and return what it says; it must end with `code`."""
        said = io.StringIO()
        with (
            self._monkeypatch.context() as patch,
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(said),
        ):
            for name in [name for name in os.environ if name.startswith("CRATE_")]:
                patch.delenv(name)
            for name, value in (self._settings | settings).items():
                patch.setenv(name, value)
            patch.setattr("sys.argv", ["crate", *arguments])
            patch.setattr("sys.stdin", io.StringIO(given))
            with pytest.raises(SystemExit) as ended:
                main()
        assert ended.value.code == code, said.getvalue()
        return said.getvalue()


@pytest.fixture
def crate(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line on an empty site."""
    return Cli(monkeypatch, sqlite_database.engine.url.render_as_string(hide_password=False))


def add_failed_job(database: Database) -> int:
    def work(session: WriteSession) -> int:
        enqueue(session, Task.SEND_MAIL, 7)
        job = session.scalars(select(Job)).one()
        job.failed_at, job.next_publish_at = utcnow(), None
        job.last_error = "the mail server was away for days"
        return job.id

    return database.write(work)


def test_settings_that_are_wrong_are_named_with_place_and_rule(crate: Cli) -> None:
    said = crate("config", "check", code=2, CRATE_BROKER_URL="redis://broker")

    assert "CRATE_BROKER_URL" in said
    assert "must begin with amqp://" in said
    assert "environment variable" in said


def test_what_a_service_lacks_is_named(crate: Cli) -> None:
    said = crate("config", "check", "--service", "relay", code=2)

    assert "CRATE_BROKER_URL: must be set for relay" in said
    assert "right" in crate("config", "check")


def test_settings_are_shown_without_their_secrets(crate: Cli) -> None:
    said = crate(
        "config",
        "show",
        CRATE_SECRET_KEY="k" * 40,
        CRATE_BROKER_URL="amqp://site:hunter22@broker:5672//",
        CRATE_SMTP_URL="smtps://mail.example.org",
    )

    shown = json.loads(said)
    assert shown["secret_key"] == "********"
    assert shown["broker_url"] == "amqp://site:********@broker:5672//"
    assert shown["smtp_url"] == "smtps://mail.example.org"


def test_the_page_of_all_settings_is_what_the_code_says() -> None:
    assert CONFIGURATION.read_text() == describe_settings(), "run `make docs`"


def test_the_schema_is_made_and_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crate = Cli(monkeypatch, f"sqlite:///{tmp_path / 'new.db'}")

    assert "run `crate db upgrade`" in crate("db", "check", code=1)
    crate("db", "upgrade")
    crate("db", "check")


@contextlib.contextmanager
def waiting_for_the_schema(url: str) -> Iterator[subprocess.Popen[str]]:
    program = "from crate_core.cli import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", program, "db", "check", "--wait"],
        env={**os.environ, "CRATE_DATABASE_URL": url},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as waiting:
        try:
            assert waiting.stdout
            assert "has no schema" in waiting.stdout.readline()
            yield waiting
        finally:
            waiting.kill()


def test_the_schema_is_waited_for_and_a_reason_is_said_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    with waiting_for_the_schema(url) as waiting:
        time.sleep(1.5)
        upgrade(make_engine(url))
        said, _ = waiting.communicate(timeout=PATIENCE_SECONDS)
    assert said.startswith("The site database has schema")
    assert waiting.returncode == 0


def test_who_waits_for_the_schema_ends_when_told_to(tmp_path: Path) -> None:
    with waiting_for_the_schema(f"sqlite:///{tmp_path / 'new.db'}") as waiting:
        waiting.terminate()
        waiting.communicate(timeout=PATIENCE_SECONDS)
    assert waiting.returncode == 128 + signal.SIGTERM


def test_a_database_that_is_away_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crate = Cli(monkeypatch, "mysql+pymysql://crate@127.0.0.1:1/crate")

    said = crate("db", "check", code=1)

    assert said.startswith("The site database cannot be used")
    assert "Traceback" not in said


def test_an_account_is_created_changed_and_disabled(crate: Cli, sqlite_database: Database) -> None:
    crate("user", "create", "ann", "--role", "rdbm", "--email", "ann@x.org", given=PASSWORD + "\n")
    crate("user", "role", "ann", "--add", "auditor", "--remove", "rdbm")
    assert "auditor" in crate("user", "list")
    crate("user", "disable", "ann")
    assert "disabled" in crate("user", "list")

    with sqlite_database.read() as session:
        stored = session.scalars(select(UserAccount.password_hash)).one()
        events = session.scalars(select(AuditEvent)).all()
    assert PASSWORD not in stored
    assert [event.kind for event in events] == ["user_changed"] * 3
    assert all(event.actor.startswith("operator:") for event in events)


@pytest.mark.parametrize(
    ("arguments", "given", "reason"),
    [
        (["ann"], "short\n", "12 characters or more"),
        (["ann", "--email", "ann"], "", "no mail address"),
        (["ann", "--role", "king"], "", "king"),
    ],
)
def test_an_account_that_would_be_wrong_is_not_created(
    crate: Cli, arguments: list[str], given: str, reason: str
) -> None:
    code = 1 if given else 2

    assert reason in crate("user", "create", *arguments, given=given, code=code)
    assert "no accounts yet" in crate("user", "list")


def test_jobs_that_gave_up_are_shown_with_the_reason_and_tried_again(
    crate: Cli, sqlite_database: Database
) -> None:
    job_id = add_failed_job(sqlite_database)

    assert "the mail server was away for days" in crate("jobs", "status")
    assert f"job {job_id}" in crate("work", "list")
    crate("jobs", "retry", str(job_id))
    crate("jobs", "retry", str(job_id), code=1)
    assert "No job has given up" in crate("jobs", "retry", "--all-failed")

    with sqlite_database.read() as session:
        job = session.get_one(Job, job_id)
        event = session.scalars(select(AuditEvent)).one()
    assert (job.failed_at, job.attempts) == (None, 0)
    assert job.next_publish_at is not None
    assert (event.kind, event.subject) == ("job_retried", f"job:{job_id}")


def test_what_waits_for_a_person_is_listed(crate: Cli, sqlite_database: Database) -> None:
    assert "Nothing waits" in crate("work", "list")
    sqlite_database.write(
        lambda session: session.add(
            WorkItem(effect_key="x", kind="test", summary="s", created_at=utcnow())
        )
    )

    assert "finding" in crate("work", "list")


def test_a_message_to_the_rdbm_is_queued_with_who_sent_it(
    crate: Cli, sqlite_database: Database
) -> None:
    crate("mail", "rdbm", "--subject", "Hello", "--text", "-", given="The disk is < full\n")

    with sqlite_database.read() as session:
        mail = session.scalars(select(Mail)).one()
        text, html = session.execute(select(Mail.text, Mail.html)).one()
        job = session.scalars(select(Job)).one()
    assert (mail.recipient, mail.subject) == ("research.database@example.org", "Hello")
    assert "operator:" in text
    assert "&lt; full" in html
    assert (job.task, job.subject_id) == (Task.SEND_MAIL, mail.id)


def test_c115_a_test_mail_is_a_job_and_says_when_nothing_comes_of_it(
    crate: Cli, sqlite_database: Database
) -> None:
    said = crate("mail", "test", "--wait", "1", code=1)

    assert "has not been sent within 1 s" in said
    with sqlite_database.read() as session:
        assert session.scalars(select(Job.task)).one() == Task.SEND_TEST_MAIL


def test_c115_a_test_mail_is_asked_for_although_the_last_one_gave_up(
    crate: Cli, sqlite_database: Database
) -> None:
    crate("mail", "test", "--wait", "0")
    sqlite_database.write(lambda session: session.execute(update(Job).values(failed_at=utcnow())))
    crate("mail", "test", "--wait", "0")

    with sqlite_database.read() as session:
        assert session.scalars(select(Job.failed_at)).all() == [None]


def test_a_changed_audit_event_is_found(crate: Cli, sqlite_database: Database) -> None:
    crate("user", "create", "ann", given=PASSWORD + "\n")
    sqlite_database.write(seal)
    assert "1 events are sealed and fit" in crate("audit", "verify")

    sqlite_database.write(
        lambda session: session.execute(update(AuditEvent).values(actor="nobody"))
    )
    assert "broken at event 1" in crate("audit", "verify", code=1)
