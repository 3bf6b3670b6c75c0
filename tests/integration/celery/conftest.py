"""A real worker process, on the embedded broker and on RabbitMQ."""

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from crate_core.database import Database
from crate_core.jobs import Task, enqueue
from crate_core.models import Job, WorkItem
from crate_core.settings import Settings
from tests.servers.process import end_process, free_port, start_process
from tests.waiting import wait_until

PROGRAM = Path(__file__).with_name("worker_process.py")


class Worker:
    """A running worker and what it says of itself."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.port = int(environment["CRATE_HEALTH_PORT"])
        self.heartbeats = Path(environment["CRATE_HEARTBEAT_FOLDER"])
        self.log = folder / "worker.log"
        self.process = start_process(
            [sys.executable, str(PROGRAM)], self.log, os.environ | environment
        )

    def get(self, path: str) -> tuple[int, str]:
        """Ask the private port; status 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def is_ready(self) -> bool:
        """Whether it takes messages and has its database."""
        return self.get("/health/ready")[0] == 200

    def dependencies(self) -> dict[str, Any]:
        """Return what readiness says of each dependency."""
        found: dict[str, Any] = json.loads(self.get("/health/ready")[1])["dependencies"]
        return found

    def counts(self, line: str) -> bool:
        """Whether this line is among the metrics."""
        return line in self.get("/metrics")[1].splitlines()


@contextmanager
def running_worker(database: Database, broker_url: str, folder: Path) -> Iterator[Worker]:
    worker = Worker(
        {
            "CRATE_DATABASE_URL": database.engine.url.render_as_string(hide_password=False),
            "CRATE_BROKER_URL": broker_url,
            "CRATE_HEALTH_PORT": str(free_port()),
            "CRATE_HEARTBEAT_FOLDER": str(folder / "heartbeats"),
            "CRATE_WORKER_PROCESSES": "2",
            "CRATE_REPUBLISH_SECONDS": "1",
            "PROMETHEUS_MULTIPROC_DIR": str(folder / "counts"),
        },
        folder,
    )
    try:
        yield worker
    finally:
        if worker.process.poll() is None:
            end_process(worker.process)
        print(worker.log.read_text())


@pytest.fixture(params=["embedded", "rabbitmq"])
def broker_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty broker, once of each kind."""
    if request.param == "embedded":
        return f"filesystem://{tmp_path / 'broker'}"
    return str(request.getfixturevalue("amqp_url"))


@pytest.fixture
def worker(sqlite_database: Database, broker_url: str, tmp_path: Path) -> Iterator[Worker]:
    """A worker that is ready."""
    with running_worker(sqlite_database, broker_url, tmp_path) as worker:
        wait_until(worker.is_ready)
        yield worker


@pytest.fixture
def settings(sqlite_database: Database, broker_url: str) -> Settings:
    """Settings of the process that writes the jobs."""
    return Settings.model_validate({"broker_url": broker_url, "republish_seconds": 1})


def ask(database: Database, subject: int) -> None:
    """Write the job that a test is about."""
    database.write(lambda session: enqueue(session, Task.PROCESS_CONTACT_REQUEST, subject))


def has_begun(database: Database) -> bool:
    """Whether a worker has started the job that a test is about."""
    with database.read() as session:
        return bool(session.scalar(select(func.max(Job.attempts))))


def marks(database: Database) -> int:
    """Return how many jobs have left their mark."""
    with database.read() as session:
        return session.query(WorkItem).count()
