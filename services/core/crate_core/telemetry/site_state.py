"""Gauges of what the site database holds; one process (the relay) shows them when it is scraped."""

import time
from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from crate_core.clock import utcnow
from crate_core.database import Database, ReadSession
from crate_core.domain.contact import Status
from crate_core.errors import CrateError
from crate_core.jobs.tasks import Task
from crate_core.models import (
    AuditEvent,
    ClinicianResponse,
    ContactRequest,
    Job,
    Letter,
    Mail,
    WorkItem,
)
from crate_core.models.mail import MailState
from crate_core.telemetry.logs import get_logger
from crate_core.telemetry.metrics import DATABASE_UP

_FRESH_SECONDS = 5

log = get_logger(__name__)


class SiteState(Collector):
    """Reads the site database at most every five seconds, however often it is scraped."""

    def __init__(self, database: Database) -> None:
        """Read from `database`; nothing is read before the first scrape."""
        self._database = database
        self._read_at = float("-inf")
        self._metrics: list[Metric] = []

    def describe(self) -> list[Metric]:
        """Name nothing beforehand, so that registering reads nothing."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges; none when the database is away, and `crate_database_up` says so."""
        if time.monotonic() - self._read_at > _FRESH_SECONDS:
            self._metrics = self._read()
            self._read_at = time.monotonic()
        yield from self._metrics

    def _read(self) -> list[Metric]:
        try:
            with self._database.read() as session:
                metrics = list(_gauges(session, utcnow()))
        except (CrateError, DBAPIError) as error:
            log.warning("state of the site cannot be read", reason=str(error))
            DATABASE_UP.labels(database="site").set(0)
            return []
        DATABASE_UP.labels(database="site").set(1)
        return metrics


def _gauges(session: ReadSession, now: datetime) -> Iterator[Metric]:
    due = select(Job.task, func.count(), func.min(Job.due_at)).where(
        Job.done_at.is_(None), Job.failed_at.is_(None), Job.due_at <= now
    )
    rows = session.execute(due.group_by(Job.task)).all()
    yield _by_label(
        "crate_jobs_due",
        "Jobs that are due and not done.",
        "task",
        Task,
        {r[0]: r[1] for r in rows},
    )
    oldest = min((row[2] for row in rows), default=now)
    yield GaugeMetricFamily(
        "crate_jobs_oldest_due_seconds",
        "Age of the oldest job that is due.",
        value=max(0.0, (now - oldest).total_seconds()),
    )
    failed = session.execute(
        select(Job.task, func.count()).where(Job.failed_at.is_not(None)).group_by(Job.task)
    ).all()
    yield _by_label(
        "crate_jobs_failed",
        "Jobs that gave up and wait for a person.",
        "task",
        Task,
        dict(failed),
    )
    requests = session.execute(
        select(ContactRequest.status, func.count()).group_by(ContactRequest.status)
    ).all()
    yield _by_label(
        "crate_contact_requests",
        "Contact requests by status.",
        "status",
        Status,
        dict(requests),
    )
    mails = session.execute(select(Mail.state, func.count()).group_by(Mail.state)).all()
    yield _by_label(
        "crate_mails",
        "Mails by state.",
        "state",
        MailState,
        dict(mails),
    )
    for name, help_text, statement in (
        (
            "crate_letters_to_post",
            "Letters that wait to be posted.",
            select(func.count()).select_from(Letter).where(Letter.needs_posting),
        ),
        (
            "crate_clinicians_overdue",
            "Clinicians who were reminded and have not answered.",
            select(func.count())
            .select_from(ClinicianResponse)
            .join(ContactRequest, ContactRequest.id == ClinicianResponse.contact_request_id)
            .where(
                ClinicianResponse.answered_at.is_(None),
                ClinicianResponse.reminders_sent > 0,
                ContactRequest.status == Status.WITH_CLINICIAN,
            ),
        ),
        (
            "crate_findings_open",
            "Serious findings that nobody has dealt with.",
            select(func.count())
            .select_from(WorkItem)
            .where(WorkItem.done_at.is_(None), WorkItem.serious),
        ),
        (
            "crate_audit_unsealed",
            "Audit events that the chain does not cover yet.",
            select(func.count()).select_from(AuditEvent).where(AuditEvent.position.is_(None)),
        ),
    ):
        yield GaugeMetricFamily(name, help_text, value=session.scalar(statement) or 0)


def _by_label(
    name: str,
    help_text: str,
    label: str,
    values: type[Task | Status | MailState],
    counts: dict[str, int],
) -> Metric:
    metric = GaugeMetricFamily(name, help_text, labels=[label])
    for value in values:
        metric.add_metric([value.value], counts.get(value.value, 0))
    return metric
