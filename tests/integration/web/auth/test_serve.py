"""Web as a process: it starts without its database, says so, and lets requests end when it stops."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from crate_core.database import make_engine
from crate_core.migrations.running import upgrade
from tests.servers.process import free_port

KEY = "a secret of forty characters for tests..."


def fetch(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310
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
        }
        kept = {key: value for key, value in os.environ.items() if not key.startswith("CRATE_")}
        self._log = (folder / "web.log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "crate_web.serve"],
            env=kept | settings,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def page(self, path: str) -> tuple[int, str]:
        return fetch(f"http://127.0.0.1:{self.port}/crate{path}")

    def health(self, path: str) -> tuple[int, str]:
        return fetch(f"http://127.0.0.1:{self.health_port}{path}")

    def await_start(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                self.page("/login")
            except OSError:
                time.sleep(0.1)
            else:
                return
        pytest.fail(self.log())

    def log(self) -> str:
        self._log.flush()
        return Path(self._log.name).read_text(encoding="utf-8")

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(timeout=30)
        self._log.close()


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
    head += "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", web.port)) as connection:
        connection.sendall(head.encode() + body[:10])
        time.sleep(0.3)
        web.process.send_signal(signal.SIGTERM)
        rest = threading.Timer(0.7, connection.sendall, (body[10:],))
        rest.start()
        answer = connection.makefile("rb").readline()
        rest.join()
    assert answer.startswith(b"HTTP/1.1 403")
    assert web.process.wait(timeout=30) == 0


def test_web_processes_end_when_their_master_was_killed(web: Web) -> None:
    web.process.kill()
    web.process.wait()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            web.page("/login")
        except OSError:
            return
        time.sleep(0.2)
    pytest.fail("a web process still answers")


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
