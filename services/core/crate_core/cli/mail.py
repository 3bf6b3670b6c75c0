"""`crate mail ...`: mail to the research database manager."""

import sys
import time
import uuid
from typing import Annotated

import typer
from sqlalchemy import select

from crate_core.cli.site import open_site, operator
from crate_core.database import Database, WriteSession
from crate_core.errors import CrateError
from crate_core.jobs import Task, ask_again
from crate_core.jobs.rows import open_key
from crate_core.mails import queue_plain_mail
from crate_core.models.jobs import Job
from crate_core.models.mail import Mail, MailState

app = typer.Typer(help="Mail to the research database manager.", no_args_is_help=True)

_Wait = Annotated[int, typer.Option(help="Seconds to wait for the mail server's word; 0: none.")]


@app.command("test")
def send_test(wait: _Wait = 60) -> None:
    """Send a test message; it takes the whole way, through broker, consent and mailer (C115)."""

    def work(session: WriteSession) -> str:
        # After an outage the last one may have given up.
        ask_again(session, Task.SEND_TEST_MAIL, 0)
        key = open_key(Task.SEND_TEST_MAIL, 0)
        job_id = session.scalars(select(Job.id).where(Job.open_key == key)).one()
        return f"test:{job_id}"

    with open_site() as (_settings, database):
        _await_mail(database, database.write(work), wait)


@app.command()
def rdbm(
    subject: Annotated[str, typer.Option(help="Subject of the mail.")],
    text: Annotated[str, typer.Option(help="Text of the mail; - reads it from standard input.")],
    wait: _Wait = 0,
) -> None:
    """Send a message of your own to the research database manager."""
    content = sys.stdin.read() if text == "-" else text
    if not subject.strip() or not content.strip():
        raise typer.BadParameter("subject and text must say something")
    key = f"operator:{uuid.uuid4()}"
    signed = f"{content.rstrip()}\n\n({operator()})\n"
    with open_site() as (settings, database):
        database.write(
            lambda session: queue_plain_mail(
                session,
                effect_key=key,
                sender=settings.mail_from,
                recipient=settings.site.manager.email,
                subject=" ".join(subject.split()),
                text=signed,
            )
        )
        _await_mail(database, key, wait)


def _await_mail(database: Database, effect_key: str, seconds: int) -> None:
    if not seconds:
        typer.echo("The mail is queued.")
        return
    deadline = time.monotonic() + seconds
    state = None
    while time.monotonic() < deadline:
        with database.read() as session:
            state = session.scalar(select(Mail.state).where(Mail.effect_key == effect_key))
        if state == MailState.SENT:
            typer.echo("The mail server has taken the mail.")
            return
        if state in {MailState.FAILED, MailState.UNKNOWN}:
            break
        time.sleep(0.2)
    where = f"it is {state}" if state else "consent has not written it yet"
    raise CrateError(
        f"The mail has not been sent within {seconds} s: {where}. See `crate work list`."
    )
