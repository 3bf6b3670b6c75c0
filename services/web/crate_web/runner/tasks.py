"""What the runner does for each of its tasks."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from crate_core.clock import utcnow
from crate_core.database import Database, WriteSession
from crate_core.errors import TemporaryError
from crate_core.jobs import Handler, JobView, RetryPolicy, Task, enqueue
from crate_core.jobs.rows import make_way
from crate_core.models.research import ResearchRun, RunStatus
from crate_core.settings import Settings
from crate_core.telemetry.logs import get_logger
from crate_core.telemetry.metrics import (
    RESEARCH_RUN_SECONDS,
    RESEARCH_RUNS,
    RESEARCH_RUNS_ACTIVE,
)
from crate_web.research.databases import find_database, place_of
from crate_web.research.gate import refusal_of
from crate_web.runner.execution import Limits, execute
from crate_web.runner.runs import Ending, Start, finish, start
from crate_web.runner.structure import read_structure, store_structure
from crate_web.runner.watcher import LEASE_SECONDS

log = get_logger(__name__)

Changes = Callable[[WriteSession], None]

STRUCTURE_EVERY = timedelta(hours=24)
# A run waits for a place among its owner's as long as it takes; a place that becomes free wakes it,
# the pauses are for the case that nobody does. A run that was started is never started again.
_RUN_POLICY = RetryPolicy(
    lease_seconds=LEASE_SECONDS,
    outage_attempts=1_000_000,
    first_delay_seconds=1,
    longest_delay_seconds=15,
)
_STRUCTURE_POLICY = RetryPolicy(
    lease_seconds=600, max_attempts=5, outage_attempts=5, first_delay_seconds=30
)
_LOST = Ending(
    RunStatus.LOST,
    "The runner stopped while this query ran, so nobody knows how it would have ended. Run it again.",
)


def handlers(database: Database, settings: Settings) -> dict[Task, Handler]:
    """Return the runner's handlers, working on the site database and the settings' databases."""
    runs = RunQuery(database, settings)
    structure = ReadStructure(settings)
    return {
        Task.RUN_QUERY: Handler(runs.perform, runs.give_up, _RUN_POLICY),
        Task.READ_STRUCTURE: Handler(structure.perform, structure.give_up, _STRUCTURE_POLICY),
    }


@dataclass(frozen=True, slots=True)
class RunQuery:
    """Executes a run: its subject is a row of `research_run`."""

    database: Database
    settings: Settings

    def perform(self, job: JobView) -> Changes:
        """Mark the start, execute, and return the end."""
        run_id = job.subject_id
        started = self.database.write(
            lambda session: start(session, run_id, most=self.settings.runs_per_user)
        )
        match started:
            case Start.MUST_WAIT:
                raise TemporaryError("waits for another run of the same person to end")
            case Start.IS_OVER:
                return lambda _session: None
            case Start.WAS_LOST:
                return self._ending(run_id, _LOST)
        with RESEARCH_RUNS_ACTIVE.track_inprogress():
            return self._ending(run_id, self._execute(job))

    def _execute(self, job: JobView) -> Ending:
        with self.database.read() as session:
            run = session.get_one(ResearchRun, job.subject_id)
        research = find_database(self.settings.research_databases, run.database)
        if research is None:
            message = f"There is no database {run.database} any more."
            return Ending(RunStatus.FAILED, message, detail={"error_class": "no_database"})
        # The page has asked the gate before; what reaches an engine is what this process checked.
        if refusal := refusal_of(run.sql, place_of(research)):
            detail: dict[str, object] = {"reason": refusal.reason}
            return Ending(RunStatus.REJECTED, refusal.sentence(), detail=detail)
        limits = Limits(self.settings.run_timeout_seconds, self.settings.run_max_rows)
        return execute(self.database, job, research, run.sql, limits)

    def _ending(self, run_id: int, ending: Ending) -> Changes:
        def changes(session: WriteSession) -> None:
            if finish(session, run_id, ending):
                _measure(session.get_one(ResearchRun, run_id))

        return changes

    def give_up(self, session: WriteSession, job: JobView, reason: str) -> None:
        """Mark the run as failed."""
        message = "This query could not be run. The research database manager can see why."
        ending = Ending(RunStatus.FAILED, message, detail={"error_class": reason})
        finish(session, job.subject_id, ending)


def _measure(run: ResearchRun) -> None:
    RESEARCH_RUNS.labels(database=run.database, status=run.status).inc()
    if run.started_at and run.ended_at:
        seconds = (run.ended_at - run.started_at).total_seconds()
        RESEARCH_RUN_SECONDS.labels(database=run.database).observe(seconds)


@dataclass(frozen=True, slots=True)
class ReadStructure:
    """Reads tables and columns of all databases; its job writes its successor."""

    settings: Settings

    def perform(self, job: JobView) -> Changes:
        """Read every database that answers; of the others, what was known stays."""
        found = {
            database.name: columns
            for database in self.settings.research_databases
            if (columns := read_structure(database)) is not None
        }

        def changes(session: WriteSession) -> None:
            for name, columns in found.items():
                store_structure(session, name, columns)
            _read_again(session)

        return changes

    def give_up(self, session: WriteSession, job: JobView, reason: str) -> None:
        """Leave what was known, and read again tomorrow; the failed job tells the RDBM meanwhile."""
        make_way(session, job.id)
        _read_again(session)


def _read_again(session: WriteSession) -> None:
    enqueue(session, Task.READ_STRUCTURE, 0, due_at=utcnow() + STRUCTURE_EVERY)
