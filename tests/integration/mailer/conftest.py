"""The mailer's handlers on a real database and a real SMTP server."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from crate_core.clock import utcnow
from crate_core.database import Database, WriteSession
from crate_core.jobs import Task, enqueue, run_job
from crate_core.jobs.running import Outcome
from crate_core.models.jobs import Job
from crate_core.models.mail import Mail, MailState, MailTransmission
from crate_core.settings import Settings
from crate_mailer.address import parse_smtp_url
from crate_mailer.service import make_handlers
from crate_mailer.transport import SmtpTransport
from tests.servers import SmtpSink

CLINICIAN = "clinician@example.org"


class Post:
    """Mails in the database, the mailer, and the server that it talks to."""

    def __init__(self, database: Database, sink: SmtpSink, **values: object) -> None:
        self.database = database
        self.sink = sink
        self.settings = Settings.model_validate(
            {
                "mail_from": "Research database <rd@example.org>",
                "developer_email": "developer@example.org",
                "safety_catch": False,
                "smtp_url": sink.url,
                "smtp_timeout_seconds": 1,
                **values,
            }
        )
        self.transport = self._transport()

    def _transport(self) -> SmtpTransport:
        return SmtpTransport(parse_smtp_url(self.sink.url), self.settings.smtp_timeout_seconds)

    def add(self, key: str = "a", **values: object) -> int:
        """Queue a mail as consent does, and return its id."""

        def work(session: WriteSession) -> int:
            now = utcnow()
            row: dict[str, object] = {
                "effect_key": key,
                "kind": "clinician_request",
                "message_id": f"<{key}@example.org>",
                "recipient": CLINICIAN,
                "subject": "A study",
                "text": "Dear Dr Example",
                "html": "<p>Dear Dr Example</p>",
                "carries_identity": True,
                "reports_outcome": True,
                "changed_at": now,
                "queued_at": now,
            }
            mail = Mail(**(row | values))
            session.add(mail)
            session.flush()
            enqueue(session, Task.SEND_MAIL, mail.id)
            return mail.id

        return self.database.write(work)

    def run(self, mail_id: int) -> Outcome:
        """Run the mail's job now, whatever its due time and lease."""

        def work(session: WriteSession) -> int:
            job = session.scalars(
                select(Job).where(Job.task == Task.SEND_MAIL, Job.subject_id == mail_id)
                .order_by(Job.id.desc())
            ).first()  # fmt: skip
            assert job is not None
            past = utcnow() - timedelta(seconds=1)
            if job.done_at is None:
                job.due_at, job.leased_until = past, None
            session.execute(update(Mail).where(Mail.id == mail_id).values(leased_until=None))
            return job.id

        job_id = self.database.write(work)
        handlers = make_handlers(self.settings, self.database, self.transport)
        return run_job(self.database, handlers, job_id)

    def restart(self) -> None:
        """Begin as a new process would."""
        self.transport.close()
        self.transport = self._transport()

    def mail(self, mail_id: int) -> Mail:
        """Return the row."""
        with self.database.read() as session:
            return session.get_one(Mail, mail_id)

    def attempts(self, mail_id: int) -> list[MailTransmission]:
        """Return the transmissions, oldest first."""
        with self.database.read() as session:
            return list(
                session.scalars(
                    select(MailTransmission)
                    .where(MailTransmission.mail_id == mail_id)
                    .order_by(MailTransmission.id)
                )
            )

    def reports(self) -> int:
        """Return how many outcome jobs wait for consent."""
        with self.database.read() as session:
            return len(
                session.scalars(select(Job.id).where(Job.task == Task.PROCESS_MAIL_OUTCOME)).all()
            )

    def set_state(self, mail_id: int, state: MailState) -> None:
        """Put a mail into a state, as a process that died left it."""
        self.database.write(
            lambda session: session.execute(
                update(Mail).where(Mail.id == mail_id).values(state=state)
            )
        )


@pytest.fixture
def post(database: Database, smtp_sink: SmtpSink) -> Iterator[Post]:
    """A mailer without safety catch, once on each engine."""
    post = Post(database, smtp_sink)
    yield post
    post.transport.close()
