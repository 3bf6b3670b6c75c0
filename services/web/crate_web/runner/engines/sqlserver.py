"""SQL Server."""

import contextlib
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy.engine import URL

from crate_web.runner.engines.statement import CONNECT_SECONDS, StatementError, UnreachableError


class SqlServerStatement:
    """SQL Server through pyodbc. It has no read-only session: nothing is ever committed here."""

    _PREPARE: tuple[str, ...] = (
        "SET QUOTED_IDENTIFIER ON",
        "SET LOCK_TIMEOUT 30000",
        "SET DEADLOCK_PRIORITY LOW",
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
    )
    _TIMED_OUT: Final = "HYT00"

    def __init__(self, address: URL, seconds: int) -> None:
        import pyodbc  # noqa: PLC0415 - needs unixODBC, which only sites with SQL Server install

        self._errors = pyodbc.Error
        dialect = address.get_dialect()()
        arguments, named = dialect.create_connect_args(address)
        try:
            self._connection = pyodbc.connect(
                *arguments, autocommit=False, timeout=CONNECT_SECONDS, **named
            )
            self._connection.timeout = seconds
            self._cursor = self._connection.cursor()
            for statement in self._PREPARE:
                self._cursor.execute(statement)
        except pyodbc.Error as error:
            raise UnreachableError(_odbc_text(error)) from error

    def execute(self, sql: str) -> list[str]:
        """Run the text; see `Statement`."""
        try:
            self._cursor.execute(sql)
        except self._errors as error:
            raise self._error(error) from error
        return [column[0] for column in self._cursor.description or ()]

    def fetch(self, count: int) -> Sequence[Sequence[Any]]:
        """Return the next rows; see `Statement`."""
        try:
            rows: Sequence[Sequence[Any]] = self._cursor.fetchmany(count)
        except self._errors as error:
            raise self._error(error) from error
        except ValueError as error:
            # Such as half of a character of two places, which LEFT leaves, or a day that no calendar has.
            message = f"The result holds a value that cannot be read here: {error}"
            raise StatementError(message) from error
        return rows

    def stop(self) -> None:
        """Cancel the statement (SQLCancel)."""
        with contextlib.suppress(self._errors):
            self._cursor.cancel()

    def close(self) -> None:
        """Roll back and close."""
        for end in (self._cursor.cancel, self._connection.rollback, self._connection.close):
            with contextlib.suppress(self._errors):
                end()

    def _error(self, error: Exception) -> StatementError:
        state = error.args[0] if error.args else ""
        return StatementError(_odbc_text(error), timed_out=state == self._TIMED_OUT)


def _odbc_text(error: Exception) -> str:
    return str(error.args[-1]) if error.args else str(error)
