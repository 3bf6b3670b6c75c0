"""Runs the consent service: a Celery worker of the queue of consent."""

from crate_consent.bootstrap import open_collaborators
from crate_consent.handlers import make_handlers
from crate_core.celery.application import make_app
from crate_core.celery.runtime import Runtime
from crate_core.celery.worker import run_worker
from crate_core.database import Database
from crate_core.settings import Service, Settings, load_settings, require
from crate_core.telemetry.logs import configure_logging


def run() -> int:
    """Work until SIGTERM; return the exit code.

    Raises:
        SettingsError: a setting is missing or wrong.
    """
    settings = load_settings()
    require(settings, Service.CONSENT)
    configure_logging("consent", settings.log_level)
    return run_worker(make_app("consent", settings), settings, open_runtime)


def open_runtime(settings: Settings) -> Runtime:
    """Return what the tasks of one pool process work with."""
    if settings.database_url is None:
        raise TypeError("no database_url: require() checks the settings before")
    database = Database.open(settings.database_url.get_secret_value(), pool_size=2)
    handlers = make_handlers(open_collaborators(settings, database))
    return Runtime(database, handlers, close=database.dispose)
