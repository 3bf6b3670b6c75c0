"""Asking for a job that may have given up before."""

from sqlalchemy import select

from crate_core.database import WriteSession
from crate_core.jobs import Task, enqueue, retry_failed
from crate_core.jobs.rows import open_key
from crate_core.models import Job


def ask_again(session: WriteSession, task: Task, subject_id: int) -> None:
    """Ask for `task` now: a job of that kind that gave up is tried again, else a new one is written."""
    failed = session.scalar(
        select(Job.id).where(Job.open_key == open_key(task, subject_id), Job.failed_at.is_not(None))
    )
    if failed is None or not retry_failed(session, failed):
        enqueue(session, task, subject_id)
