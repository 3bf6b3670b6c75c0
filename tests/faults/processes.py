"""The services as processes of their own, which tests kill as power cuts and kernels do."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.servers.process import end_process, kill_process, start_process


class ServiceProcess:
    """One service, started by its module; all its starts write to one log."""

    def __init__(self, module: str, environment: Mapping[str, str], folder: Path) -> None:
        self.module = module
        self.log = folder / f"{module}.log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CRATE_")}
        # What a killed process leaves behind goes with the test's folder.
        self._environment = {**kept, "TMPDIR": str(folder), **environment}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start; do not wait for anything."""
        command = [sys.executable, "-m", self.module]
        self._process = start_process(command, self.log, self._environment)

    @property
    def is_running(self) -> bool:
        """Whether its main process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Id of the main process."""
        if self._process is None:
            raise RuntimeError(f"{self.module} was not started")
        return self._process.pid

    def children(self) -> list[int]:
        """Return the ids of its pool processes."""
        tasks = Path(f"/proc/{self.pid}/task")
        return [
            int(child)
            for task in tasks.iterdir()
            for child in (task / "children").read_text().split()
        ]

    def kill_child(self) -> None:
        """Kill -9 one of its pool processes, any one."""
        if children := self.children():
            os.kill(random.choice(children), signal.SIGKILL)

    def kill_children(self) -> None:
        """Kill -9 all its pool processes, one after the other."""
        for child in self.children():
            os.kill(child, signal.SIGKILL)

    def kill_main(self) -> None:
        """Kill -9 the main process alone, as a kernel without memory does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        """Kill -9 everything at once, as when its container goes."""
        if self._process is not None:
            kill_process(self._process)

    def stop(self) -> None:
        """Ask it to stop and wait for that."""
        if self.is_running and self._process is not None:
            end_process(self._process)
