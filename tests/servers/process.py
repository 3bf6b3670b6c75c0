"""Starting, awaiting and ending one server process."""

import itertools
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

HOST = "127.0.0.1"

# Below the ports of outgoing connections: one of those may be taken between the look and the start. Each
# process that runs tests has a part of its own.
_FIRST_PORT, _PARTS, _PART = 12_000, 36, 500
_taken = itertools.count()


class ServerMissingError(Exception):
    """A server is not installed here; the text says which, and how to get it."""


def find_binary(name: str, *folders: str) -> str:
    """Return the path of an installed program, looked for in PATH and then in ``folders``.

    Raises:
        ServerMissingError: if it is nowhere.
    """
    found = shutil.which(name, path=os.pathsep.join([*folders, os.environ["PATH"], "/usr/sbin"]))
    if found is None:
        raise ServerMissingError(f"{name} is not installed: run tests/servers/install tests")
    return found


def free_port(*, and_more: int = 0) -> int:
    """Return a TCP port that nobody listens on; it, and so many more after it, are not given again soon."""
    while True:
        port = _FIRST_PORT + os.getpid() % _PARTS * _PART + next(_taken) % _PART
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        for _ in range(and_more):
            next(_taken)
        return port


def start_process(
    command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, so that Ctrl-C reaches the tests only."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=None if environment is None else dict(environment),
            start_new_session=True,
        )


def await_ready(
    is_ready: Callable[[], bool],
    process: subprocess.Popen[bytes],
    log: Path,
    *,
    seconds: float = 60,
) -> None:
    """Return as soon as the server answers.

    Raises:
        RuntimeError: if it dies or does not answer in time, and is ended; the end of its log is in the text.
    """
    deadline = time.monotonic() + seconds
    while not is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            what = "ended" if process.poll() is not None else f"gave no answer in {seconds} s"
            if process.poll() is None:
                kill_process(process)
            tail = log.read_text(errors="replace")[-4000:]
            raise RuntimeError(f"{process.args!r} {what}:\n{tail}")
        time.sleep(0.05)


def end_process(process: subprocess.Popen[bytes], *, seconds: float = 30) -> None:
    """Ask a server to stop, and kill it when it does not."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        kill_process(process)


def kill_process(process: subprocess.Popen[bytes]) -> None:
    """End a server and its children at once, as a power cut would (kill -9)."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
