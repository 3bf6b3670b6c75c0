"""The worker process of a Celery service."""

import gc
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from billiard import pool as billiard_pool
from billiard.util import get_logger as get_pool_logger
from celery import Celery, signals
from celery.apps.worker import Worker as CeleryWorker
from celery.utils.nodenames import host_format
from celery.worker import state
from sqlalchemy import create_engine
from sqlalchemy.orm import configure_mappers
from sqlalchemy.pool import NullPool

from crate_core.celery.publisher import Publisher
from crate_core.celery.runtime import Runtime, use_runtime
from crate_core.database.sessions import Database
from crate_core.jobs.relay import Relay, RelayThread
from crate_core.settings import Settings
from crate_core.telemetry.health import Check, HealthServer
from crate_core.telemetry.logs import get_logger
from crate_core.telemetry.reachable import SiteDatabaseReachable

log = get_logger(__name__)

_LAST_WORD_SECONDS = 1.0


def run_worker(app: Celery, settings: Settings, open_runtime: Callable[[Settings], Runtime]) -> int:
    """Consume the service's queue until SIGTERM, then finish what has begun.

    Serves health and metrics meanwhile. Waits for neither broker nor database: it says that it is
    not ready until they come.

    Args:
        app: the application, from `make_app`.
        settings: settings of this process.
        open_runtime: makes what the tasks work with; called in each pool process.

    Returns:
        The exit code of the process.
    """
    # Else what the pool says, as of a process that died, goes past the log.
    get_pool_logger().propagate = True
    # A pool process that ends waits until the main process has heard of each of its tasks, by default
    # half a minute. Of one that was handed over at the moment of SIGTERM it never hears: nothing is
    # lost by going (its message comes again, and finds the job done), but each stop would be as slow.
    billiard_pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = round(
        _LAST_WORD_SECONDS / billiard_pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_INTERVAL
    )
    with ExitStack() as stack:
        stack.enter_context(_pool_processes(settings, open_runtime))
        stack.callback(app.crate_heartbeat.stop)
        if settings.health_port:
            stack.enter_context(_health_server(app, settings))
        worker = _Worker(
            app=app,
            hostname=host_format(f"{app.crate_service}@%h"),
            pool_cls="prefork",
            loglevel=settings.log_level,
            without_mingle=True,
            without_gossip=True,
            optimization="fair",
        )
        log.info("worker starts", processes=settings.worker_processes)
        worker.start()
        log.info("worker has stopped")
    return int(worker.exitcode or 0)


class _Worker(CeleryWorker):  # type: ignore[misc]  # Celery is untyped
    """Celery's worker without its banner and what it prints beside the log."""

    def emit_banner(self) -> None:
        """Say nothing: the log says it."""

    def install_platform_tweaks(self, worker: Any) -> None:
        """End what has begun on SIGTERM and SIGINT; end at once on SIGQUIT."""

        def stop(_signal: int, _frame: object) -> None:
            state.should_stop = 0

        def quit_now(_signal: int, _frame: object) -> None:
            state.should_terminate = 1

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGQUIT, quit_now)


class _PoolProcess:
    """Opens the runtime of a pool process after its fork, with the relay that it wakes."""

    def __init__(self, settings: Settings, open_runtime: Callable[[Settings], Runtime]) -> None:
        self._settings = settings
        self._open_runtime = open_runtime
        self._opened = ExitStack()

    def opened(self, **_arguments: Any) -> None:
        """Open the runtime; where that fails, as without a schema, the first task tries again."""
        try:
            use_runtime(self._open)
        except Exception:
            log.exception("pool process cannot work yet")

    def closed(self, **_arguments: Any) -> None:
        """Close what was opened."""
        self._opened.close()

    def _open(self) -> Runtime:
        runtime = self._open_runtime(self._settings)
        self._opened.callback(runtime.close)
        self._opened.enter_context(relaying(runtime.database, self._settings))
        return runtime


def _before_fork(**_arguments: Any) -> None:
    # What is made before the fork, and not touched by the collector, stays shared memory.
    configure_mappers()
    gc.collect()
    gc.freeze()


@contextmanager
def _pool_processes(
    settings: Settings, open_runtime: Callable[[Settings], Runtime]
) -> Iterator[None]:
    """Listen to what happens to pool processes."""
    process = _PoolProcess(settings, open_runtime)
    receivers = [
        (signals.worker_before_create_process, _before_fork),
        (signals.worker_process_init, process.opened),
        (signals.worker_process_shutdown, process.closed),
    ]
    for event, receiver in receivers:
        event.connect(receiver, weak=False)
    try:
        yield
    finally:
        for event, receiver in receivers:
            event.disconnect(receiver)


@contextmanager
def relaying(database: Database, settings: Settings) -> Iterator[RelayThread]:
    """Publish the jobs that this process writes to `database`, as soon as they are committed.

    For every process that writes jobs; start it after a fork, never before.
    """
    if settings.broker_url is None:
        raise TypeError("no broker_url: require() checks the settings before")
    with Publisher(settings.broker_url.get_secret_value()) as publisher:
        relay = Relay(database, publisher, republish_after=settings.republish_after)
        thread = RelayThread(relay)
        thread.start()
        database.relay_through(thread)
        try:
            yield thread
        finally:
            database.relay_through(None)
            thread.stop()


def _health_server(app: Celery, settings: Settings) -> HealthServer:
    heartbeat = app.crate_heartbeat
    return HealthServer(
        settings.health_host,
        settings.health_port,
        live={"loop": heartbeat.check_alive},
        ready={"broker": heartbeat.check_consuming, "database": _database_check(settings)},
    )


def _database_check(settings: Settings) -> Check:
    """Return a check that connects anew each time: a kept connection would be forked."""
    if settings.database_url is None:
        raise TypeError("no database_url: require() checks the settings before")
    url = settings.database_url.get_secret_value()
    return SiteDatabaseReachable(create_engine(url, poolclass=NullPool))
