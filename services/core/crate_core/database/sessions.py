"""Sessions and units of work: reading and writing are different types."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import structlog
from sqlalchemy import CursorResult, Delete, Engine, Update
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from crate_core.errors import DatabaseAwayError, TemporaryError

log = structlog.get_logger()

T = TypeVar("T")

# Deadlock and lock time-out of MySQL/MariaDB (1213, 1205, and 1020 "record has changed"),
# of SQL Server (1205, 1222), and SQLite's "locked" and "busy".
_RETRYABLE_MYSQL = {1205, 1213, 1020}
_RETRYABLE_MSSQL_STATES = {"40001"}
_ATTEMPTS = 5
_FIRST_PAUSE_SECONDS = 0.02


class ReadSession(Session):
    """A session that only reads; what it holds is never flushed."""


class WriteSession(Session):
    """A session inside one unit of work, which commits when the work returns."""

    def change(self, statement: Update | Delete) -> int:
        """Run a guarded UPDATE or DELETE and return how many rows its WHERE matched.

        Objects of this session that were loaded before are not refreshed.
        """
        result = self.execute(statement, execution_options={"synchronize_session": False})
        return cast("CursorResult[Any]", result).rowcount


def _is_retryable(error: DBAPIError) -> bool:
    # A unique race (two workers insert the same effect) is settled by running the
    # work again: it then finds what the other one wrote.
    if isinstance(error, IntegrityError):
        return True
    original = error.orig
    arguments = getattr(original, "args", ())
    if arguments and arguments[0] in _RETRYABLE_MYSQL | _RETRYABLE_MSSQL_STATES:
        return True
    return "database is locked" in str(original) or "database table is locked" in str(original)


class Database:
    """The site database as the rest of the code sees it."""

    def __init__(self, engine: Engine) -> None:
        """Wrap `engine`; listeners may be added to hear of committed jobs."""
        self.engine = engine
        self._writers = engine.execution_options(crate_immediate=True)
        self._listeners: list[Callable[[], None]] = []

    def on_jobs_committed(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each commit of this process that wrote jobs."""
        self._listeners.append(listener)

    @contextmanager
    def read(self) -> Iterator[ReadSession]:
        """Give a session for reading; raises DatabaseAwayError when the database is away."""
        with ReadSession(self.engine, autoflush=False, expire_on_commit=False) as session:
            try:
                yield session
            except (OperationalError, InterfaceError) as error:
                raise DatabaseAwayError(_describe(error)) from error

    def write(self, work: Callable[[WriteSession], T]) -> T:
        """Run `work` as one transaction and return what it returned.

        The work is run again from its start after a deadlock, a lock time-out or a unique
        race, a few times; so it must do nothing outside the database.

        Raises:
            DatabaseAwayError: the database is away.
            TemporaryError: the locks did not clear.
            IntegrityError: a constraint refuses the work each time.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._write_once(work)
            except DBAPIError as error:
                if not _is_retryable(error):
                    if isinstance(error, OperationalError | InterfaceError):
                        raise DatabaseAwayError(_describe(error)) from error
                    raise
                if attempt == _ATTEMPTS:
                    if isinstance(error, IntegrityError):
                        raise
                    raise TemporaryError(_describe(error)) from error
                pause = _FIRST_PAUSE_SECONDS * 2**attempt * random.uniform(0.5, 1.5)  # noqa: S311
                log.info("unit of work again", attempt=attempt, reason=type(error.orig).__name__)
                time.sleep(pause)
        raise AssertionError  # pragma: no cover - the loop returns or raises

    def _write_once(self, work: Callable[[WriteSession], T]) -> T:
        with WriteSession(self._writers, expire_on_commit=False) as session:
            result = work(session)
            wrote_jobs = session.info.get("jobs_written", False)
            session.commit()
            wrote_jobs = wrote_jobs or session.info.get("jobs_written", False)
        if wrote_jobs:
            for listener in self._listeners:
                listener()
        return result

    def dispose(self) -> None:
        """Close all pooled connections, for example after a fork."""
        self.engine.dispose()


def _describe(error: Any) -> str:
    # The number alone: a server's sentence may quote values.
    number = next(iter(error.orig.args), None)
    what = f"{type(error.orig).__name__} {number if isinstance(number, int) else ''}".strip()
    return f"the database cannot be used now ({what})"
