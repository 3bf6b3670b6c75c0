"""The whole system as processes, what people do to it, and how it is watched until it comes to rest."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Self

from sqlalchemy import func, select

from crate_core.clock import utcnow
from crate_core.database import Database, make_engine
from crate_core.domain.contact import Status
from crate_core.errors import TemporaryError
from crate_core.jobs import Task, enqueue
from crate_core.models import ContactRequest, Job, Mail, Study
from crate_core.models.mail import MailState
from crate_web.contact.selection import LookupKind
from crate_web.contact.submitting import Order, submit
from tests.faults.people import USUAL_MIX, Kind, add_people
from tests.faults.processes import ServiceProcess
from tests.integration.consent.world import World
from tests.servers import SmtpSink

TASK_SECONDS, SMTP_SECONDS = 6, 2
# After TASK_SECONDS and 15 more a job whose worker died is taken over; that may happen several times.
_UNTIL_REST_SECONDS = 150

_PAUSE_SECONDS = 0.3
_ONE_JOURNEY = [task for task in Task if task.value.startswith("consent.process_")] + [
    Task.SEND_MAIL,
    Task.SEND_TEST_MAIL,
]


@dataclass
class System:
    """A hospital, its services as processes, and the requests that were made."""

    database_url: str
    broker_url: str
    sink: SmtpSink
    folder: Path
    smtp_url: str = ""
    service_database_url: str = ""
    """How the services reach the site database, where that is another way than the test's own."""
    requests: dict[str, Kind] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the hospital; nothing runs yet."""
        self.database = Database(make_engine(self.database_url, socket_seconds=5))
        self.world = World(self.database, self.folder)
        self.study = self.world.study()
        self._forms = count(1)
        self.environment = environment = self._environment()
        self.consent = ServiceProcess("crate_consent", environment, self.folder)
        self.mailer = ServiceProcess("crate_mailer", environment, self.folder)
        self.relay = ServiceProcess("crate_core.relay", environment, self.folder)
        self.services = (self.consent, self.mailer, self.relay)

    def _environment(self) -> dict[str, str]:
        sources = [{"name": "record", "kind": "dummy", "url": str(self.world.clinical.url)}]
        return {
            "CRATE_SECRET_KEY": "a secret of forty characters for tests...",
            "CRATE_PUBLIC_URL": "https://site.example.org/crate",
            "CRATE_DATABASE_URL": self.service_database_url or self.database_url,
            "CRATE_BROKER_URL": self.broker_url,
            "CRATE_SECRET_MAP_URL": str(self.world.map.url),
            "CRATE_CLINICAL_SOURCES": json.dumps(sources),
            "CRATE_CONSENT_LOOKUP": "record",
            "CRATE_MAIL_FROM": "no-reply@example.org",
            "CRATE_SAFETY_CATCH": "false",
            "CRATE_SMTP_URL": self.smtp_url or self.sink.url,
            "CRATE_SMTP_TIMEOUT_SECONDS": str(SMTP_SECONDS),
            "CRATE_TASK_TIME_LIMIT_SECONDS": str(TASK_SECONDS),
            "CRATE_REPUBLISH_SECONDS": "2",
            "CRATE_WORKER_PROCESSES": "2",
            "CRATE_HEALTH_PORT": "0",
            "CRATE_HEARTBEAT_FOLDER": str(self.folder / "heartbeats"),
        }

    def __enter__(self) -> Self:
        for service in self.services:
            service.start()
        return self

    def __exit__(self, *_: object) -> None:
        for service in self.services:
            service.kill()
        self.world.clinical.dispose()
        self.world.map.dispose()
        self.database.dispose()

    def await_ready(self) -> None:
        """Return once both workers take messages."""
        files = [self.folder / "heartbeats" / f"{name}.ready" for name in ("consent", "mailer")]
        self.await_that(lambda: all(file.exists() for file in files))

    # --- What people do

    def add(self, number: int, mix: Sequence[Kind] = USUAL_MIX) -> list[str]:
        """Add so many people, their kinds in turn; return their research IDs. Once only."""
        people = add_people(self.world, [mix[each % len(mix)] for each in range(number)])
        self.requests.update(people)
        return list(people)

    def send(self, rids: Sequence[str], *, study: int | None = None, seconds: float = 60) -> None:
        """Submit one form for these RIDs, again and again where the site says "try again later"."""
        identifiers = tuple((LookupKind.RID, rid) for rid in rids)
        order = Order(f"form{next(self._forms)}", study or self.study, True, identifiers)
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.database.write(
                    lambda session: submit(
                        session,
                        order,
                        user_id=self.world.lead,
                        may_ask=Study.lead_researcher_id == self.world.lead,
                        address="",
                        now=utcnow(),
                    )
                )
            except TemporaryError:
                assert time.monotonic() < deadline, "the site database does not come back"
                time.sleep(0.3)
            else:
                return

    def send_test_mail(self) -> None:
        """Ask for a mail to the RDBM that tells nothing of any patient."""
        self.database.write(lambda session: enqueue(session, Task.SEND_TEST_MAIL, self.world.rdbm))

    def send_many(
        self,
        number: int,
        *,
        mix: Sequence[Kind] = USUAL_MIX,
        a_form: int = 10,
        after_form: Callable[[int], None] = lambda _done: None,
    ) -> None:
        """Submit so many requests in forms of ten, as fast as they are processed, more or less.

        Calls `after_form` with how many there are by then.
        """
        rids = self.add(number, mix)
        for start in range(0, number, a_form):
            self.send(rids[start : start + a_form])
            after_form(start + a_form)
            time.sleep(_PAUSE_SECONDS)

    # --- What can be seen

    def unfinished(self) -> list[str]:
        """Return what still has to happen by itself, in words; empty when all is at rest."""
        with self.database.read() as session:
            requests = session.execute(
                select(ContactRequest.status, func.count())
                .where(ContactRequest.status.in_([Status.NEW, Status.FAILED]))
                .group_by(ContactRequest.status)
            ).all()
            mails = session.execute(
                select(Mail.state, func.count())
                .where(Mail.state.in_([MailState.QUEUED, MailState.SENDING]))
                .group_by(Mail.state)
            ).all()
            jobs = session.scalars(
                select(Job).where(Job.done_at.is_(None), Job.task.in_(_ONE_JOURNEY))
            ).all()
            total = session.scalar(select(func.count()).select_from(ContactRequest)) or 0
        missing = [f"{len(self.requests) - total} requests not there"]
        return [
            *(missing if total != len(self.requests) else []),
            *(f"{number} requests {status}" for status, number in requests),
            *(f"{number} mails {state}" for state, number in mails),
            *(_describe(job) for job in jobs),
        ]

    def finished_requests(self) -> int:
        """Return how many requests are decided."""
        with self.database.read() as session:
            return (
                session.scalar(
                    select(func.count())
                    .select_from(ContactRequest)
                    .where(ContactRequest.status.not_in([Status.NEW, Status.FAILED]))
                )
                or 0
            )

    def await_finished(self, number: int) -> None:
        """Return once so many requests are decided."""
        self.await_that(lambda: self.finished_requests() >= number)

    def await_rest(self) -> None:
        """Return once nothing more happens by itself; fail with what still has to.

        Raises:
            AssertionError: that takes too long.
        """
        deadline = time.monotonic() + _UNTIL_REST_SECONDS
        while waiting := self.unfinished():
            if time.monotonic() > deadline:
                raise AssertionError("\n".join(["in limbo:", *waiting[:30], *self.last_words()]))
            time.sleep(0.25)

    def await_that(self, holds: Callable[[], bool], *, seconds: float = 90) -> None:
        """Return once something holds.

        Raises:
            AssertionError: it does not in time.
        """
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                waiting = self.unfinished()
                raise AssertionError("\n".join(["not in time:", *waiting, *self.last_words()]))
            time.sleep(0.02)

    def last_words(self) -> list[str]:
        """Return the ends of the services' logs."""
        return [
            f"--- {service.module}\n{service.log.read_text(errors='replace')[-3000:]}"
            for service in self.services
        ]


def _describe(job: Job) -> str:
    now = utcnow()

    def seconds(moment: object) -> str:
        return "-" if moment is None else f"{(moment - now).total_seconds():+.1f}s"  # type: ignore[operator]

    return (
        f"job {job.id} {job.task} {job.subject_id}: attempts {job.attempts}, published {job.published_count}, "
        f"next {seconds(job.next_publish_at)}, due {seconds(job.due_at)}, leased {seconds(job.leased_until)}, "
        f"{'FAILED ' if job.failed_at else ''}{job.last_error}"
    )
