"""`python -m crate_core.relay`."""

import signal
import sys
import threading
from contextlib import nullcontext
from itertools import count

from crate_core.celery.publisher import Publisher
from crate_core.database import Database
from crate_core.errors import CrateError, SettingsError
from crate_core.jobs import Relay
from crate_core.jobs.schedule import ensure_recurring
from crate_core.settings import Service, Settings, load_settings, require
from crate_core.telemetry.certificate import CertificateExpiry
from crate_core.telemetry.health import HealthServer
from crate_core.telemetry.logs import configure_logging, get_logger
from crate_core.telemetry.reachable import SiteDatabaseReachable
from crate_core.telemetry.site_state import SiteState

_SWEEP_SECONDS = 2
_SCHEDULE_EVERY_SWEEPS = 30

log = get_logger(__name__)


def main() -> int:
    """Sweep every two seconds until SIGTERM; return the exit code."""
    try:
        settings = load_settings()
        require(settings, Service.RELAY)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    configure_logging("relay", settings.log_level)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    run(settings, stopping)
    return 0


def run(settings: Settings, stopping: threading.Event) -> None:
    """Sweep until `stopping` is set. Waits for neither database nor broker: what is away is tried again."""
    if settings.database_url is None or settings.broker_url is None:
        raise TypeError("database_url and broker_url: require() checks the settings before")
    database = Database.open(settings.database_url.get_secret_value(), pool_size=2)
    with Publisher(settings.broker_url.get_secret_value()) as publisher:
        relay = Relay(database, publisher, republish_after=settings.republish_after)
        with _health(settings, database) if settings.health_port else nullcontext():
            log.info("relay starts")
            for sweep in count():
                if stopping.is_set():
                    break
                _sweep(database, relay, ensure=sweep % _SCHEDULE_EVERY_SWEEPS == 0)
                stopping.wait(_SWEEP_SECONDS)
    database.dispose()
    log.info("relay has stopped")


def _sweep(database: Database, relay: Relay, *, ensure: bool) -> None:
    try:
        if ensure:
            database.write(ensure_recurring)
        published = relay.sweep()
    except CrateError as error:
        log.warning("cannot publish now", reason=str(error))
        return
    except Exception:
        # Such as a schema that is not there yet: the next sweep tries again.
        log.exception("sweep failed")
        return
    if published:
        log.info("jobs published", count=published)


def _health(settings: Settings, database: Database) -> HealthServer:
    return HealthServer(
        settings.health_host,
        settings.health_port,
        live={},
        ready={"database": SiteDatabaseReachable(database.engine)},
        collectors=[SiteState(database), CertificateExpiry(settings.certificate_path)],
    )


if __name__ == "__main__":
    sys.exit(main())
