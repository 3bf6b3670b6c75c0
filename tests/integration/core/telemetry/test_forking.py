"""A fork waits for what answers probes: a lock that it holds would stay locked in the child."""

import os
import threading
import time
from urllib.request import urlopen

import pytest

from crate_core.telemetry.forking import no_fork
from crate_core.telemetry.health import HealthServer


def forked_child_gets(lock: threading.Lock) -> bool:
    """Fork, and say whether the child could take the lock."""
    pid = os.fork()
    if pid == 0:
        os._exit(0 if lock.acquire(timeout=1) else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@pytest.mark.parametrize("path", ["ready", "live"])
def test_fork_during_a_probe_gives_a_child_that_finds_no_lock_taken(path: str) -> None:
    lock, looking = threading.Lock(), threading.Event()

    def check() -> str | None:
        with lock:
            looking.set()
            time.sleep(0.5)
        return None

    checks = {"slow": check}
    with HealthServer("127.0.0.1", 0, live=checks, ready=checks) as server:
        url = f"http://127.0.0.1:{server.port}/health/{path}"
        probe = threading.Thread(target=lambda: urlopen(url, timeout=5).close())
        probe.start()
        assert looking.wait(5)
        assert forked_child_gets(lock)
        probe.join()


def test_child_can_hold_back_forks_of_its_own() -> None:
    pid = os.fork()
    if pid == 0:
        with no_fork():
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_fork_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crate_core.telemetry.forking._LONGEST_WAIT_SECONDS", 0.2)
    begun, end = threading.Event(), threading.Event()

    def hang() -> None:
        with no_fork():
            begun.set()
            end.wait(10)

    thread = threading.Thread(target=hang)
    thread.start()
    assert begun.wait(5)
    started = time.monotonic()
    assert forked_child_gets(threading.Lock())
    assert time.monotonic() - started < 5
    end.set()
    thread.join()
