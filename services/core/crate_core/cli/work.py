"""`crate work ...`: what waits for a person."""

from datetime import datetime
from typing import Any, NamedTuple

import typer
from sqlalchemy import Select, select

from crate_core.cli.site import open_site
from crate_core.cli.text import age, table
from crate_core.clock import utcnow
from crate_core.database import ReadSession
from crate_core.domain.contact import Status
from crate_core.models import ContactRequest, Job, Letter, Mail, WorkItem
from crate_core.models.mail import MailState

app = typer.Typer(help="The research database manager's work queue.")

_SHOWN = 200


class _Waiting(NamedTuple):
    """Something that waits: since when, what, and which."""

    since: datetime
    what: str
    which: str


@app.callback()
def _group() -> None:
    """Keep `list` a command of its own, though it is the only one."""


@app.command("list")
def list_work() -> None:
    """List what waits for a person, oldest first; no patient is named."""
    now = utcnow()
    with open_site() as (_settings, database), database.read() as session:
        found = sorted(_everything(session))
    if not found:
        typer.echo("Nothing waits for a person.")
        return
    rows = [[age(now, each.since), each.what, each.which] for each in found]
    typer.echo(table(["waiting", "what", "which"], rows))


def _everything(session: ReadSession) -> list[_Waiting]:
    found = []
    for what, which, statement in _statements():
        for since, name in session.execute(statement.limit(_SHOWN)):
            found.append(_Waiting(since, what, f"{which} {name}"))
    return found


def _statements() -> list[tuple[str, str, Select[Any, Any]]]:
    def requests(status: Status) -> Select[Any, Any]:
        return (
            select(ContactRequest.changed_at, ContactRequest.code)
            .where(ContactRequest.status == status)
            .order_by(ContactRequest.changed_at)
        )

    def mails(state: MailState) -> Select[Any, Any]:
        return select(Mail.changed_at, Mail.id).where(Mail.state == state).order_by(Mail.changed_at)

    findings = select(WorkItem.created_at, WorkItem.id).where(WorkItem.done_at.is_(None))
    letters = select(Letter.created_at, Letter.id).where(Letter.needs_posting.is_(True))
    jobs = select(Job.failed_at, Job.id).where(Job.failed_at.is_not(None))
    return [
        ("finding", "finding", findings.order_by(WorkItem.created_at)),
        ("post letter", "letter", letters.order_by(Letter.created_at)),
        ("enter patient's reply", "request", requests(Status.WITH_PATIENT)),
        ("request failed", "request", requests(Status.FAILED)),
        ("mail to clinician failed", "request", requests(Status.CLINICIAN_MAIL_FAILED)),
        ("mail failed", "mail", mails(MailState.FAILED)),
        ("mail of unknown fate", "mail", mails(MailState.UNKNOWN)),
        ("job gave up", "job", jobs.order_by(Job.failed_at)),
    ]
