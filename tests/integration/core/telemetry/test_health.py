import json
import threading
import time
import urllib.error
import urllib.request

import pytest

from crate_core.telemetry.health import Check, Checks, HealthServer

pytestmark = pytest.mark.enable_socket


def get(server: HealthServer, path: str) -> tuple[int, str, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=5) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


def broken() -> str | None:
    raise ConnectionRefusedError("amqp://crate:hunter2@broker refused")


def test_readiness_names_each_dependency_and_its_state() -> None:
    ready: dict[str, Check] = {"database": lambda: None, "broker": broken}
    with HealthServer("127.0.0.1", 0, ready=ready) as server:
        status, media_type, body = get(server, "/health/ready")

    assert (status, media_type) == (503, "application/json")
    assert json.loads(body) == {
        "status": "unready",
        "dependencies": {
            "database": {"state": "up"},
            "broker": {
                "state": "down",
                "reason": "ConnectionRefusedError: amqp://crate:[redacted]@broker refused",
            },
        },
    }


def test_liveness_does_not_ask_what_readiness_asks() -> None:
    with HealthServer("127.0.0.1", 0, ready={"broker": broken}) as server:
        status, _, body = get(server, "/health/live")

    assert (status, json.loads(body)) == (200, {"status": "live", "dependencies": {}})


def test_c134_metrics_are_readable_by_a_monitor() -> None:
    with HealthServer("127.0.0.1", 0) as server:
        status, media_type, body = get(server, "/metrics")

    assert status == 200
    assert media_type.startswith("text/plain")
    assert "# TYPE crate_job_total counter" in body


def test_other_paths_are_not_there() -> None:
    with HealthServer("127.0.0.1", 0) as server:
        assert get(server, "/")[0] == 404


def test_a_check_that_hangs_is_reported_and_not_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("crate_core.telemetry.health._CHECK_SECONDS", 0.05)
    release, started = threading.Event(), []

    def hang() -> str | None:
        started.append(time.monotonic())
        release.wait(5)
        return None

    checks = Checks({"smtp": hang})
    first, second = checks.run(), checks.run()
    release.set()
    checks.close()

    assert first == second == {"smtp": "no answer within 0.05 s"}
    assert len(started) == 1
