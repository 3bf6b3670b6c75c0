"""Sealing the audit: a job that writes its successor, and walks along the chain as it goes (design 5)."""

from collections.abc import Callable
from datetime import timedelta

from crate_core.audit import SEAL_BATCH, seal, verify_stretch
from crate_core.clock import utcnow
from crate_core.database import WriteSession
from crate_core.jobs import JobView, Task, enqueue
from crate_core.telemetry.logs import get_logger
from crate_core.telemetry.metrics import AUDIT_CHAIN_BROKEN

_EVERY = timedelta(minutes=1)

log = get_logger(__name__)


class AuditSealer:
    """The step of one process.

    Each sealing looks at the next batch of what was sealed earlier, and begins again at the end: a
    break shows within minutes on a young chain, within a day or two on one of millions. `crate audit
    verify` walks all of it at once.
    """

    def __init__(self) -> None:
        """Begin the walk at the beginning of the chain."""
        self._walked_to = 0

    def __call__(self, _job: JobView) -> Callable[[WriteSession], None]:
        """Return the changes that chain what is new, and ask for the next sealing."""

        def work(session: WriteSession) -> None:
            self._walk(session)
            sealed = seal(session)
            # A full batch means that more is waiting.
            pause = timedelta(0) if sealed >= SEAL_BATCH else _EVERY
            enqueue(session, Task.SEAL_AUDIT, 0, due_at=utcnow() + pause)

        return work

    def _walk(self, session: WriteSession) -> None:
        found = verify_stretch(session, self._walked_to)
        if not found.fits:
            log.error("audit chain is broken", position=found.reached)
            AUDIT_CHAIN_BROKEN.set(1)
        elif found.is_end:
            AUDIT_CHAIN_BROKEN.set(0)
        self._walked_to = 0 if found.is_end or not found.fits else found.reached
