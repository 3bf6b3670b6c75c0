"""MariaDB and MySQL."""

import contextlib
from collections.abc import Sequence
from typing import Any, Final

import pymysql
from pymysql.constants import ER
from pymysql.cursors import SSCursor
from sqlalchemy.dialects.mysql.pymysql import MySQLDialect_pymysql
from sqlalchemy.engine import URL

from crate_web.runner.engines.statement import CONNECT_SECONDS, StatementError, UnreachableError

# Beyond the time-out, the server has so long to say that it stopped.
_SLACK_SECONDS: Final = 30


class MySQLStatement:
    """A statement through PyMySQL; rows are streamed."""

    # Modes under which the gate would read a text otherwise than the server does.
    _MODES_OFF: Final = frozenset(
        [
            "ANSI",
            "ANSI_QUOTES",
            "NO_BACKSLASH_ESCAPES",
            "ORACLE",
            "MSSQL",
            "DB2",
            "POSTGRESQL",
            "MAXDB",
        ]
    )

    def __init__(self, address: URL, seconds: int) -> None:
        self._address = address
        self._has_more = False
        try:
            self._connection = self._connect(read_timeout=seconds + _SLACK_SECONDS)
        except pymysql.Error as error:
            raise UnreachableError(_text(error)) from error
        try:
            self._prepare(seconds)
        except pymysql.Error as error:
            self._connection.close()
            raise UnreachableError(_text(error)) from error
        self._cursor = self._connection.cursor(SSCursor)

    def _connect(self, *, read_timeout: int) -> Any:
        _, named = MySQLDialect_pymysql().create_connect_args(self._address)
        return pymysql.connect(
            **{
                **named,
                "charset": "utf8mb4",
                "connect_timeout": CONNECT_SECONDS,
                "read_timeout": read_timeout,
                "write_timeout": _SLACK_SECONDS,
                "autocommit": True,
                "local_infile": False,
            }
        )

    def _prepare(self, seconds: int) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT @@sql_mode, VERSION()")
            modes, version = cursor.fetchone() or ("", "")
            kept = [mode for mode in str(modes).split(",") if mode not in self._MODES_OFF]
            cursor.execute("SET SESSION sql_mode = %s", (",".join(kept),))
            if "MariaDB" in str(version):
                cursor.execute("SET SESSION max_statement_time = %s", (seconds,))
            else:
                cursor.execute("SET SESSION max_execution_time = %s", (seconds * 1000,))
            # A page may take long over rows that are sorted out one by one.
            cursor.execute("SET SESSION net_write_timeout = 600")
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
            cursor.execute("START TRANSACTION READ ONLY")

    def execute(self, sql: str) -> list[str]:
        """Run the text; see `Statement`."""
        self._has_more = True
        try:
            self._cursor.execute(sql)
        except pymysql.Error as error:
            raise self._error(error) from error
        return [column[0] for column in self._cursor.description or ()]

    def fetch(self, count: int) -> Sequence[Sequence[Any]]:
        """Return the next rows; see `Statement`."""
        try:
            rows: Sequence[Sequence[Any]] = self._cursor.fetchmany(count)
        except pymysql.Error as error:
            raise self._error(error) from error
        self._has_more = len(rows) == count
        return rows

    def _error(self, error: pymysql.Error) -> StatementError:
        self._has_more = False
        code = error.args[0] if error.args else None
        timed_out = code in {ER.QUERY_TIMEOUT, ER.STATEMENT_TIMEOUT}
        return StatementError(_text(error), timed_out=timed_out)

    def stop(self) -> None:
        """Stop the statement by KILL QUERY on a second connection."""
        with contextlib.suppress(pymysql.Error, OSError):
            other = self._connect(read_timeout=CONNECT_SECONDS)
            with contextlib.closing(other), other.cursor() as cursor:
                cursor.execute(f"KILL QUERY {self._connection.thread_id():d}")

    def close(self) -> None:
        """Close, stopping what still runs: the cursor would read all rows that are left."""
        if self._has_more:
            self.stop()
        with contextlib.suppress(pymysql.Error, OSError):
            self._cursor.close()
        with contextlib.suppress(pymysql.Error, OSError):
            self._connection.close()


def _text(error: pymysql.Error) -> str:
    match error.args:
        case (int() as code, str() as text, *_):
            return f"{text} (error {code})"
    return str(error)
