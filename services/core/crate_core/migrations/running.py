"""Running migrations, and telling whether the schema is this version's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, String, column, inspect, select, table, text

from crate_core.errors import CrateError

_LOCK_NAME = "crate_migrations"
_LOCK_SECONDS = 60
_VERSION = table("alembic_version", column("version_num", String))


@dataclass(frozen=True, slots=True)
class SchemaState:
    """Which revision the database has, and which one this version wants.

    Attributes:
        found: revision of the database; none where there is no schema.
        wanted: newest revision that this version knows.
        is_later: whether a later version made it: migrations only add, so that the version before can
            be gone back to.
    """

    found: str | None
    wanted: str
    is_later: bool = False

    @property
    def is_usable(self) -> bool:
        """Whether services of this version can work on it."""
        return self.found == self.wanted or self.is_later

    def __str__(self) -> str:
        """Say it for people."""
        if self.is_later:
            return f"schema {self.found}, of a later version"
        if self.is_usable:
            return f"schema {self.found}"
        found = f"revision {self.found}" if self.found else "no schema"
        return f"has {found}, needs revision {self.wanted}: run `crate db upgrade`"


def config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for this package's migrations."""
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent))
    configuration.attributes["connection"] = connection
    return configuration


def current_state(engine: Engine) -> SchemaState:
    """Return the state of the schema; raises the driver's error when the database is away."""
    with engine.connect() as connection:
        return _state(connection)


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to `revision`; waits for another upgrade that is under way.

    A schema of a later version is left as it is.
    """
    with engine.connect() as connection, _lock(connection):
        if _state(connection).is_later:
            return
        command.upgrade(config(connection), revision)
        connection.commit()


def downgrade(engine: Engine, revision: str) -> None:
    """Take the schema back to `revision`, such as "-1"."""
    with engine.connect() as connection, _lock(connection):
        command.downgrade(config(connection), revision)
        connection.commit()


def _state(connection: Connection) -> SchemaState:
    known, head = _revisions()
    found = _found(connection)
    is_later = found is not None and found not in known
    return SchemaState(found, head, is_later)


@cache
def _revisions() -> tuple[frozenset[str], str]:
    """Return the revisions that this version knows, and the newest; its files do not change as it runs."""
    scripts = ScriptDirectory.from_config(config())
    known = frozenset(script.revision for script in scripts.walk_revisions())
    return known, scripts.get_current_head() or ""


def _found(connection: Connection) -> str | None:
    # Alembic's own way to read it announces itself in the log, with each look of a readiness check.
    if not inspect(connection).has_table(_VERSION.name):
        return None
    return connection.scalar(select(_VERSION.c.version_num))


@contextmanager
def _lock(connection: Connection) -> Iterator[None]:
    # Session locks, not transactions: MySQL commits at each DDL statement. SQLite is embedded:
    # one file, whose migrations run in one immediate transaction of their own.
    name = connection.dialect.name
    if name in {"mysql", "mariadb"}:
        taken = connection.scalar(
            text("SELECT GET_LOCK(:name, :seconds)"),
            {"name": _LOCK_NAME, "seconds": _LOCK_SECONDS},
        )
        _require_lock(taken == 1)
    elif name == "mssql":
        taken = connection.scalar(
            text(
                "DECLARE @result int; EXEC @result = sp_getapplock @Resource = :name, "
                "@LockMode = 'Exclusive', @LockOwner = 'Session', @LockTimeout = :milliseconds; "
                "SELECT @result"
            ),
            {"name": _LOCK_NAME, "milliseconds": _LOCK_SECONDS * 1000},
        )
        _require_lock(taken is not None and taken >= 0)
    elif connection.in_transaction() is False:
        connection.execution_options(crate_immediate=True)
    try:
        yield
    finally:
        if name in {"mysql", "mariadb"}:
            connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": _LOCK_NAME})
        elif name == "mssql":
            connection.execute(
                text("EXEC sp_releaseapplock @Resource = :name, @LockOwner = 'Session'"),
                {"name": _LOCK_NAME},
            )


def _require_lock(taken: bool) -> None:
    if not taken:
        message = "another upgrade of this database has been running for over a minute"
        raise CrateError(message)
