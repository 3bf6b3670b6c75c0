"""The runner as a process of its own, on the embedded broker: runs, cancels, dies."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from crate_core.celery.worker import relaying
from crate_core.clock import utcnow
from crate_core.models.jobs import Job
from crate_core.models.research import ResearchColumn, ResearchRun, RunStatus
from crate_core.settings import Settings
from tests.integration.research.conftest import ENDLESS, Laboratory
from tests.servers.process import end_process, kill_process, start_process
from tests.waiting import wait_until


def _start(lab: Laboratory, folder: Path) -> "subprocess.Popen[bytes]":
    url = lab.research.url
    assert url is not None
    research = {"name": "alpha", "url": url.get_secret_value(), "rid_column": "brcid"}
    environment = {
        "CRATE_SECRET_KEY": "k" * 32,
        "CRATE_DATABASE_URL": lab.database.engine.url.render_as_string(hide_password=False),
        "CRATE_BROKER_URL": f"filesystem://{folder / 'broker'}",
        "CRATE_RESEARCH_DATABASES": json.dumps([research]),
        "CRATE_HEALTH_PORT": "0",
        "CRATE_REPUBLISH_SECONDS": "1",
        "PROMETHEUS_MULTIPROC_DIR": str(folder / "counts"),
    }
    command = [sys.executable, "-m", "crate_web.runner"]
    return start_process(command, folder / "runner.log", os.environ | environment)


@pytest.fixture
def process_lab(sqlite_lab: Laboratory, tmp_path: Path) -> Iterator[Laboratory]:
    """A laboratory whose jobs are published."""
    broker = f"filesystem://{tmp_path / 'broker'}"
    settings = Settings.model_validate({"broker_url": broker, "republish_seconds": 1})
    with relaying(sqlite_lab.database, settings):
        yield sqlite_lab


def test_runner_process_runs_cancels_and_loses(process_lab: Laboratory, tmp_path: Path) -> None:
    lab = process_lab
    runner = _start(lab, tmp_path)
    try:
        done = lab.submit("SELECT note_id FROM note")
        wait_until(lambda: lab.find(done).status == RunStatus.DONE)
        assert lab.find(done).rows_total == 4
        wait_until(lambda: _structure_is_read(lab))

        cancelled = lab.submit(ENDLESS)
        wait_until(lambda: lab.find(cancelled).status == RunStatus.RUNNING)
        _cancel(lab, cancelled)
        wait_until(lambda: lab.find(cancelled).status == RunStatus.CANCELLED)

        lost = lab.submit(ENDLESS)
        wait_until(lambda: lab.find(lost).status == RunStatus.RUNNING)
        kill_process(runner)
        # What the lease would take half a minute for.
        _end_lease(lab, lost)
        runner = _start(lab, tmp_path)
        wait_until(lambda: lab.find(lost).status == RunStatus.LOST)
        assert lab.find(lost).rows_kept == 0
        assert len(lab.audit("run_started")) == 3
        end_process(runner)
        assert runner.returncode == 0
    finally:
        if runner.poll() is None:
            kill_process(runner)
        print((tmp_path / "runner.log").read_text())


def _structure_is_read(lab: Laboratory) -> bool:
    with lab.database.read() as session:
        return bool(session.scalar(select(func.count()).select_from(ResearchColumn)))


def _cancel(lab: Laboratory, run_id: int) -> None:
    lab.database.write(
        lambda session: session.change(
            update(ResearchRun).where(ResearchRun.id == run_id).values(cancel_requested_at=utcnow())
        )
    )


def _end_lease(lab: Laboratory, run_id: int) -> None:
    lab.database.write(
        lambda session: session.change(
            update(Job)
            .where(Job.subject_id == run_id, Job.done_at.is_(None))
            .values(leased_until=utcnow(), next_publish_at=utcnow())
        )
    )
