"""Engines, set up so that every one keeps the same promises."""

import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

if TYPE_CHECKING:
    # A service on a server needs none of it: 1.3 MiB less.
    import sqlite3

_SQLITE_BUSY_SECONDS = 15
_CONNECT_SECONDS = 5
_BELIEVED_SECONDS = 2
_UNKNOWN_VARIABLE = 1193


def make_engine(
    url: str | URL, *, pool_size: int = 5, socket_seconds: int = 30, autocommit: bool = False
) -> Engine:
    """Return an engine for the site database (or one that is used like it).

    Servers run at READ COMMITTED, so that a guarded update sees what others have
    committed; SQLite runs in WAL mode, with transactions that this project begins
    itself (see `Database`).

    Args:
        url: SQLAlchemy URL of SQLite, MySQL/MariaDB (pymysql) or SQL Server (pyodbc).
        pool_size: connections kept; as many again may be opened under load.
        socket_seconds: how long to wait for an answer before the connection counts as dead.
        autocommit: each statement is a transaction of its own: for reading, since at READ COMMITTED each sees
            what is committed when it begins, in a transaction or not, and for single guarded changes. There
            is no end of a transaction to wait for.
    """
    url = make_url(url)
    backend = url.get_backend_name()
    if backend == "sqlite":
        return _sqlite_engine(url, autocommit=autocommit)
    options: dict[str, Any] = {
        "pool_size": pool_size,
        "max_overflow": pool_size,
        "pool_recycle": 1800,
        "pool_timeout": 10,
        "isolation_level": "AUTOCOMMIT" if autocommit else "READ COMMITTED",
        "skip_autocommit_rollback": autocommit,
        # Who uses a connection ends its transaction; the pool need not roll back what has ended.
        "pool_reset_on_return": None,
        # An error's text goes into logs and onto jobs: values may be a patient's.
        "hide_parameters": True,
    }
    if backend in {"mysql", "mariadb"} and url.get_driver_name() == "pymysql":
        options["connect_args"] = {
            "connect_timeout": _CONNECT_SECONDS,
            "read_timeout": socket_seconds,
            "write_timeout": socket_seconds,
            "charset": "utf8mb4",
        }
    if backend == "mssql":
        options["connect_args"] = {"timeout": _CONNECT_SECONDS}
        options["fast_executemany"] = True
    engine = create_engine(url, **options)
    _ping_after_idling(engine)
    if backend in {"mysql", "mariadb"}:
        _end_forgotten_transactions(engine, socket_seconds)
    return engine


def _end_forgotten_transactions(engine: Engine, seconds: int) -> None:
    """Have MariaDB end a transaction whose client has said nothing for so long.

    A connection that was cut half-open is dead here after its socket's time-out; the server would keep its
    transaction, and its locks, for hours.
    """

    @event.listens_for(engine, "connect")
    def _limit(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            try:
                cursor.execute(f"SET SESSION idle_transaction_timeout = {int(seconds)}")
            except engine.dialect.loaded_dbapi.Error as error:
                # MySQL has no such variable; its locks are waited for until wait_timeout.
                if error.args[0] != _UNKNOWN_VARIABLE:
                    raise


def _ping_after_idling(engine: Engine) -> None:
    """Ask a connection that idled whether it still lives; one that was just used is believed.

    The pool's own ping asks each time, which is a third of the round trips of a short transaction.
    """

    @event.listens_for(engine, "checkin")
    def _returned(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info["returned_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _taken(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        idle = time.monotonic() - record.info.get("returned_at", time.monotonic())
        if idle < _BELIEVED_SECONDS:
            return
        try:
            alive = engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError(str(error)) from error
        if not alive:
            raise DisconnectionError


def _sqlite_engine(url: URL, *, autocommit: bool) -> Engine:
    engine = create_engine(
        url,
        connect_args={"timeout": _SQLITE_BUSY_SECONDS, "check_same_thread": False},
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: "sqlite3.Connection", _record: object) -> None:
        # The driver must not begin transactions by itself: its implicit BEGIN is
        # deferred, and a deferred writer fails instead of waiting when it upgrades.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
        if url.database not in {None, "", ":memory:"}:
            connection.execute("PRAGMA journal_mode = WAL")

    if autocommit:
        return engine

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        immediate = connection.get_execution_options().get("crate_immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine
