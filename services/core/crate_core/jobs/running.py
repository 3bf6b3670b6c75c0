"""Running a job: the start is marked, then everything else is one commit (design 4)."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from sqlalchemy import Update, bindparam, or_, select, update

from crate_core.clock import utcnow
from crate_core.database.sessions import Database, WriteSession
from crate_core.errors import DatabaseAwayError, PermanentError, TemporaryError
from crate_core.jobs.tasks import Task
from crate_core.models.jobs import Job

log = structlog.get_logger()

_CLOCKS_DIFFER = timedelta(seconds=1)
_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class JobView:
    """What a handler may know of its job."""

    id: int
    task: Task
    subject_id: int
    attempt: int
    started_at: datetime


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long one start may take, and how often a job is started."""

    lease_seconds: float
    max_attempts: int = 12
    """Of a job that raises something unexpected."""
    outage_attempts: int = 60
    """Of a job that waits for something outside: some two days. It also ends one that kills its worker."""
    first_delay_seconds: float = 5
    longest_delay_seconds: float = 3600

    def delay(self, attempt: int) -> timedelta:
        """Return the pause after failed attempt number `attempt` (1, 2, ...)."""
        seconds = min(self.longest_delay_seconds, self.first_delay_seconds * 2 ** (attempt - 1))
        return timedelta(seconds=seconds * random.uniform(0.5, 1.5))  # noqa: S311


@dataclass(frozen=True, slots=True)
class Handler:
    """What a service does for one task.

    Attributes:
        perform: reads and computes, and asks what is outside; returns the changes to make, which
            are run in one transaction together with the end of the job. It may be run again.
        give_up: marks the subject when the job has failed for good, so that a person sees it.
        policy: leases and attempts.
    """

    perform: Callable[[JobView], Callable[[WriteSession], None]]
    give_up: Callable[[WriteSession, JobView, str], None]
    policy: RetryPolicy


class Outcome(StrEnum):
    """How one start of a job ended; a label of `crate_job_total`."""

    DONE = "done"
    SKIPPED = "skipped"
    RETRY = "retry"
    FAILED = "failed"


class _LeaseLost(Exception):  # noqa: N818 - a signal, not an error
    """Somebody else has finished or taken over the job meanwhile."""


def run_job(
    database: Database,
    handlers: Mapping[Task, Handler],
    job_id: int,
    *,
    on_finished: Callable[[str, Outcome, float], None] = lambda _task, _outcome, _seconds: None,
) -> Outcome:
    """Run job `job_id` once, if it is open, due and nobody has it.

    Returns:
        How it ended. Whatever happens in the handler is recorded on the row; nothing is raised
        but TemporaryError, when the site database itself is away (the relay publishes the job
        again then).
    """
    started = time.monotonic()
    job = _start(database, handlers, job_id)
    if job is None:
        log.info("job skipped", job=job_id)
        return Outcome.SKIPPED
    with structlog.contextvars.bound_contextvars(job=job.id, task=job.task):
        outcome = _attempt(database, handlers[job.task], job)
        seconds = time.monotonic() - started
        log.info("job ended", outcome=outcome, attempt=job.attempt, seconds=round(seconds, 4))
    on_finished(job.task, outcome, seconds)
    return outcome


_FIND = select(Job.task, Job.subject_id, Job.attempts, Job.due_at).where(Job.id == bindparam("job"))
_START = (
    update(Job)
    .where(
        Job.id == bindparam("job"),
        Job.attempts == bindparam("started_before"),
        Job.done_at.is_(None),
        Job.failed_at.is_(None),
        Job.due_at <= bindparam("now"),
        or_(Job.leased_until.is_(None), Job.leased_until <= bindparam("now")),
    )
    .values(
        attempts=Job.attempts + 1,
        started_at=bindparam("now"),
        leased_until=bindparam("lease_ends"),
        # Should this worker die, the relay publishes the job again when the lease ends.
        next_publish_at=bindparam("lease_ends"),
        # The intervals between publications grow while nobody takes the job; now somebody has.
        published_count=0,
        claimed_by=None,
    )
)


