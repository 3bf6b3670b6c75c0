"""Builds the runner from its settings, and starts it."""

from sqlalchemy import update

from crate_core.celery.application import make_app
from crate_core.celery.runtime import Runtime
from crate_core.celery.worker import run_worker
from crate_core.clock import utcnow
from crate_core.database import Database, WriteSession
from crate_core.errors import SettingsError, TemporaryError
from crate_core.jobs import Task, enqueue
from crate_core.jobs.rows import open_key
from crate_core.models.jobs import Job
from crate_core.settings import Service, Settings, load_settings, require
from crate_core.telemetry.logs import configure_logging, get_logger
from crate_web.runner.tasks import handlers

log = get_logger(__name__)

# The statement's own time-out ends a run; the worker's is for a driver that hangs.
_MARGIN_SECONDS = 120


def run() -> int:
    """Run the runner until SIGTERM, and return the exit code of the process.

    Raises:
        SettingsError: a setting is missing or wrong.
    """
    settings = load_settings()
    require(settings, Service.RUNNER)
    _require_addresses(settings)
    configure_logging("runner", settings.log_level)
    limit = settings.run_timeout_seconds + _MARGIN_SECONDS
    app = make_app("runner", settings, time_limit_seconds=limit)
    return run_worker(app, settings, open_runtime)


def open_runtime(settings: Settings) -> Runtime:
    """Return what the tasks of one pool process work with."""
    if settings.database_url is None:
        raise TypeError("no database_url: require() checks the settings before")
    database = Database.open(settings.database_url.get_secret_value())
    try:
        database.write(_read_structure_now)
    except TemporaryError as error:
        log.warning("structure not asked for", reason=str(error))
    return Runtime(database, handlers(database, settings), close=database.dispose)


def _read_structure_now(session: WriteSession) -> None:
    """Let the structure be read soon: the databases may be others than before this start."""
    enqueue(session, Task.READ_STRUCTURE, 0)
    now = utcnow()
    session.change(
        update(Job)
        .where(
            Job.open_key == open_key(Task.READ_STRUCTURE, 0),
            Job.due_at > now,
            Job.failed_at.is_(None),
        )
        .values(due_at=now, next_publish_at=now)
    )


def _require_addresses(settings: Settings) -> None:
    missing = [database.name for database in settings.research_databases if not database.address]
    if missing:
        names = ", ".join(missing)
        message = f"CRATE_RESEARCH_DATABASES: url must be set for the runner, of: {names}"
        raise SettingsError(message)
