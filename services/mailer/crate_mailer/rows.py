"""The mailer's SQL: what is read of a mail, and the guarded changes of its state."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import selectinload, undefer

from crate_core.database import ReadSession, WriteSession
from crate_core.jobs import Task, enqueue
from crate_core.mails import REQUESTED
from crate_core.models.documents import Document
from crate_core.models.mail import Mail, MailAttachment, MailState, MailTransmission
from crate_mailer.message import Attachment, Content


def read_content(session: ReadSession, mail_id: int) -> Content:
    """Return what a mail says, with its files."""
    mail = session.scalars(
        select(Mail)
        .where(Mail.id == mail_id)
        .options(
            undefer(Mail.text),
            undefer(Mail.html),
            selectinload(Mail.attachments)
            .joinedload(MailAttachment.document)
            .undefer(Document.content),
        )
    ).one()
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
) -> None:
    """Record one attempt: in the row that a person asked for, if there is one, else in a new one."""
    asked = session.scalars(
        select(MailTransmission)
        .where(MailTransmission.mail_id == mail_id, MailTransmission.outcome == REQUESTED)
        .order_by(MailTransmission.id)
        .limit(1)
    ).first()
    row = asked or MailTransmission(mail_id=mail_id)
    row.at, row.outcome, row.envelope_recipient, row.server_reply = now, outcome, to, reply
    session.add(row)


def report_outcome(session: WriteSession, mail_id: int, *, sent: bool) -> None:
    """Tell consent, if it wants to know, what became of a mail.

    A mail that is sent at the first attempt is what consent expects, and no news.
    """
    if not session.scalar(select(Mail.reports_outcome).where(Mail.id == mail_id)):
        return
    attempts = select(func.count()).where(MailTransmission.mail_id == mail_id)
    session.flush()
    if not sent or (session.scalar(attempts) or 0) > 1:
        enqueue(session, Task.PROCESS_MAIL_OUTCOME, mail_id)