def _start(database: Database, handlers: Mapping[Task, Handler], job_id: int) -> JobView | None:
    found = next(iter(database.rows(_FIND, {"job": job_id})), None)
    if found is None or found.task not in handlers:
        return None
    early = found.due_at - utcnow()
    if timedelta() < early <= _CLOCKS_DIFFER:
        # Who wrote it has a clock that is ahead of this one. Skipped, it would wait for its next publication.
        time.sleep(early.total_seconds())
    task, now = Task(found.task), utcnow()
    changed = database.change(
        _START,
        {
            "job": job_id,
            "started_before": found.attempts,
            "now": now,
            "lease_ends": now + timedelta(seconds=handlers[task].policy.lease_seconds),
        },
    )
    if not changed:
        return None
    return JobView(job_id, task, found.subject_id, found.attempts + 1, now)


def _attempt(database: Database, handler: Handler, job: JobView) -> Outcome:
    try:
        if job.attempt > handler.policy.outage_attempts:
            message = f"started {job.attempt - 1} times without coming to an end"
            raise PermanentError(message)  # noqa: TRY301 - one place decides what an error means
        changes = handler.perform(job)
        _write_patiently(database, lambda session: _finish(session, job, changes))
    except _LeaseLost:
        return Outcome.SKIPPED
    except PermanentError as error:
        return _fail(database, handler, job, str(error))
    except Exception as error:
        policy = handler.policy
        attempts = policy.outage_attempts
        if not isinstance(error, TemporaryError):
            log.exception("job raised")
            attempts = policy.max_attempts
        if job.attempt >= attempts:
            return _fail(database, handler, job, _describe(error))
        return _put_off(database, handler, job, _describe(error))
    return Outcome.DONE


def _write_patiently(database: Database, work: Callable[[WriteSession], None]) -> None:
    """Write, waiting for a database that restarts: what was done outside it, as mail, is done.

    The task's own time limit may end the waiting sooner.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return database.write(work)
        except DatabaseAwayError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)


def _describe(error: Exception) -> str:
    return str(error) if isinstance(error, TemporaryError) else f"{type(error).__name__}: {error}"


# The start is the fence: a worker that was away for longer than its lease must not write what the next one
# is writing.
_CLOSE = update(Job).where(
    Job.id == bindparam("job"),
    Job.started_at == bindparam("start"),
    Job.done_at.is_(None),
    Job.failed_at.is_(None),
)
_FINISH = _CLOSE.values(
    leased_until=None,
    done_at=bindparam("now"),
    open_key=None,
    next_publish_at=None,
    last_error="",
)


def _close(session: WriteSession, job: JobView, statement: Update, **values: object) -> None:
    if not session.change(statement, {"job": job.id, "start": job.started_at, **values}):
        raise _LeaseLost


def _finish(session: WriteSession, job: JobView, changes: Callable[[WriteSession], None]) -> None:
    _close(session, job, _FINISH, now=utcnow())
    changes(session)


def _put_off(database: Database, handler: Handler, job: JobView, reason: str) -> Outcome:
    due_at = utcnow() + handler.policy.delay(job.attempt)

    def work(session: WriteSession) -> None:
        values = {"due_at": due_at, "next_publish_at": due_at, "last_error": reason}
        _close(session, job, _CLOSE.values(leased_until=None, **values))

    log.warning("job put off", reason=reason, due_at=due_at.isoformat())
    try:
        database.write(work)
    except _LeaseLost:
        return Outcome.SKIPPED
    return Outcome.RETRY


def _fail(database: Database, handler: Handler, job: JobView, reason: str) -> Outcome:
    log.error("job failed", reason=reason)
    try:
        try:
            database.write(lambda session: _give_up(session, handler, job, reason))
        except (_LeaseLost, TemporaryError):
            raise
        except Exception as error:
            # Without its subject, the job itself still shows that it failed, and why nothing else does.
            log.exception("job could not be given up")
            reason = f"{reason} (and could not be given up: {_describe(error)})"
            database.write(lambda session: _mark_failed(session, job, reason))
    except _LeaseLost:
        return Outcome.SKIPPED
    return Outcome.FAILED


def _give_up(session: WriteSession, handler: Handler, job: JobView, reason: str) -> None:
    _mark_failed(session, job, reason)
    handler.give_up(session, job, reason)


def _mark_failed(session: WriteSession, job: JobView, reason: str) -> None:
    values = {"failed_at": utcnow(), "next_publish_at": None, "last_error": reason}
    _close(session, job, _CLOSE.values(leased_until=None, **values))
