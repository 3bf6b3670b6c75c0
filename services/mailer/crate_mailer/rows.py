"""The mailer's SQL: what is read of a mail, and the guarded changes of its state.

What is run for each mail is made once: to make a statement takes several times as long as to run it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, exists, func, select, update

from crate_core.contact_requests import KEPT_BACK
from crate_core.database import Database, WriteSession
from crate_core.jobs import Task, enqueue
from crate_core.mails import REQUESTED
from crate_core.models.documents import Document
from crate_core.models.mail import Mail, MailAttachment, MailState, MailTransmission
from crate_mailer.message import Attachment, Content


@dataclass(frozen=True, slots=True)
class StoredMail:
    """A mail as it stands, with all that is needed to send it.

    Attributes:
        transmissions: how many there are, also those that are asked for.
        asked_id: the transmission that a person has asked for and that has not begun, if there is one.
    """

    id: int
    kind: str
    state: MailState
    carries_identity: bool
    leased_until: datetime | None
    reports_outcome: bool
    content: Content
    transmissions: int
    asked_id: int | None


_of_mail = MailTransmission.mail_id == Mail.id
_READ = (
    select(
        Mail.kind,
        Mail.state,
        Mail.carries_identity,
        Mail.leased_until,
        Mail.reports_outcome,
        Mail.message_id,
        Mail.recipient,
        Mail.subject,
        Mail.text,
        Mail.html,
        Mail.queued_at,
        select(func.count())
        .select_from(MailTransmission)
        .where(_of_mail)
        .scalar_subquery()
        .label("transmissions"),
        select(func.min(MailTransmission.id))
        .where(_of_mail, MailTransmission.outcome == REQUESTED)
        .scalar_subquery()
        .label("asked_id"),
        MailAttachment.filename,
        Document.media_type,
        Document.content,
    )
    .outerjoin(MailAttachment, MailAttachment.mail_id == Mail.id)
    .outerjoin(Document, Document.id == MailAttachment.document_id)
    .where(Mail.id == bindparam("mail"))
    .order_by(MailAttachment.id)
)


def read_mail(place: WriteSession | Database, mail_id: int) -> StoredMail | None:
    """Return a mail with its words and its files, read in one statement."""
    rows = place.rows(_READ, {"mail": mail_id})
    if not rows:
        return None
    mail = rows[0]
    content = Content(
        message_id=mail.message_id,
        recipient=mail.recipient,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        queued_at=mail.queued_at,
        attachments=[
            Attachment(row.filename, row.media_type, row.content)
            for row in rows
            if row.filename is not None
        ],
    )
    return StoredMail(
        mail_id,
        mail.kind,
        MailState(mail.state),
        mail.carries_identity,
        mail.leased_until,
        mail.reports_outcome,
        content,
        mail.transmissions,
        mail.asked_id,
    )


_CHANGE = (
    update(Mail)
    .where(Mail.id == bindparam("mail"), Mail.state.in_(bindparam("from_states", expanding=True)))
    .values(state=bindparam("to"), changed_at=bindparam("now"), leased_until=bindparam("ends"))
)
_CHANGE_TO_SENT = _CHANGE.values(sent_at=bindparam("now"))


def change_state(
    place: WriteSession | Database,
    mail_id: int,
    from_states: tuple[MailState, ...],
    to: MailState,
    now: datetime,
    *,
    lease: timedelta | None = None,
) -> bool:
    """Move a mail to another state if it is in one of `from_states`; tell whether it was.

    It is done in the transaction of a session, or as one of its own.
    """
    values = {
        "mail": mail_id,
        "from_states": from_states,
        "to": to,
        "now": now,
        "ends": now + lease if lease else None,
    }
    statement = _CHANGE_TO_SENT if to is MailState.SENT else _CHANGE
    return bool(place.change(statement, values))


_FILL = (
    update(MailTransmission)
    .where(MailTransmission.id == bindparam("asked"), MailTransmission.outcome == REQUESTED)
    .values(
        at=bindparam("now"),
        outcome=bindparam("what"),
        envelope_recipient=bindparam("to"),
        server_reply=bindparam("reply"),
    )
)


def add_transmission(
    session: WriteSession, mail: StoredMail, outcome: str, now: datetime, *, to: str, reply: str
) -> bool:
    """Record one attempt: in the row that a person asked for, if there is one, else in a new one.

    Returns:
        Whether it is the only one so far.
    """
    filled = mail.asked_id is not None and session.change(
        _FILL, {"asked": mail.asked_id, "now": now, "what": outcome, "to": to, "reply": reply}
    )
    if not filled:
        session.add_row(
            MailTransmission,
            mail_id=mail.id,
            at=now,
            outcome=outcome,
            envelope_recipient=to,
            server_reply=reply,
        )
    return mail.transmissions == (1 if filled else 0)


def was_kept_back(session: WriteSession, mail_id: int) -> bool:
    """Say whether the request of a mail ended while the mail was being handed over."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    MailTransmission.mail_id == mail_id, MailTransmission.outcome == KEPT_BACK
                )
            )
        )
    )


def report_outcome(session: WriteSession, mail_id: int) -> None:
    """Tell consent what became of a mail that it wants to hear of."""
    enqueue(session, Task.PROCESS_MAIL_OUTCOME, mail_id)
