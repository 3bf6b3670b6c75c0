"""One MariaDB and one RabbitMQ for a whole run of the tests, whatever processes it has.

The process that controls the run owns a folder; whoever needs a server first starts it there, under a
lock, and leaves its ports and process ids for the others. The controlling process ends them all.
"""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.servers.mariadb import MariaDBServer
from tests.servers.rabbitmq import RabbitMQServer

# Workers of pytest-xdist inherit the environment of the process that controls them.
VARIABLE = "CRATE_TEST_SERVERS_FOLDER"

# Kept, because a server of which nothing is left in its starter counts as forgotten there.
_started: list[MariaDBServer | RabbitMQServer] = []


def open_folder() -> None:
    """Make the folder; called once, by the process that controls the run."""
    os.environ[VARIABLE] = tempfile.mkdtemp(prefix="crate-tests-")


def close_folder() -> None:
    """End every server of the run and remove what they wrote."""
    folder = Path(os.environ.pop(VARIABLE))
    for server in _started:
        server.kill()
    for record in folder.glob("*.json"):
        for pid in json.loads(record.read_text())["pids"]:
            _end(pid)
    shutil.rmtree(folder, ignore_errors=True)


def shared_mariadb() -> MariaDBServer:
    """Return the run's MariaDB, started if need be."""
    with _record("mariadb") as record:
        server = MariaDBServer(record.parent / "mariadb", **_ports(record))
        if not record.exists():
            server.start()
            _started.append(server)
            _write(record, pids=server.pids, ports={"port": server.port})
        return server


def shared_rabbitmq() -> RabbitMQServer:
    """Return the run's RabbitMQ, started if need be."""
    with _record("rabbitmq") as record:
        server = RabbitMQServer(record.parent / "rabbitmq", **_ports(record))
        if not record.exists():
            server.start()
            _started.append(server)
            ports = {"port": server.port, "management_port": server.management_port}
            _write(record, pids=server.pids, ports=ports)
        return server


def _end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
        os.killpg(pid, signal.SIGKILL)
        # Started by a worker that has ended, so it cannot be waited for as a child.
        while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.02)


@contextlib.contextmanager
def _record(name: str) -> Iterator[Path]:
    folder = Path(os.environ[VARIABLE])
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder / f"{name}.json"


def _ports(record: Path) -> dict[str, int]:
    return dict(json.loads(record.read_text())["ports"]) if record.exists() else {}


def _write(record: Path, *, pids: list[int], ports: dict[str, int]) -> None:
    record.write_text(json.dumps({"pids": pids, "ports": ports}))
