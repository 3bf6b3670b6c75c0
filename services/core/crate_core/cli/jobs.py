"""`crate jobs ...`: work that waits, runs or gave up."""

from typing import Annotated

import typer
from sqlalchemy import and_, case, func, select

from crate_core.audit import AuditKind, record
from crate_core.cli.site import open_site, operator
from crate_core.cli.text import age, table
from crate_core.clock import utcnow
from crate_core.database import WriteSession
from crate_core.errors import CrateError
from crate_core.jobs import retry_failed
from crate_core.models.jobs import Job

app = typer.Typer(help="Jobs: what waits, what gave up; try again.", no_args_is_help=True)

_SHOWN = 50


@app.command()
def status() -> None:
    """Count open jobs by task, and list those that gave up with the reason."""
    now = utcnow()
    running = and_(Job.leased_until > now, Job.failed_at.is_(None))
    due = and_(
        Job.due_at <= now, Job.failed_at.is_(None), func.coalesce(Job.leased_until, now) <= now
    )
    counts = [
        func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
        for condition in (due, running, Job.due_at > now, Job.failed_at.is_not(None))
    ]
    oldest = func.min(case((due, Job.due_at), else_=None))
    with open_site() as (_settings, database), database.read() as session:
        rows = session.execute(
            select(Job.task, *counts, oldest)
            .where(Job.done_at.is_(None))
            .group_by(Job.task)
            .order_by(Job.task)
        ).all()
        failed = session.scalars(
            select(Job).where(Job.failed_at.is_not(None)).order_by(Job.failed_at).limit(_SHOWN)
        ).all()
    if not rows:
        typer.echo("No job is open.")
        return
    cells = [[*map(str, row[:5]), age(now, row[5]) if row[5] else ""] for row in rows]
    typer.echo(table(["task", "due", "running", "later", "failed", "oldest due"], cells))
    for job in failed:
        typer.echo(f"\nJob {job.id} ({job.task}, subject {job.subject_id}): {job.last_error}")


@app.command()
def retry(
    job_ids: Annotated[
        list[int] | None, typer.Argument(help="Numbers of jobs, from `crate jobs status`.")
    ] = None,
    all_failed: Annotated[
        bool, typer.Option("--all-failed", help="Every job that gave up.")
    ] = False,
) -> None:
    """Give jobs that gave up a fresh set of attempts, beginning now."""
    if bool(job_ids) == all_failed:
        raise typer.BadParameter("name jobs by their numbers, or say --all-failed")

    def work(session: WriteSession) -> list[int]:
        chosen = job_ids or session.scalars(select(Job.id).where(Job.failed_at.is_not(None))).all()
        retried = [job_id for job_id in chosen if retry_failed(session, job_id)]
        for job_id in retried:
            record(session, AuditKind.JOB_RETRIED, actor=operator(), subject=f"job:{job_id}")
        return retried

    with open_site() as (_settings, database):
        retried = database.write(work)
    for job_id in retried:
        typer.echo(f"Job {job_id} will be tried again.")
    refused = sorted(set(job_ids or []) - set(retried))
    if refused:
        names = ", ".join(map(str, refused))
        raise CrateError(f"These are no jobs that gave up: {names}")
    if not retried:
        typer.echo("No job has given up.")
