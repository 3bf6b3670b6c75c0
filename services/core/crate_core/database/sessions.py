"""Sessions and units of work: reading and writing are different types."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar, TypeVarTuple

import structlog
from sqlalchemy import Delete, Engine, Row, Update, insert
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.selectable import TypedReturnsRows

from crate_core.database.engine import make_engine
from crate_core.errors import DatabaseAwayError, TemporaryError

if TYPE_CHECKING:
    from crate_core.models.jobs import Job

log = structlog.get_logger()

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
M = TypeVar("M", bound=DeclarativeBase)

# Deadlock and lock time-out of MySQL/MariaDB (1213, 1205, and 1020 "record has changed"),
# of SQL Server (1205, 1222), and SQLite's "locked" and "busy".
_RETRYABLE_MYSQL = {1205, 1213, 1020}
_RETRYABLE_MSSQL_STATES = {"40001"}
_ATTEMPTS = 5
_FIRST_PAUSE_SECONDS = 0.02


class ReadSession(Session):
    """A session that only reads; what it holds is never flushed."""

    def rows(
        self, statement: TypedReturnsRows[*Ts], parameters: Mapping[str, object]
    ) -> Sequence[Row[*Ts]]:
        """Read columns by the session's connection, without its objects."""
        return self.connection().execute(statement, parameters).all()


@dataclass(frozen=True, slots=True)
class Claim:
    """The due jobs that one unit of work writes in a process that has a relay, which publishes them at once.

    They are written as claimed by it already: nothing is read or updated to publish them. Should the process
    die before that, another relay publishes them when the claim ends.
    """

    batch: str
    lasts: timedelta
    jobs: list["Job"] = field(default_factory=list)


class ProcessRelay(Protocol):
    """The relay of this process, as its units of work see it (`crate_core.jobs.RelayThread`)."""

    def claim(self) -> Claim:
        """Return a claim of its own for one unit of work."""

    def publish(self, claim: Claim) -> None:
        """Publish the jobs of a claim, which are committed now; return at once."""

    def wake(self) -> None:
        """Look for other jobs that are due; return at once."""


class WriteSession(Session):
    """A session inside one unit of work, which commits when the work returns."""

    claim: Claim | None = None
    """Of the relay of this process, if it has one."""
    jobs_became_due: bool = False
    """Whether the work made jobs due that were there before."""

    def change(
        self,
        statement: Update | Delete,
        parameters: Mapping[str, object] | None = None,
    ) -> int:
        """Run a guarded UPDATE or DELETE and return how many rows its WHERE matched.

        What this session has pending is written before; objects that it has loaded are not refreshed.
        A statement that is run for each job is best made once, with `bindparam` for what differs: to make
        one takes several times as long as to run it.
        """
        self.flush()
        # Not through the session, which would look for objects to bring up to date.
        return self.connection().execute(statement, parameters).rowcount

    def rows(
        self, statement: TypedReturnsRows[*Ts], parameters: Mapping[str, object]
    ) -> Sequence[Row[*Ts]]:
        """Read columns, after what this session has pending is written; see `Database.rows`."""
        self.flush()
        return self.connection().execute(statement, parameters).all()

    def add_row(self, model: type[DeclarativeBase], **values: object) -> int:
        """Write a row now, after what this session has pending, and return its id.

        It takes a third of the time of an object that is added and flushed alone; many objects of a kind
        are better added together.
        """
        self.flush()
        key = self.connection().execute(insert(model), values).inserted_primary_key
        return int(key[0])  # type: ignore[index]  # a single row always has one

    def add_now(self, row: M) -> M:
        """Write a new object as `add_row` does, and hold it as if it had been read, for what refers to it."""
        values = {name: value for name, value in vars(row).items() if not name.startswith("_")}
        set_committed_value(row, "id", self.add_row(type(row), **values))
        make_transient_to_detached(row)
        self.add(row)
        return row


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

    def __init__(self, engine: Engine, autocommit: Engine | None = None) -> None:
        """Wrap `engine`.

        Args:
            engine: from `make_engine`.
            autocommit: from `make_engine` with `autocommit`, for what is one statement; the same if None.
        """
        self.engine = engine
        self._autocommit = autocommit or engine
        self._writers = engine.execution_options(crate_immediate=True)
        self._relay: ProcessRelay | None = None

    @classmethod
    def open(cls, url: str, *, pool_size: int = 5) -> Self:
        """Return the database at `url`, with so many connections kept for reading and as many for writing."""
        autocommit = make_engine(url, pool_size=pool_size, autocommit=True)
        return cls(make_engine(url, pool_size=pool_size), autocommit)

    def relay_through(self, relay: ProcessRelay | None) -> None:
        """Let `relay` publish, right after each commit, the jobs that this process writes from now on."""
        self._relay = relay

    @contextmanager
    def read(self) -> Iterator[ReadSession]:
        """Give a session for reading; raises DatabaseAwayError when the database is away."""
        with ReadSession(self._autocommit, autoflush=False, expire_on_commit=False) as session:
            try:
                yield session
            except (OperationalError, InterfaceError) as error:
                raise DatabaseAwayError(_describe(error)) from error

    def rows(
        self, statement: TypedReturnsRows[*Ts], parameters: Mapping[str, object]
    ) -> Sequence[Row[*Ts]]:
        """Read columns by one statement, without a session and its objects; raises as `read`."""
        try:
            with self._autocommit.connect() as connection:
                return connection.execute(statement, parameters).all()
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
        return _again(lambda: self._write_once(work))

    def change(self, statement: Update, parameters: Mapping[str, object]) -> int:
        """Run one guarded UPDATE that is a transaction of its own; return how many rows its WHERE matched.

        It costs one exchange with the server, where `write` needs a second one to commit. Raises as `write`.
        """
        return _again(lambda: self._change_once(statement, parameters))

    def _change_once(self, statement: Update, parameters: Mapping[str, object]) -> int:
        with self._autocommit.connect() as connection:
            changed = connection.execute(statement, parameters).rowcount
            if self._autocommit is self.engine:
                connection.commit()
        return changed

    def _write_once(self, work: Callable[[WriteSession], T]) -> T:
        relay = self._relay
        with WriteSession(self._writers, expire_on_commit=False) as session:
            session.claim = relay.claim() if relay else None
            result = work(session)
            session.commit()
        if relay and session.claim and session.claim.jobs:
            relay.publish(session.claim)
        if relay and session.jobs_became_due:
            relay.wake()
        return result

    def dispose(self) -> None:
        """Close all pooled connections, for example after a fork."""
        self.engine.dispose()
        self._autocommit.dispose()


def _again(attempt_once: Callable[[], T]) -> T:
    """Return what `attempt_once` returns, run again from its start when others were in its way."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return attempt_once()
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


def _describe(error: Any) -> str:
    # The number alone: a server's sentence may quote values.
    number = next(iter(error.orig.args), None)
    what = f"{type(error.orig).__name__} {number if isinstance(number, int) else ''}".strip()
    return f"the database cannot be used now ({what})"
