"""The private port of a process: /health/live, /health/ready, /metrics.

A thread of the standard library's server: it needs no framework, and answers whatever the
process is doing.
"""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self, TypeAlias

from prometheus_client.registry import Collector

from crate_core.telemetry.forking import no_fork
from crate_core.telemetry.metrics import exposition
from crate_core.telemetry.redaction import redact_text

Check: TypeAlias = Callable[[], str | None]
"""Looks at one dependency: None when it is there, else the reason; may raise it as an error."""

_CHECK_SECONDS = 2.0
_EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Checks:
    """Dependencies and how to look at them, each within two seconds, however long the dependency takes."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        """Keep `checks` (name of the dependency -> check)."""
        self._checks = dict(checks)
        self._pool = ThreadPoolExecutor(max_workers=max(1, len(checks)), thread_name_prefix="check")
        self._running: dict[str, Future[str | None]] = {}
        self._lock = threading.Lock()

    def run(self) -> dict[str, str | None]:
        """Return for each dependency None (it is there) or the reason why not."""
        with self._lock:
            # A check that hangs is asked again, not started again: threads would pile up otherwise.
            for name, check in self._checks.items():
                running = self._running.get(name)
                if running is None or running.done():
                    self._running[name] = self._pool.submit(_look, check)
            futures = dict(self._running)
        return {name: self._outcome(future) for name, future in futures.items()}

    def close(self) -> None:
        """Start no more checks."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    @staticmethod
    def _outcome(future: Future[str | None]) -> str | None:
        try:
            return future.result(timeout=_CHECK_SECONDS)
        except TimeoutError:
            return f"no answer within {_CHECK_SECONDS:g} s"
        except Exception as error:  # noqa: BLE001 (whatever a check raises is the state to report)
            return redact_text(f"{type(error).__name__}: {error}".splitlines()[0])


def _look(check: Check) -> str | None:
    with no_fork():
        return check()


class HealthServer:
    """Serves the health and metrics of one process from a thread of its own.

    `/health/live` and `/health/ready` answer 200, or 503 when a check says why not, with
    `{"status": "ready" | "unready", "dependencies": {name: {"state": "up" | "down", "reason": ...}}}`.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        live: Mapping[str, Check] | None = None,
        ready: Mapping[str, Check] | None = None,
        collectors: Sequence[Collector] = (),
    ) -> None:
        """Bind the port (0: any free one) without serving yet.

        Args:
            host: address to listen on.
            port: TCP port; 0 takes a free one, see `port`.
            live: checks that say whether the process must be restarted.
            ready: checks that say whether it can do its work now.
            collectors: metrics of this process beside those of `metrics`.

        Raises:
            OSError: the port cannot be had.
        """
        self._checks = {"live": Checks(live or {}), "ready": Checks(ready or {})}
        self._collectors = tuple(collectors)
        self._server = _Server((host, port), _Handler)
        self._server.owner = self
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="health", daemon=True
        )

    def start(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._server.server_close()
        for checks in self._checks.values():
            checks.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def health(self, which: str) -> tuple[HTTPStatus, bytes]:
        """Return status and JSON body of `which` ("live" or "ready")."""
        reasons = self._checks[which].run()
        well = all(reason is None for reason in reasons.values())
        body = {
            "status": which if well else f"un{which}" if which == "ready" else "dead",
            "dependencies": {
                name: {"state": "up"} if reason is None else {"state": "down", "reason": reason}
                for name, reason in reasons.items()
            },
        }
        return (HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE), json.dumps(
            body
        ).encode() + b"\n"

    def metrics(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return exposition(*self._collectors)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    owner: HealthServer


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 5  # a peer that says nothing does not keep a thread

    def do_GET(self) -> None:
        """Answer the three paths; everything else is 404."""
        with no_fork():
            self._answer()

    def _answer(self) -> None:
        owner = self.server.owner
        match self.path.partition("?")[0]:
            case "/health/live":
                self._send(*owner.health("live"), "application/json")
            case "/health/ready":
                self._send(*owner.health("ready"), "application/json")
            case "/metrics":
                self._send(HTTPStatus.OK, owner.metrics(), _EXPOSITION_TYPE)
            case _:
                self._send(HTTPStatus.NOT_FOUND, b"not found\n", "text/plain; charset=utf-8")

    def _send(self, status: HTTPStatus, body: bytes, media_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Say nothing: probes come every few seconds."""
