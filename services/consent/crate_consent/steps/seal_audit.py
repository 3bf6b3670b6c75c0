"""Sealing the audit: a job that writes its successor (design 5)."""

from collections.abc import Callable
from datetime import timedelta

from crate_core.audit import SEAL_BATCH, seal
from crate_core.clock import utcnow
from crate_core.database import WriteSession
from crate_core.jobs import JobView, Task, enqueue

_EVERY = timedelta(minutes=1)


def seal_audit(_job: JobView) -> Callable[[WriteSession], None]:
    """Return the changes that chain what is new, and ask for the next sealing."""

    def work(session: WriteSession) -> None:
        sealed = seal(session)
        # A full batch means that more is waiting.
        pause = timedelta(0) if sealed >= SEAL_BATCH else _EVERY
        enqueue(session, Task.SEAL_AUDIT, 0, due_at=utcnow() + pause)

    return work
