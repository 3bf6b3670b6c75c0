"""How things are measured: requests with wrk, memory, and the processor's time behind a number."""

import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.servers.process import find_binary

_SCRIPT = """
done = function(summary, latency, requests)
  io.write(string.format("p95 %.0f errors %d\\n", latency:percentile(95),
    summary.errors.connect + summary.errors.read + summary.errors.status))
end
"""
WRK_SECONDS = 8
CONNECTIONS = 8


@dataclass(frozen=True)
class Pages:
    """What wrk saw."""

    per_second: float
    p95_ms: float


def ask_for(url: str, folder: Path, *, cookie: str = "") -> Pages:
    """Ask for a page over eight connections for some seconds, after a second of warming up."""
    script = folder / "percentile.lua"
    script.write_text(_SCRIPT)
    _wrk(url, script, cookie, seconds=1)
    output = _wrk(url, script, cookie, seconds=WRK_SECONDS)
    found = re.search(r"Requests/sec:\s+([\d.]+)", output)
    last = re.search(r"p95 (\d+) errors (\d+)", output)
    assert found, output
    assert last, output
    assert last[2] == "0", output
    return Pages(float(found[1]), int(last[1]) / 1000)


def _wrk(url: str, script: Path, cookie: str, *, seconds: int) -> str:
    command = [find_binary("wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script)]
    header = ["-H", f"Cookie: {cookie}"] if cookie else []
    done = subprocess.run(
        [*command, *header, url], check=True, capture_output=True, text=True, timeout=seconds + 30
    )
    return done.stdout


def memory_mib(processes: Sequence[psutil.Process]) -> float:
    """Return the memory of processes, what they share counted once (PSS)."""
    return sum(process.memory_full_info().pss for process in processes) / 1024**2


@dataclass
class Work:
    """The processor's time that was used, by who used it."""

    seconds: dict[str, float] = field(default_factory=dict)

    def each(self, number: int) -> str:
        """Return milliseconds for each of so many units, in words."""
        used = sorted(self.seconds.items(), key=lambda item: -item[1])
        return ", ".join(
            f"{name} {seconds / number * 1000:.1f}" for name, seconds in used if seconds > 0
        )


@contextmanager
def working(trees: Mapping[str, Sequence[psutil.Process]]) -> Iterator[Work]:
    """Count the processor's time of processes until the end of the block; also how long it took."""
    before = {name: _used(tree) for name, tree in trees.items()}
    work = Work()
    started = time.monotonic()
    yield work
    elapsed = time.monotonic() - started
    work.seconds = {name: _used(tree) - before[name] for name, tree in trees.items()}
    work.seconds["whole machine, elapsed"] = elapsed


def _used(processes: Sequence[psutil.Process]) -> float:
    total = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total
