"""What every engine offers: one read-only statement that can be stopped from another thread."""

from collections.abc import Sequence
from typing import Any, Final, Protocol

from crate_core.errors import CrateError

CONNECT_SECONDS: Final = 10


class StatementError(CrateError):
    """The database refused or broke off the statement; the text is the engine's."""

    def __init__(self, message: str, *, timed_out: bool = False) -> None:
        super().__init__(message)
        self.timed_out = timed_out


class UnreachableError(CrateError):
    """The research database cannot be reached now."""


class Statement(Protocol):
    """A connection for one statement. `stop` may be called from any thread, the rest from one."""

    def execute(self, sql: str) -> list[str]:
        """Run the text as it is; return the names of the columns. Raises StatementError."""

    def fetch(self, count: int) -> Sequence[Sequence[Any]]:
        """Return the next rows, at most `count`; none at the end. Raises StatementError."""

    def stop(self) -> None:
        """Stop the statement in the engine, if it is running; never raises."""

    def close(self) -> None:
        """Give everything back; never raises."""
