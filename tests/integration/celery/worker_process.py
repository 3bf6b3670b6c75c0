"""A consent worker whose tasks leave marks that tests can see; run as a process."""

import os
import signal
import sys
import time

from crate_core.telemetry.multiprocess import prepare

COUNTS = prepare("consent")

# Not before the line above: the metrics decide how to count when they are imported.
from celery import signals  # noqa: E402

from crate_core.celery.application import make_app  # noqa: E402
from crate_core.celery.runtime import Runtime  # noqa: E402
from crate_core.celery.worker import run_worker  # noqa: E402
from crate_core.clock import utcnow  # noqa: E402
from crate_core.database import Database, WriteSession, make_engine  # noqa: E402
from crate_core.jobs import Handler, JobView, RetryPolicy, Task  # noqa: E402
from crate_core.models.work import WorkItem  # noqa: E402
from crate_core.settings import Settings, load_settings  # noqa: E402
from crate_core.telemetry.logs import configure_logging, get_logger  # noqa: E402

SLOW_SUBJECT = 777
DEADLY_SUBJECT = 666


def perform(job: JobView) -> "Change":
    """Do what the subject's number stands for."""
    if job.subject_id == SLOW_SUBJECT:
        time.sleep(2)
    if job.subject_id == DEADLY_SUBJECT and job.attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return Change(job)


class Change:
    """Leaves the mark, in the job's transaction."""

    def __init__(self, job: JobView) -> None:
        self._job = job

    def __call__(self, session: WriteSession) -> None:
        key = f"{self._job.task}:{self._job.subject_id}"
        session.add(WorkItem(effect_key=key, kind="test", summary="done", created_at=utcnow()))


def open_runtime(settings: Settings) -> Runtime:
    """Open what the tasks work with."""
    if settings.database_url is None:
        raise ValueError("no database")
    database = Database(make_engine(settings.database_url.get_secret_value()))
    handler = Handler(perform, lambda _session, _job, _reason: None, RetryPolicy(lease_seconds=2))
    return Runtime(database, {Task.PROCESS_CONTACT_REQUEST: handler})


def tell_taken(**_arguments: object) -> None:
    """Say that the main process has taken a message, whatever the pool is doing."""
    get_logger(__name__).info("message taken")


def main() -> int:
    """Run until SIGTERM."""
    settings = load_settings()
    configure_logging("consent", settings.log_level)
    signals.task_received.connect(tell_taken)
    return run_worker(make_app("consent", settings), settings, open_runtime)


if __name__ == "__main__":
    sys.exit(main())
