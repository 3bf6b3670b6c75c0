"""Keeps processes running, and stops them in order."""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby

_LINE_LIMIT = 1024 * 1024
_LAST_LINES_SECONDS = 1


@dataclass(frozen=True)
class Process:
    """A process to keep running."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    stage: int = 0
    """Stages start in rising order, and stop in falling order."""


@dataclass(frozen=True)
class Patience:
    """How long the supervisor waits, in seconds."""

    first_pause: float = 0.5
    """Before a process that died is started again; doubles each time."""
    longest_pause: float = 30.0
    healthy_after: float = 20.0
    """Whoever ran so long starts again with the first pause."""
    stop: float = 15.0
    """From the request to stop to the end by force, for each stage."""


Log = Callable[[str, str], None]


class Supervisor:
    """Runs processes until it is told to stop; who dies is started again."""

    def __init__(
        self, processes: Sequence[Process], log: Log, patience: Patience | None = None
    ) -> None:
        """Prepare to run `processes`, whose lines go to `log` with their names."""
        self._patience = patience or Patience()
        self._keepers = [_Keeper(process, log, self._patience) for process in processes]
        self._keepers.sort(key=lambda keeper: keeper.process.stage)
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()

    def request_stop(self) -> None:
        """Stop everything in order; asked a second time, at once and by force."""
        if self._stop.is_set():
            self._hurry.set()
        self._stop.set()

    def pids(self) -> dict[str, int]:
        """Return the process numbers of those that run now."""
        return {
            keeper.process.name: keeper.pid for keeper in self._keepers if keeper.pid is not None
        }

    async def run(self) -> None:
        """Run until `request_stop`; afterwards none of the processes is left."""
        tasks = [asyncio.create_task(keeper.keep()) for keeper in self._keepers]
        try:
            await self._stop.wait()
        finally:
            # Stopped also when this task itself is cancelled: nothing may be left behind.
            for _stage, keepers in groupby(
                reversed(self._keepers), key=lambda keeper: keeper.process.stage
            ):
                await asyncio.gather(*(keeper.stop(self._hurry) for keeper in keepers))
            await asyncio.gather(*tasks)


class _Keeper:
    def __init__(self, process: Process, log: Log, patience: Patience) -> None:
        self.process = process
        self._log = log
        self._patience = patience
        self._running: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()

    @property
    def pid(self) -> int | None:
        return self._running.pid if self._running else None

    async def keep(self) -> None:
        try:
            await self._keep()
        finally:
            self._ended.set()

    async def _keep(self) -> None:
        pause = self._patience.first_pause
        clock = asyncio.get_running_loop().time
        while not self._stopping.is_set():
            started = clock()
            outcome = await self._run_once()
            if self._stopping.is_set():
                return
            if clock() - started >= self._patience.healthy_after:
                pause = self._patience.first_pause
            self._log(self.process.name, f"{outcome}; starting it again in {pause:g} s")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(pause * 2, self._patience.longest_pause)

    async def _run_once(self) -> str:
        """Run the process to its end, and say how it ended."""
        read_end, write_end = os.pipe()
        lines = asyncio.create_task(self._forward(read_end))
        try:
            # A session of its own: Ctrl-C reaches the supervisor alone, which stops in order.
            # A pipe of our own: asyncio's would let us wait for whoever inherited it, too.
            self._running = await asyncio.create_subprocess_exec(
                *self.process.command,
                env=dict(self.process.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=write_end,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            return f"cannot be started ({error.strerror})"
        else:
            return await self._wait(self._running)
        finally:
            self._running = None
            os.close(write_end)
            # Whoever left the group and kept the pipe is not waited for.
            with suppress(TimeoutError):
                await asyncio.wait_for(lines, _LAST_LINES_SECONDS)

    async def _wait(self, running: asyncio.subprocess.Process) -> str:
        if self._stopping.is_set():
            _signal(running, signal.SIGTERM)
        code = await running.wait()
        # What the process itself left behind would hold its ports, and the pipe.
        _kill_group(running)
        return f"ended by signal {-code}" if code < 0 else f"ended with code {code}"

    async def _forward(self, read_end: int) -> None:
        reader = asyncio.StreamReader(limit=_LINE_LIMIT)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_end, "rb")
        )
        try:
            while line := await _read_line(reader):
                self._log(self.process.name, line.decode(errors="replace").rstrip())
        finally:
            transport.close()

    async def stop(self, hurry: asyncio.Event) -> None:
        self._stopping.set()
        if self._running is not None:
            _signal(self._running, signal.SIGTERM)
        ended = asyncio.create_task(self._ended.wait())
        hurried = asyncio.create_task(hurry.wait())
        await asyncio.wait(
            (ended, hurried),
            timeout=self._patience.stop,
            return_when=asyncio.FIRST_COMPLETED,
        )
        hurried.cancel()
        if self._running is not None and not ended.done():
            self._log(self.process.name, "does not stop; ended by force")
            _kill_group(self._running)
        await ended


async def _read_line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readline()
    except ValueError:
        return b"(a line too long to show)"


def _signal(running: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        running.send_signal(number)


def _kill_group(running: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(running.pid, signal.SIGKILL)
