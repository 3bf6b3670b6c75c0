"""Web as a process: it starts without its database, says so, and lets requests end when it stops."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from crate_core.database import make_engine
from crate_core.migrations.running import upgrade
from crate_web.server import GRACEFUL_SECONDS
from tests.servers.process import await_ready, end_process, free_port, kill_process, start_process
from tests.waiting import PATIENCE_SECONDS, wait_until

KEY = "a secret of forty characters for tests..."


def fetch(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


class Web:
    def __init__(self, folder: Path) -> None:
        self.port, self.health_port = free_port(), free_port()
        self.database_url = f"sqlite:///{folder / 'site.db'}"
        settings = {
            "CRATE_SECRET_KEY": KEY,
            "CRATE_DATABASE_URL": self.database_url,
            "CRATE_BROKER_URL": f"filesystem://{folder / 'broker'}",
            "CRATE_PUBLIC_URL": f"http://127.0.0.1:{self.port}/crate",
            "CRATE_BIND": f"127.0.0.1:{self.port}",
            "CRATE_HEALTH_PORT": str(self.health_port),
            "TMPDIR": str(folder),
        }
        kept = {key: value for key, value in os.environ.items() if not key.startswith("CRATE_")}
        self._log = folder / "web.log"
        command = [sys.executable, "-m", "crate_web.serve"]
        self.process = start_process(command, self._log, kept | settings)

    def page(self, path: str) -> tuple[int, str]:
        return fetch(f"http://127.0.0.1:{self.port}/crate{path}")

    def health(self, path: str) -> tuple[int, str]:
        return fetch(f"http://127.0.0.1:{self.health_port}{path}")

    def answers(self) -> bool:
        try:
            self.page("/login")
        except OSError:
            return False
        return True

    def await_start(self) -> None:
        await_ready(self.answers, self.process, self._log)

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def end(self) -> None:
        if self.process.poll() is None:
            end_process(self.process)
        # Its processes end by themselves when the master was killed; where they do not, they end here.
        with contextlib.suppress(ProcessLookupError):
            kill_process(self.process)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    web = Web(tmp_path)
    try:
        web.await_start()
        yield web
    finally:
        web.end()


def test_web_starts_before_its_schema_and_becomes_ready_with_it(web: Web) -> None:
    status, body = web.health("/health/ready")
    assert status == 503
    assert "crate db upgrade" in json.loads(body)["dependencies"]["schema"]["reason"]
    assert web.health("/health/live")[0] == 200
    engine = make_engine(web.database_url)
    upgrade(engine)
    engine.dispose()
    assert web.health("/health/ready")[0] == 200


def test_metrics_of_all_processes_are_on_the_private_port_only(web: Web) -> None:
    for _ in range(4):
        assert web.page("/login")[0] == 200
    assert web.page("/nope/secret-token")[0] == 404
    metrics = web.health("/metrics")[1]
    counted = [
        line
        for line in metrics.splitlines()
        if line.startswith("crate_http_requests_total") and 'route="/login"' in line
    ]
    assert sum(float(line.rsplit(" ", 1)[1]) for line in counted) >= 5
    assert "secret-token" not in metrics
    assert web.page("/metrics")[0] == 404


def test_a_request_that_has_begun_ends_when_web_stops(web: Web) -> None:
    body = b"username=a&password=" + b"b" * 30
    head = f"POST /crate/login HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    head += "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n"
    with socket.create_connection(("127.0.0.1", web.port), timeout=30) as connection:
        answer = connection.makefile("rb")
        connection.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
        # The page has begun: it asks for what it shall read.
        assert answer.readline().startswith(b"HTTP/1.1 100")
        assert answer.readline().strip() == b""
        connection.sendall(body[:10])
        web.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not web.answers(), seconds=GRACEFUL_SECONDS - 5)
        connection.sendall(body[10:])
        assert answer.readline().startswith(b"HTTP/1.1 403")
    assert web.process.wait(PATIENCE_SECONDS) == 0


def test_web_processes_end_when_their_master_was_killed(web: Web) -> None:
    web.process.kill()
    web.process.wait()
    wait_until(lambda: not web.answers())


def test_no_path_and_no_cookie_is_logged(web: Web) -> None:
    web.page("/gone/secret-token")
    assert "secret-token" not in web.log()


def test_a_missing_setting_is_named(tmp_path: Path) -> None:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CRATE_")}
    ended = subprocess.run(
        [sys.executable, "-m", "crate_web.serve"],
        env=kept,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "CRATE_SECRET_KEY: must be set for web" in ended.stderr
    assert "Traceback" not in ended.stderr
