"""Runs the mailer: a Celery worker of the queue of mails, with one SMTP connection a process."""

from datetime import timedelta

from crate_core.celery.application import make_app
from crate_core.celery.runtime import Runtime
from crate_core.celery.worker import run_worker
from crate_core.database import Database
from crate_core.jobs import Handler, RetryPolicy, Task
from crate_core.settings import Service, Settings, load_settings, require
from crate_core.telemetry.logs import configure_logging
from crate_mailer.address import Envelope, parse_smtp_url
from crate_mailer.delivery import Delivery, give_up
from crate_mailer.transport import SmtpTransport

_LEASE_MARGIN_SECONDS = 15


def run() -> int:
    """Work until SIGTERM; return the exit code.

    Raises:
        SettingsError: a setting is missing or wrong.
    """
    settings = load_settings()
    require(settings, Service.MAILER)
    parse_smtp_url(_smtp_url(settings))
    Envelope.from_settings(settings)
    configure_logging("mailer", settings.log_level)
    return run_worker(make_app("mailer", settings), settings, open_runtime)


def open_runtime(settings: Settings) -> Runtime:
    """Return what the tasks of one pool process work with."""
    if settings.database_url is None:
        raise TypeError("no database_url: require() checks the settings before")
    database = Database.open(settings.database_url.get_secret_value(), pool_size=2)
    transport = SmtpTransport(parse_smtp_url(_smtp_url(settings)), settings.smtp_timeout_seconds)

    def close() -> None:
        transport.close()
        database.dispose()

    return Runtime(database, make_handlers(settings, database, transport), close)


def make_handlers(
    settings: Settings, database: Database, transport: SmtpTransport
) -> dict[Task, Handler]:
    """Return the handlers of all tasks of this service."""
    delivery = Delivery(
        database,
        transport,
        Envelope.from_settings(settings),
        sending_lease=timedelta(seconds=settings.smtp_timeout_seconds + 5),
    )
    policy = RetryPolicy(settings.task_time_limit_seconds + _LEASE_MARGIN_SECONDS)
    return {Task.SEND_MAIL: Handler(delivery.perform, give_up, policy)}


def _smtp_url(settings: Settings) -> str:
    if settings.smtp_url is None:
        raise TypeError("no smtp_url: require() checks the settings before")
    return settings.smtp_url.get_secret_value()
