"""Watches one running statement: cancels it, ends it at its time-out, keeps its job's lease."""

import threading
import time
from enum import Enum, auto
from types import TracebackType
from typing import Final, Self

from crate_core.database import Database
from crate_core.errors import TemporaryError
from crate_core.jobs import JobView
from crate_core.telemetry.logs import get_logger
from crate_web.runner.engines import Statement
from crate_web.runner.runs import is_cancelled, renew_lease

log = get_logger(__name__)

LEASE_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.25
_RENEW_SECONDS: Final = 8.0
# The engine stops by itself at the time-out; this is for the engine that does not.
_GRACE_SECONDS: Final = 1.0


class StopReason(Enum):
    """Why the watcher stopped a statement."""

    CANCELLED = auto()
    TIMED_OUT = auto()
    LEASE_LOST = auto()


class Watcher(threading.Thread):
    """A thread beside the one that fetches. Use it as a context manager around the statement."""

    def __init__(
        self, database: Database, job: JobView, statement: Statement, *, timeout_seconds: float
    ) -> None:
        """Watch the run that is the subject of `job`."""
        super().__init__(name=f"watch run {job.subject_id}", daemon=True)
        self._database = database
        self._job = job
        self._statement = statement
        self._ends_at = time.monotonic() + timeout_seconds + _GRACE_SECONDS
        self._renew_at = time.monotonic() + _RENEW_SECONDS
        self._over = threading.Event()
        self.reason: StopReason | None = None

    def __enter__(self) -> Self:
        """Begin to watch."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End watching."""
        self._over.set()
        self.join()

    def run(self) -> None:
        """Look until the statement is over."""
        while not self._over.wait(_LOOK_SECONDS):
            try:
                self.reason = self.reason or self._look()
            except TemporaryError as error:
                log.warning("run cannot be watched", run=self._job.subject_id, reason=str(error))
            if self.reason is not None:
                # Again at each look: a stop between two commands of the driver stops nothing.
                self._statement.stop()

    def _look(self) -> StopReason | None:
        now = time.monotonic()
        if now >= self._ends_at:
            return StopReason.TIMED_OUT
        if now >= self._renew_at:
            self._renew_at = now + _RENEW_SECONDS
            kept = self._database.write(
                lambda session: renew_lease(session, self._job, seconds=LEASE_SECONDS)
            )
            if not kept:
                return StopReason.LEASE_LOST
        if is_cancelled(self._database, self._job.subject_id):
            return StopReason.CANCELLED
        return None
