import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.servers.process import free_port
from tests.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.timeout(300)

# The ports beside that of the site are others than those of any other run on this machine.
_START = "from crate_demo.run import main; main._OTHER_PORTS = {other_ports}; main.main()"


class Run:
    """A `crate-run` of this test's own."""

    def __init__(self, folder: Path) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CRATE_")}
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-c", _START.format(other_ports=free_port(and_more=20))),
                *("--port", str(free_port()), "--patients", "60"),
            ],
            # What a killed service leaves behind goes with the test's folder.
            env={**environment, "CRATE_STATE": str(folder), "TMPDIR": str(folder.parent)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            self.lines.extend(iter(output.readline, ""))

    @property
    def log(self) -> str:
        return "".join(self.lines)

    def wait_for(self, condition: Callable[[], object], seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, self.log
            assert self.process.poll() is None, self.log
            time.sleep(0.1)

    def children(self) -> dict[str, int]:
        """Return the processes that the supervisor started, by module."""
        found = {}
        folder = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        for pid in folder.read_text().split():
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if len(words) < 3:  # it has just ended
                continue
            found[words[2].decode()] = int(pid)
        return found

    def stop(self) -> int:
        self.process.terminate()
        code = self.process.wait(timeout=PATIENCE_SECONDS)
        self._reader.join(timeout=10)
        return code


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path / "run")
    yield run
    if run.process.poll() is None:
        run.stop()


def test_everything_starts_survives_a_kill_and_stops(run: Run, tmp_path: Path) -> None:
    run.wait_for(lambda: "Ready after" in run.log and "Ctrl-C stops" in run.log)
    address = re.search(r"Site: +(http://\S+)", run.log)
    assert address
    with urlopen(f"{address[1]}login", timeout=30) as answer:  # noqa: S310 - http, as matched
        assert answer.status == 200
    before = run.children()
    assert len(before) == 6
    assert not [line for line in run.lines if " warning " in line]
    assert "Context impl" not in run.log
    os.kill(before["crate_mailer"], signal.SIGKILL)
    run.wait_for(lambda: run.children().get("crate_mailer", 0) not in {0, before["crate_mailer"]})
    ready = run.log.count("ready")
    run.wait_for(lambda: run.log.count("ready") > ready)
    after = run.children()
    assert run.stop() == 0
    assert "All stopped." in run.log
    assert "by force" not in run.log
    for pid in (*before.values(), *after.values()):
        assert not Path(f"/proc/{pid}").exists()
    assert (tmp_path / "run" / "secret_key").stat().st_mode & 0o077 == 0
    source = f"source {tmp_path / 'run' / 'environment'} && echo $CRATE_PUBLIC_URL"
    told = subprocess.run(["bash", "-c", source], capture_output=True, text=True, check=True)
    assert f"{told.stdout.strip()}/" == address[1]
