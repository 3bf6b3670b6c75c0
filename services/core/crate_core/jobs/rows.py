"""Writing jobs, in the transaction of the change that asks for them."""

from datetime import datetime

from sqlalchemy import bindparam, select, update

from crate_core.clock import utcnow
from crate_core.database.sessions import WriteSession
from crate_core.jobs.tasks import Task
from crate_core.models.jobs import Job


def open_key(task: Task, subject_id: int) -> str:
    """Return the key under which at most one job is open."""
    return f"{task}:{subject_id}"


_HOLD_OPEN = update(Job).where(Job.open_key == bindparam("key")).values(open_key=Job.open_key)


def enqueue(
    session: WriteSession, task: Task, subject_id: int, *, due_at: datetime | None = None
) -> None:
    """Ask for `task` on `subject_id`, now or at `due_at`, once this transaction commits.

    Where a job of that kind is open for that subject already, that one stands: nothing is
    added (C127). Its row is locked by looking: a worker that is just ending it is waited for (a
    new job is then written), and one that has not ended it sees what this transaction wrote.
    Two transactions that add at the same moment are settled by the unique index: the second
    one's unit of work is run again, and finds the first one's job.
    """
    if session.change(_HOLD_OPEN, {"key": open_key(task, subject_id)}):
        return
    enqueue_first(session, task, subject_id, due_at=due_at)
    session.flush()


def enqueue_first(
    session: WriteSession, task: Task, subject_id: int, *, due_at: datetime | None = None
) -> None:
    """Ask for `task` on a subject of which no job of it can be open, as one that this transaction has made.

    Nothing is looked for, and the row is written with whatever else the transaction adds.
    """
    now = utcnow()
    job = Job(
        task=task,
        subject_id=subject_id,
        open_key=open_key(task, subject_id),
        created_at=now,
        due_at=due_at or now,
        next_publish_at=due_at or now,
        published_count=0,
    )
    if session.claim and job.due_at <= now:
        job.claimed_by, job.published_count = session.claim.batch, 1
        job.next_publish_at = now + session.claim.lasts
        session.claim.jobs.append(job)
    session.add(job)


def cancel_open(
    session: WriteSession, task: Task, subject_id: int, *, why: str = "not needed any more"
) -> None:
    """Close an open job that is not needed any more, also one that has failed.

    One that is running meanwhile finds itself closed, and its changes are not committed.
    """
    now = utcnow()
    session.change(
        update(Job)
        .where(Job.open_key == open_key(task, subject_id))
        .values(
            done_at=now,
            failed_at=None,
            leased_until=None,
            open_key=None,
            next_publish_at=None,
            last_error=why,
        )
    )


def make_way(session: WriteSession, job_id: int) -> None:
    """Let the next job of its kind be written although this one failed; it may still be retried."""
    session.change(update(Job).where(Job.id == job_id).values(open_key=None))


def retry_failed(session: WriteSession, job_id: int) -> bool:
    """Give a failed job a fresh set of attempts, due now; false if it has not failed."""
    now = utcnow()
    changed = session.change(
        update(Job)
        .where(Job.id == job_id, Job.failed_at.is_not(None))
        .values(
            failed_at=None,
            attempts=0,
            leased_until=None,
            due_at=now,
            next_publish_at=now,
            published_count=0,
        )
    )
    if changed:
        session.jobs_became_due = True
    return changed > 0


def ask_again(session: WriteSession, task: Task, subject_id: int) -> None:
    """Ask for `task` now, as a person does: a job of that kind that gave up is tried again."""
    failed = session.scalar(
        select(Job.id).where(Job.open_key == open_key(task, subject_id), Job.failed_at.is_not(None))
    )
    if failed is None or not retry_failed(session, failed):
        enqueue(session, task, subject_id)
