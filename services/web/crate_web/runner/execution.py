"""Executing one run: statement, rows kept in chunks, rows counted beyond, and how it ended."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from crate_core.database import Database
from crate_core.jobs import JobView
from crate_core.models.research import RunStatus
from crate_core.settings.research import ResearchDatabase
from crate_core.telemetry.metrics import DATABASE_UP
from crate_web.research.results import encode_row, pack
from crate_web.runner.engines import (
    Statement,
    StatementError,
    UnreachableError,
    open_statement,
)
from crate_web.runner.runs import Ending, store_chunk, store_columns
from crate_web.runner.watcher import StopReason, Watcher

ROWS_A_CHUNK: Final = 200
_FETCHED_AT_ONCE: Final = 50
# What was fetched at once is held in memory at once: of large rows, fewer are fetched.
_LARGEST_FETCH: Final = 4 * 1024 * 1024
_LARGEST_CHUNK: Final = 2 * 1024 * 1024
_MOST_KEPT: Final = 256 * 1024 * 1024
# Beyond the rows that are kept, rows are only counted, for so long and so far.
_COUNT_SECONDS: Final = 10.0
_COUNT_ROWS: Final = 2_000_000
_COUNTED_AT_ONCE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a statement may take, and how many rows are kept."""

    timeout_seconds: int
    most_rows: int


def execute(
    database: Database, job: JobView, research: ResearchDatabase, sql: str, limits: Limits
) -> Ending:
    """Run `sql`, which has passed the gate, and keep its rows for the run of `job`.

    Returns:
        How it ended; rows are stored by then.

    Raises:
        TemporaryError: the site database is away.
    """
    up = DATABASE_UP.labels(database=research.name)
    try:
        statement = open_statement(research, seconds=limits.timeout_seconds)
    except UnreachableError as error:
        up.set(0)
        message = f"The database {research.label} cannot be reached now: {error}"
        return Ending(RunStatus.FAILED, message, detail={"error_class": "unreachable"})
    up.set(1)
    try:
        with Watcher(database, job, statement, timeout_seconds=limits.timeout_seconds) as watcher:
            return _Execution(database, job.subject_id, statement, watcher, limits).run(sql)
    finally:
        statement.close()


class _Execution:
    def __init__(
        self,
        database: Database,
        run_id: int,
        statement: Statement,
        watcher: Watcher,
        limits: Limits,
    ) -> None:
        self._database = database
        self._run_id = run_id
        self._statement = statement
        self._watcher = watcher
        self._limits = limits
        self._kept = 0
        # Kept or not: some are fetched only to see whether there are any, or to be counted.
        self._fetched = 0
        self._largest_row = 0

    def run(self, sql: str) -> Ending:
        try:
            names = self._statement.execute(sql)
            self._database.write(lambda session: store_columns(session, self._run_id, names))
            is_complete = self._keep_rows()
        except StatementError as error:
            return self._broken_off(error)
        if is_complete:
            return self._ended(self._kept)
        try:
            return self._ended(self._count())
        except StatementError:
            # The rows to keep are there; only their number stays unknown.
            return self._ended(None)

    def _ended(self, total: int | None) -> Ending:
        match self._watcher.reason:
            case StopReason.CANCELLED:
                return Ending(RunStatus.CANCELLED, rows_total=total)
            case StopReason.LEASE_LOST:
                return _LOST
        return Ending(RunStatus.DONE, rows_total=total)

    def _broken_off(self, error: StatementError) -> Ending:
        match self._watcher.reason:
            case StopReason.CANCELLED:
                return Ending(RunStatus.CANCELLED)
            case StopReason.LEASE_LOST:
                return _LOST
        if error.timed_out or self._watcher.reason is StopReason.TIMED_OUT:
            message = f"Timed out: stopped after {self._limits.timeout_seconds} seconds."
            return Ending(RunStatus.TIMED_OUT, message)
        return Ending(RunStatus.FAILED, str(error), detail={"error_class": "statement"})

    def _keep_rows(self) -> bool:
        """Store rows up to the limits; true when the result ended within them."""
        bytes_left = _MOST_KEPT
        for chunk in self._chunks():
            bytes_left -= sum(map(len, chunk))
            self._store(chunk)
            if bytes_left <= 0:
                return False
        return self._kept < self._limits.most_rows or not self._statement_has_more()

    def _chunks(self) -> Iterator[list[str]]:
        chunk: list[str] = []
        size = 0
        for encoded in self._encoded_rows(self._limits.most_rows):
            chunk.append(encoded)
            size += len(encoded)
            if len(chunk) == ROWS_A_CHUNK or size >= _LARGEST_CHUNK:
                yield chunk
                chunk, size = [], 0
        if chunk:
            yield chunk

    def _encoded_rows(self, most: int) -> Iterator[str]:
        while most > 0:
            rows = self._fetch(min(self._at_once(_FETCHED_AT_ONCE), most))
            if not rows:
                return
            for row in rows:
                encoded = encode_row(row)
                self._largest_row = max(self._largest_row, len(encoded))
                yield encoded
            most -= len(rows)

    def _at_once(self, most: int) -> int:
        """How many rows to fetch, by the largest one so far; the first comes alone."""
        if not self._largest_row:
            return 1
        return max(1, min(most, _LARGEST_FETCH // self._largest_row))

    def _fetch(self, count: int) -> Sequence[Sequence[Any]]:
        rows = self._statement.fetch(count)
        self._fetched += len(rows)
        return rows

    def _store(self, chunk: list[str]) -> None:
        content = pack(chunk)
        first_row, row_count = self._kept, len(chunk)
        self._database.write(
            lambda session: store_chunk(
                session, self._run_id, first_row=first_row, row_count=row_count, content=content
            )
        )
        self._kept += row_count

    def _statement_has_more(self) -> bool:
        return bool(self._fetch(1))

    def _count(self) -> int | None:
        """Count on, from the rows fetched; None when there are more than were counted."""
        ends_at = time.monotonic() + _COUNT_SECONDS
        while self._fetched < _COUNT_ROWS and time.monotonic() < ends_at:
            if self._watcher.reason is not None:
                return None
            if not self._fetch(self._at_once(_COUNTED_AT_ONCE)):
                return self._fetched
        return None


_LOST = Ending(RunStatus.LOST, "The runner lost this run; run it again.")
