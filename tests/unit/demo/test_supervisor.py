import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from crate_demo.run.supervisor import Patience, Process, Supervisor

pytestmark = pytest.mark.anyio

QUICK = Patience(first_pause=0.02, longest_pause=0.1, healthy_after=60, stop=30)
SLEEPER = "import time; print('up', flush=True); time.sleep(60)"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Lines(list[tuple[str, str]]):
    def __call__(self, name: str, line: str) -> None:
        self.append((name, line))


def process(name: str, code: str, stage: int = 0) -> Process:
    return Process(name, (sys.executable, "-c", code), dict(os.environ), stage)


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - it is processes that change it
            await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_killed_child_is_started_again_and_all_are_stopped() -> None:
    lines = Lines()
    supervisor = Supervisor([process("a", SLEEPER), process("b", SLEEPER)], lines, QUICK)
    running = asyncio.create_task(supervisor.run())
    await until(lambda: lines.count(("a", "up")) == lines.count(("b", "up")) == 1)
    first = supervisor.pids()
    os.kill(first["a"], signal.SIGKILL)
    await until(lambda: lines.count(("a", "up")) == 2)
    second = supervisor.pids()
    assert second["a"] != first["a"]
    assert second["b"] == first["b"]
    supervisor.request_stop()
    await running
    assert not any(alive(pid) for pid in {**first, **second}.values())
    assert supervisor.pids() == {}


async def test_pauses_between_starts_grow() -> None:
    lines = Lines()
    supervisor = Supervisor([process("a", "raise SystemExit(3)")], lines, QUICK)
    running = asyncio.create_task(supervisor.run())
    await until(lambda: len(lines) >= 4)
    supervisor.request_stop()
    await running
    assert [line.rpartition(" in ")[2] for _, line in lines[:4]] == [
        "0.02 s",
        "0.04 s",
        "0.08 s",
        "0.1 s",
    ]
    assert "ended with code 3" in lines[0][1]


async def test_a_command_that_is_not_there_is_told_and_tried_again() -> None:
    lines = Lines()
    supervisor = Supervisor([Process("a", ("/no/such/program",), {})], lines, QUICK)
    running = asyncio.create_task(supervisor.run())
    await until(lambda: len(lines) >= 2)
    supervisor.request_stop()
    await running
    assert "cannot be started" in lines[0][1]


def stopper(path: Path, name: str) -> str:
    return (
        "import signal, sys, time\n"
        f"def end(*_):\n    open({str(path)!r}, 'a').write('{name} ')\n    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\nprint('up', flush=True)\ntime.sleep(60)"
    )


async def test_later_stages_stop_first(tmp_path: Path) -> None:
    order, lines = tmp_path / "order", Lines()
    names = ("mail", "worker", "web")
    children = [process(name, stopper(order, name), stage) for stage, name in enumerate(names)]
    supervisor = Supervisor(children, lines, QUICK)
    running = asyncio.create_task(supervisor.run())
    await until(lambda: len(lines) == 3)
    supervisor.request_stop()
    await running
    assert order.read_text().split() == ["web", "worker", "mail"]


STUBBORN = (
    "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('up', flush=True)\ntime.sleep(60)"
)


async def test_whoever_does_not_stop_in_time_is_ended_by_force() -> None:
    lines = Lines()
    patience = Patience(first_pause=0.02, stop=0.2)
    supervisor = Supervisor([process("a", STUBBORN)], lines, patience)
    running = asyncio.create_task(supervisor.run())
    await until(lambda: ("a", "up") in lines)
    pid = supervisor.pids()["a"]
    supervisor.request_stop()
    await asyncio.wait_for(running, 30)
    assert ("a", "does not stop; ended by force") in lines
    assert not alive(pid)


async def test_a_second_request_to_stop_does_not_wait() -> None:
    lines = Lines()
    supervisor = Supervisor([process("a", STUBBORN)], lines, Patience(stop=60))
    running = asyncio.create_task(supervisor.run())
    await until(lambda: ("a", "up") in lines)
    supervisor.request_stop()
    supervisor.request_stop()
    await asyncio.wait_for(running, 30)


async def test_children_of_a_dead_child_are_not_left_behind() -> None:
    lines = Lines()
    parent = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-c', {SLEEPER!r}])\n"
        "print(child.pid, flush=True)\n"
        "import time; time.sleep(0.3)"
    )
    supervisor = Supervisor([process("a", parent)], lines, Patience(first_pause=30))
    running = asyncio.create_task(supervisor.run())
    await until(lambda: any("ended with" in line for _, line in lines))
    grandchild = next(int(line) for _, line in lines if line.isdigit())
    await until(lambda: not alive(grandchild) or _is_zombie(grandchild))
    supervisor.request_stop()
    await running


def _is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


async def test_long_lines_do_not_end_the_log() -> None:
    lines = Lines()
    code = "print('x' * 3_000_000); print('after', flush=True); import time; time.sleep(60)"
    supervisor = Supervisor([process("a", code)], lines, QUICK)
    running = asyncio.create_task(supervisor.run())
    await until(lambda: ("a", "after") in lines)
    supervisor.request_stop()
    await running


@pytest.mark.parametrize("early", [True, False])
async def test_stop_during_the_start_leaves_nothing_behind(early: bool) -> None:
    supervisor = Supervisor([process("a", SLEEPER)], Lines(), QUICK)
    if early:
        supervisor.request_stop()
    running = asyncio.create_task(supervisor.run())
    await asyncio.sleep(0)
    supervisor.request_stop()
    await asyncio.wait_for(running, 30)
    assert supervisor.pids() == {}
