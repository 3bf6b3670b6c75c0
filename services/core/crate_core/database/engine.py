"""Engines, set up so that every one keeps the same promises."""

import sqlite3
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

_SQLITE_BUSY_SECONDS = 15
_CONNECT_SECONDS = 5


def make_engine(url: str | URL, *, pool_size: int = 5, socket_seconds: int = 30) -> Engine:
    """Return an engine for the site database (or one that is used like it).

    Servers run at READ COMMITTED, so that a guarded update sees what others have
    committed; SQLite runs in WAL mode, with transactions that this project begins
    itself (see `Database`).

    Args:
        url: SQLAlchemy URL of SQLite, MySQL/MariaDB (pymysql) or SQL Server (pyodbc).
        pool_size: connections kept; as many again may be opened under load.
        socket_seconds: how long to wait for an answer before the connection counts as dead.
    """
    url = make_url(url)
    backend = url.get_backend_name()
    if backend == "sqlite":
        return _sqlite_engine(url)
    options: dict[str, Any] = {
        "pool_size": pool_size,
        "max_overflow": pool_size,
        "pool_pre_ping": True,
        "pool_recycle": 1800,
        "pool_timeout": 10,
        "isolation_level": "READ COMMITTED",
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
    return create_engine(url, **options)


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(
        url, connect_args={"timeout": _SQLITE_BUSY_SECONDS, "check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: object) -> None:
        # The driver must not begin transactions by itself: its implicit BEGIN is
        # deferred, and a deferred writer fails instead of waiting when it upgrades.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
        if url.database not in {None, "", ":memory:"}:
            connection.execute("PRAGMA journal_mode = WAL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        immediate = connection.get_execution_options().get("crate_immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine
