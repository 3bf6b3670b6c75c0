"""The two programs beside the images: the one that makes secrets, and the one that says who lives."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.deploy.compose import DOCKER, TEMPLATES


def make_secrets(folder: Path) -> dict[str, str]:
    subprocess.run([sys.executable, str(DOCKER / "make_secrets.py"), str(folder)], check=True)
    return {path.name: path.read_text() for path in folder.iterdir()}


def healthcheck(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-IS", str(DOCKER / "healthcheck.py"), *arguments]
    return subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )


# --- Secrets


def test_secrets_are_made_once_and_stay(tmp_path: Path) -> None:
    first = make_secrets(tmp_path / "secrets")
    assert set(first) == {"values.json", *(path.name for path in TEMPLATES.iterdir())}
    assert make_secrets(tmp_path / "secrets") == first
    assert make_secrets(tmp_path / "others")["web.yaml"] != first["web.yaml"]


def test_secrets_are_long_all_different_and_for_their_owner(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    values = json.loads(make_secrets(folder)["values.json"])
    assert len(set(values.values())) == len(values)
    assert min(map(len, values.values())) >= 48
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "values.json").stat().st_mode & 0o777 == 0o600


def test_broker_is_given_the_hash_of_the_password_that_the_service_has(tmp_path: Path) -> None:
    made = make_secrets(tmp_path / "secrets")
    password = json.loads(made["values.json"])["broker_web"]
    assert f"amqp://web:{password}@" in made["web.yaml"]
    users = {user["name"]: user for user in json.loads(made["definitions.json"])["users"]}
    kept = base64.b64decode(users["web"]["password_hash"])
    assert kept[4:] == hashlib.sha256(kept[:4] + password.encode()).digest()
    assert password not in made["definitions.json"]


# --- Health


def test_worker_lives_while_its_file_is_touched(tmp_path: Path) -> None:
    beat = tmp_path / "consent.alive"
    folder = {"CRATE_HEARTBEAT_FOLDER": str(tmp_path)}
    assert "No such file" in healthcheck("worker", "consent", **folder).stderr
    beat.touch()
    assert healthcheck("worker", "consent", **folder).returncode == 0
    os.utime(beat, (time.time() - 60,) * 2)
    old = healthcheck("worker", "consent", **folder)
    assert old.returncode == 1
    assert re.search(r"untouched for 6\d s", old.stderr)


class _Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/crate/flower/healthcheck" else 503)
        self.end_headers()
        self.wfile.write(b'{"database": "away"}')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.enable_socket
def test_port_is_asked_and_variables_in_the_path_are_filled_in() -> None:
    server = HTTPServer(("127.0.0.1", 0), _Health)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = str(server.server_address[1])
    prefix = {"FLOWER_URL_PREFIX": "crate/flower"}
    assert healthcheck("port", port, "/$FLOWER_URL_PREFIX/healthcheck", **prefix).returncode == 0
    assert "503" in (said := healthcheck("port", port, "/health/live").stderr)
    assert said.endswith('{"database": "away"}\n')
    server.shutdown()
    server.server_close()
    assert "refused" in healthcheck("port", port, "/health/live").stderr


def test_call_without_a_kind_explains_itself() -> None:
    assert "healthcheck worker NAME" in healthcheck().stderr
