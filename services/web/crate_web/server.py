"""gunicorn as this site uses it: its processes, its worker, its log."""

import logging
import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.glogging import Logger  # type: ignore[import-untyped]
from prometheus_client import multiprocess
from uvicorn_worker import UvicornWorker  # type: ignore[import-untyped]

from crate_core.celery.worker import relaying
from crate_core.settings import Service, Settings, load_settings, require
from crate_core.telemetry.health import HealthServer
from crate_core.telemetry.logs import configure_logging, get_logger
from crate_web.app import Application
from crate_web.bootstrap import build_application, build_database
from crate_web.health import readiness

log = get_logger(__name__)

GRACEFUL_SECONDS = 25
"""Requests that have begun may take so long after SIGTERM; shorter than the pod's grace period."""
_HUNG_SECONDS = 60
_NOTIFY_SECONDS = 5


def run() -> int:
    """Serve until SIGTERM, with health and metrics on the private port.

    Raises:
        SettingsError: a setting is missing or wrong.
    """
    settings = load_settings()
    require(settings, Service.WEB)
    configure_logging("web", settings.log_level)
    health = _health_server(settings)
    if health:
        health.start()
    try:
        Server(settings).run()
    finally:
        if health:
            health.stop()
    return 0


class PageWorker(UvicornWorker):  # type: ignore[misc]  # gunicorn is untyped
    """The stock worker drops what is under way at SIGTERM, and takes uvicorn's messages from the log."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "uvloop",
        "http": "httptools",
        "ws": "none",
        "lifespan": "on",
        "access_log": False,
        "server_header": False,
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Let requests that have begun end."""
        super().__init__(*args, **kwargs)
        self.config.timeout_notify = _NOTIFY_SECONDS
        self.config.timeout_graceful_shutdown = int(self.cfg.graceful_timeout) - 2
        # Not its access log: paths hold tokens, and the metrics count requests.
        logging.getLogger("uvicorn.error").handlers = []
        logging.getLogger("uvicorn.error").propagate = True

    async def callback_notify(self) -> None:
        """Tell the master that this worker lives; end when there is no master any more.

        The stock worker does not look: after the master was killed it would keep the port for ever.
        """
        if os.getppid() != self.ppid:
            log.warning("web process ends: its master is gone")
            os.kill(os.getpid(), signal.SIGTERM)
        self.notify()


class JsonLog(Logger):  # type: ignore[misc]
    """gunicorn's messages go where all others go."""

    def setup(self, cfg: Any) -> None:
        """Add no handlers of its own."""
        super().setup(cfg)
        for logger in (self.error_log, self.access_log):
            logger.handlers, logger.propagate = [], True


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn's master: it forks the workers, and each makes its own application after the fork."""

    def __init__(self, settings: Settings) -> None:
        """Serve as `settings` say."""
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Hand the settings on to gunicorn."""
        options: dict[str, object] = {
            "bind": self._settings.bind,
            "workers": self._settings.web_processes,
            "worker_class": PageWorker,
            "logger_class": JsonLog,
            "proc_name": "crate-web",
            "timeout": _HUNG_SECONDS,
            "graceful_timeout": GRACEFUL_SECONDS,
            # Longer than front proxies keep idle connections (nginx 60 s, Traefik 90 s): the side
            # that closes first must not be the one that is asked.
            "keepalive": 95,
            "forwarded_allow_ips": self._settings.trusted_proxies,
            "control_socket_disable": True,
            "child_exit": _forget_child,
        }
        if Path("/dev/shm").is_dir():  # noqa: S108 (a heartbeat must not wait for a disk)
            options["worker_tmp_dir"] = "/dev/shm"  # noqa: S108
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Application:
        """Make the application, in a worker."""
        database = build_database(self._settings)
        relay: Callable[[], AbstractContextManager[object]] = partial(
            relaying, database, self._settings
        )
        return build_application(self._settings, database=database, background=[relay])


def _forget_child(_server: object, worker: Any) -> None:
    """Keep counters of a worker that ended, drop its gauges."""
    multiprocess.mark_process_dead(worker.pid)
    log.info("web process ended", process=worker.pid)


def _health_server(settings: Settings) -> HealthServer | None:
    if not settings.health_port:
        return None
    return HealthServer(settings.health_host, settings.health_port, ready=readiness(settings))
