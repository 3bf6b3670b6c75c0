"""SQLite, the engine of the embedded default."""

import sqlite3
import threading
import time
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy.engine import URL

from crate_web.runner.engines.statement import CONNECT_SECONDS, StatementError, UnreachableError


class SQLiteStatement:
    """SQLite: the file is opened for reading, and an authorizer lets nothing but reading happen."""

    _ALLOWED: Final = frozenset(
        [
            sqlite3.SQLITE_SELECT,
            sqlite3.SQLITE_READ,
            sqlite3.SQLITE_FUNCTION,
            sqlite3.SQLITE_RECURSIVE,
        ]
    )
    _LONGEST_VALUE: Final = 64 * 1024 * 1024
    _STEPS_BETWEEN_LOOKS: Final = 20_000

    def __init__(self, address: URL, seconds: float) -> None:
        self._stopped = threading.Event()
        self._ends_at = time.monotonic() + seconds
        path = quote(address.database or "")
        try:
            self._connection = sqlite3.connect(
                f"file:{path}?mode=ro", uri=True, isolation_level=None, timeout=CONNECT_SECONDS
            )
            self._connection.execute("PRAGMA query_only = ON")
        except sqlite3.Error as error:
            raise UnreachableError(str(error)) from error
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, self._LONGEST_VALUE)
        self._connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        self._connection.set_progress_handler(self._look, self._STEPS_BETWEEN_LOOKS)
        self._connection.set_authorizer(self._authorize)
        self._cursor = self._connection.cursor()

    def _look(self) -> bool:
        return self._stopped.is_set() or time.monotonic() >= self._ends_at

    def _authorize(
        self, action: int, first: str | None, second: str | None, *_where: str | None
    ) -> int:
        if action not in self._ALLOWED:
            return sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_READ and (first or "").lower().startswith("sqlite_"):
            return sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() == "load_extension":
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    def execute(self, sql: str) -> list[str]:
        """Run the text; see `Statement`."""
        try:
            self._cursor.execute(sql)
        except sqlite3.Error as error:
            raise self._error(error) from error
        return [column[0] for column in self._cursor.description or ()]

    def fetch(self, count: int) -> Sequence[Sequence[Any]]:
        """Return the next rows; see `Statement`."""
        try:
            return self._cursor.fetchmany(count)
        except sqlite3.Error as error:
            raise self._error(error) from error

    def _error(self, error: sqlite3.Error) -> StatementError:
        interrupted = error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT
        return StatementError(str(error), timed_out=interrupted and not self._stopped.is_set())

    def stop(self) -> None:
        """Let the next look of the engine end the statement."""
        self._stopped.set()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
