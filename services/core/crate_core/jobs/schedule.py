"""Jobs that exist always: each writes its successor, and the relay sees that none is missing."""

from crate_core.database.sessions import WriteSession
from crate_core.jobs.rows import enqueue
from crate_core.jobs.tasks import Task

RECURRING = (Task.SEAL_AUDIT, Task.REFRESH_CONSENT_MODES, Task.READ_STRUCTURE)


def ensure_recurring(session: WriteSession) -> None:
    """Write the recurring jobs that are not open, due now: after an installation, or a mishap."""
    for task in RECURRING:
        enqueue(session, task, 0)
