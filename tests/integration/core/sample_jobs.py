"""Jobs that leave a trace, and a broker that keeps what it is given."""

from collections.abc import Callable, Sequence

from sqlalchemy import select

from crate_core.clock import utcnow
from crate_core.database import Database, WriteSession
from crate_core.errors import TemporaryError
from crate_core.jobs import (
    Handler,
    JobView,
    RetryPolicy,
    Task,
    enqueue,
)
from crate_core.models import Job, WorkItem

TASK = Task.PROCESS_CONTACT_REQUEST
POLICY = RetryPolicy(lease_seconds=60, max_attempts=3, outage_attempts=5)


def effect(job: JobView) -> Callable[[WriteSession], None]:
    def work(session: WriteSession) -> None:
        session.add(
            WorkItem(effect_key=f"effect:{job.id}", kind="t", summary="done", created_at=utcnow())
        )

    return work


def mark(session: WriteSession, job: JobView, reason: str) -> None:
    session.add(
        WorkItem(effect_key=f"failed:{job.id}", kind="t", summary=reason, created_at=utcnow())
    )


def handlers(
    perform: Callable[[JobView], Callable[[WriteSession], None]] = effect,
    policy: RetryPolicy = POLICY,
) -> dict[Task, Handler]:
    return {TASK: Handler(perform, mark, policy)}


def ask(database: Database, subject_id: int = 1) -> int:
    database.write(lambda session: enqueue(session, TASK, subject_id))
    with database.read() as session:
        return session.scalars(select(Job.id).order_by(Job.id.desc())).first() or 0


def effects(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(WorkItem.effect_key).order_by(WorkItem.id)))


def row(database: Database, job_id: int) -> Job:
    with database.read() as session:
        return session.get_one(Job, job_id)


class Broker:
    """Keeps what it is given; can be away."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, int]] = []
        self.away = False

    def publish(self, messages: Sequence[tuple[str, int]]) -> None:
        if self.away:
            message = "away"
            raise TemporaryError(message)
        self.messages += messages
