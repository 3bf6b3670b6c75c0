"""Connections to databases that other systems own: read-only, impatient, with typed errors."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from crate_core.errors import SettingsError, TemporaryError
from crate_core.telemetry.metrics import DATABASE_UP

_CONNECT_SECONDS = 5
_ANSWER_SECONDS = 15
_POOL_SIZE = 2

# MySQL/MariaDB: no such table or column, no right to it, wrong password, no such database.
_MYSQL_WRONG_SETTING = {1044, 1045, 1049, 1054, 1142, 1143, 1146}
# SQL Server: no such object or column (42S02, 42S22), no right (42000), wrong password (28000).
_MSSQL_WRONG_SETTING = {"42S02", "42S22", "42000", "28000"}
_SQLITE_WRONG_SETTING = ("no such table", "no such column", "not a database")


def make_source_engine(url: str | URL) -> Engine:
    """Return an engine that reads a source owned by others.

    Each statement stands alone (no transaction is kept open on somebody else's server), and
    a source that does not answer within seconds counts as away.
    """
    url = make_url(url)
    backend = url.get_backend_name()
    if backend == "sqlite":
        return _sqlite_engine(url)
    options: dict[str, Any] = {
        "pool_size": _POOL_SIZE,
        "max_overflow": _POOL_SIZE,
        "pool_pre_ping": True,
        "pool_recycle": 900,
        "pool_timeout": _CONNECT_SECONDS,
        "isolation_level": "AUTOCOMMIT",
        # An error's text goes into logs and onto jobs: values here are identifiers of patients.
        "hide_parameters": True,
    }
    if url.get_driver_name() == "pymysql":
        options["connect_args"] = {
            "connect_timeout": _CONNECT_SECONDS,
            "read_timeout": _ANSWER_SECONDS,
            "write_timeout": _ANSWER_SECONDS,
            "charset": "utf8mb4",
        }
    if backend == "mssql":
        options["connect_args"] = {"timeout": _CONNECT_SECONDS}
    engine = create_engine(url, **options)
    if backend == "mssql":
        _limit_odbc_statements(engine)
    return engine


def _limit_odbc_statements(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _limit(connection: Any, _record: object) -> None:
        connection.timeout = _ANSWER_SECONDS


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        connect_args={"timeout": _CONNECT_SECONDS, "check_same_thread": False},
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _forbid_writing(connection: sqlite3.Connection, _record: object) -> None:
        with closing(connection.cursor()) as cursor:
            cursor.execute("PRAGMA query_only = ON")

    return engine


@contextmanager
def reading(engine: Engine, what: str) -> Iterator[Connection]:
    """Give a connection for one look-up, and turn driver errors into typed ones.

    Args:
        engine: one from `make_source_engine`.
        what: the source as people call it, for the message and for `crate_database_up`; neither shows values.

    Raises:
        TemporaryError: the source does not answer; asking again later may help.
        SettingsError: a table or column is not there, or the account may not read it.
    """
    up = DATABASE_UP.labels(database=what.removeprefix("the "))
    try:
        with engine.connect() as connection:
            yield connection
        up.set(1)
    except PoolTimeoutError as error:
        message = f"{what} is busy: no connection was free"
        raise TemporaryError(message) from error
    except DBAPIError as error:
        up.set(0)
        if _shows_wrong_setting(error):
            message = (
                f"{what} cannot be read as its settings say "
                f"({type(error.orig).__name__}); check its URL, kind and account"
            )
            raise SettingsError(message) from None
        message = f"{what} does not answer ({type(error.orig).__name__})"
        raise TemporaryError(message) from None


def _shows_wrong_setting(error: DBAPIError) -> bool:
    arguments = getattr(error.orig, "args", ())
    first = arguments[0] if arguments else None
    if isinstance(first, int):
        return first in _MYSQL_WRONG_SETTING
    if first in _MSSQL_WRONG_SETTING:
        return True
    return any(words in str(error.orig) for words in _SQLITE_WRONG_SETTING)
