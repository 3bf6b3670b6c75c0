"""What the runner writes about a run: every change is guarded by the state that it leaves."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import lazyload, load_only

from crate_core.audit import AuditKind, record
from crate_core.clock import utcnow
from crate_core.database import Database, WriteSession
from crate_core.jobs import JobView, Task
from crate_core.jobs.rows import open_key
from crate_core.models.jobs import Job
from crate_core.models.research import ResearchRun, ResearchRunChunk, RunStatus
from crate_core.models.users import UserAccount


class Start(Enum):
    """What became of the wish to start a run."""

    STARTED = auto()
    MUST_WAIT = auto()
    """Its owner has as many running as one may."""
    WAS_LOST = auto()
    """It runs already by its row, so who ran it has gone."""
    IS_OVER = auto()


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended. `rows_total` is None where rows were not counted to the end."""

    status: RunStatus
    message: str = ""
    rows_total: int | None = None
    detail: dict[str, object] = field(default_factory=dict)


def start(session: WriteSession, run_id: int, *, most: int) -> Start:
    """Mark a queued run as running, with its audit, unless its owner runs `most` already."""
    run = session.get(ResearchRun, run_id, populate_existing=True)
    if run is None or run.status not in {RunStatus.QUEUED, RunStatus.RUNNING}:
        return Start.IS_OVER
    if run.status == RunStatus.RUNNING:
        return Start.WAS_LOST
    # Two starts of one person wait for each other here, on every engine, and so are counted.
    session.change(
        update(UserAccount)
        .where(UserAccount.id == run.owner_id)
        .values(is_active=UserAccount.is_active)
    )
    running = session.scalar(
        select(func.count())
        .select_from(ResearchRun)
        .where(ResearchRun.owner_id == run.owner_id, ResearchRun.status == RunStatus.RUNNING)
    )
    if (running or 0) >= most:
        return Start.MUST_WAIT
    changed = session.change(
        update(ResearchRun)
        .where(ResearchRun.id == run_id, ResearchRun.status == RunStatus.QUEUED)
        .values(status=RunStatus.RUNNING, started_at=utcnow())
    )
    if not changed:
        return Start.IS_OVER
    record(
        session,
        AuditKind.RUN_STARTED,
        actor=_owner(session, run),
        address=run.address,
        subject=f"run {run.id}",
        detail={"database": run.database, "sql": run.sql},
    )
    return Start.STARTED


def store_columns(session: WriteSession, run_id: int, names: Sequence[str]) -> None:
    """Write the names of the columns."""
    session.change(
        update(ResearchRun)
        .where(ResearchRun.id == run_id, ResearchRun.status == RunStatus.RUNNING)
        .values(columns=json.dumps(list(names), ensure_ascii=False))
    )


def store_chunk(
    session: WriteSession, run_id: int, *, first_row: int, row_count: int, content: bytes
) -> None:
    """Add consecutive rows to the result; nothing once the run is over."""
    changed = session.change(
        update(ResearchRun)
        .where(ResearchRun.id == run_id, ResearchRun.status == RunStatus.RUNNING)
        .values(rows_kept=first_row + row_count, bytes_kept=ResearchRun.bytes_kept + len(content))
    )
    if changed:
        session.add(
            ResearchRunChunk(
                run_id=run_id, first_row=first_row, row_count=row_count, content=content
            )
        )


def finish(session: WriteSession, run_id: int, ending: Ending) -> bool:
    """End a run, with its audit, and let its owner's next one start; false if it was over."""
    ended_at = utcnow()
    changed = session.change(
        update(ResearchRun)
        .where(
            ResearchRun.id == run_id,
            ResearchRun.status.in_([RunStatus.QUEUED, RunStatus.RUNNING]),
        )
        .values(
            status=ending.status,
            message=ending.message,
            rows_total=ending.rows_total,
            ended_at=ended_at,
        )
    )
    if not changed:
        return False
    run = session.get(ResearchRun, run_id, populate_existing=True)
    assert run is not None  # noqa: S101 - it was changed a moment ago
    seconds = (ended_at - run.started_at).total_seconds() if run.started_at else 0.0
    record(
        session,
        AuditKind.RUN_ENDED,
        actor=_owner(session, run),
        address=run.address,
        subject=f"run {run.id}",
        detail={
            "database": run.database,
            "status": ending.status,
            "rows_kept": run.rows_kept,
            "rows_total": ending.rows_total,
            "bytes": run.bytes_kept,
            "seconds": round(seconds, 3),
            "error": ending.message,
            **ending.detail,
        },
    )
    _release_next(session, run.owner_id)
    return True


def _owner(session: WriteSession, run: ResearchRun) -> UserAccount | None:
    # The runner may read no more of an account than the audit says of it.
    name_alone = (load_only(UserAccount.username), lazyload(UserAccount.roles))
    return session.get(UserAccount, run.owner_id, options=name_alone)


def _release_next(session: WriteSession, owner_id: int) -> None:
    """Make the jobs of the owner's queued runs due now: they wait for a place, not for a time."""
    waiting = session.scalars(
        select(ResearchRun.id).where(
            ResearchRun.owner_id == owner_id, ResearchRun.status == RunStatus.QUEUED
        )
    ).all()
    if not waiting:
        return
    now = utcnow()
    keys = [open_key(Task.RUN_QUERY, run_id) for run_id in waiting]
    changed = session.change(
        update(Job)
        .where(
            Job.open_key.in_(keys),
            or_(Job.leased_until.is_(None), Job.leased_until <= now),
            Job.due_at > now,
        )
        .values(due_at=now, next_publish_at=now)
    )
    if changed:
        session.jobs_became_due = True


def is_cancelled(database: Database, run_id: int) -> bool:
    """Whether somebody asked to cancel the run, or ended it otherwise."""
    with database.read() as session:
        row = session.execute(
            select(ResearchRun.status, ResearchRun.cancel_requested_at).where(
                ResearchRun.id == run_id
            )
        ).one_or_none()
    return row is None or row.status != RunStatus.RUNNING or row.cancel_requested_at is not None


def renew_lease(session: WriteSession, job: JobView, *, seconds: float) -> bool:
    """Keep the job a while longer; false when somebody else has it."""
    ends = utcnow() + timedelta(seconds=seconds)
    changed = session.change(
        update(Job)
        .where(
            Job.id == job.id,
            Job.started_at == job.started_at,
            Job.done_at.is_(None),
            Job.failed_at.is_(None),
        )
        .values(leased_until=ends, next_publish_at=ends)
    )
    return changed > 0
