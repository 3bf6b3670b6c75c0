"""The mailer's SQL: what is read of a mail, and the guarded changes of its state."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload, undefer

from crate_core.database import ReadSession, WriteSession
from crate_core.jobs import Task, enqueue
from crate_core.mails import REQUESTED
from crate_core.models.documents import Document
from crate_core.models.mail import Mail, MailAttachment, MailState, MailTransmission
from crate_mailer.message import Attachment, Content

_WHOLE = (
    undefer(Mail.text),
    undefer(Mail.html),
    joinedload(Mail.attachments).joinedload(MailAttachment.document).undefer(Document.content),
)


def read_mail(session: ReadSession, mail_id: int) -> Mail | None:
    """Return a mail with its words and its files, read in one statement."""
    return session.get(Mail, mail_id, options=_WHOLE)


def content_of(mail: Mail) -> Content:
    """Return what a mail says, with its files."""
    return Content(
        message_id=mail.message_id,
        recipient=mail.recipient,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        queued_at=mail.queued_at,
        attachments=[
            Attachment(each.filename, each.document.media_type, each.document.content)
            for each in mail.attachments
        ],
    )


def change_state(
    session: WriteSession,
    mail_id: int,
    from_states: tuple[MailState, ...],
    to: MailState,
    now: datetime,
    *,
    lease: timedelta | None = None,
) -> bool:
    """Move a mail to another state if it is in one of `from_states`; tell whether it was."""
    values: dict[str, object] = {
        "state": to,
        "changed_at": now,
        "leased_until": now + lease if lease else None,
    }
    if to is MailState.SENT:
        values["sent_at"] = now
    changed = session.change(
        update(Mail).where(Mail.id == mail_id, Mail.state.in_(from_states)).values(values)
    )
    return bool(changed)


def add_transmission(
    session: WriteSession, mail_id: int, outcome: str, now: datetime, *, to: str, reply: str
) -> bool:
    """Record one attempt: in the row that a person asked for, if there is one, else in a new one.

    Returns:
        Whether it is the only one so far.
    """
    earlier = session.scalars(
        select(MailTransmission)
        .where(MailTransmission.mail_id == mail_id)
        .order_by(MailTransmission.id)
    ).all()
    asked = next((each for each in earlier if each.outcome == REQUESTED), None)
    row = asked or MailTransmission(mail_id=mail_id)
    row.at, row.outcome, row.envelope_recipient, row.server_reply = now, outcome, to, reply
    session.add(row)
    return len(earlier) == (1 if asked else 0)


def report_outcome(session: WriteSession, mail_id: int) -> None:
    """Tell consent what became of a mail that it wants to hear of."""
    enqueue(session, Task.PROCESS_MAIL_OUTCOME, mail_id)
