"""Mails by hand: sent again, settled by somebody's word, or in an operator's words (design 4, Mail; C109)."""

import hashlib
import html
from email.utils import parseaddr

from sqlalchemy import update

from crate_core.clock import utcnow
from crate_core.database.sessions import WriteSession
from crate_core.domain.email import domain_of
from crate_core.jobs.rows import ask_again, enqueue, enqueue_first
from crate_core.jobs.tasks import Task
from crate_core.models.mail import Mail, MailKind, MailState, MailTransmission
from crate_core.models.users import UserAccount

REQUESTED = "requested"
"""Outcome of a transmission that somebody asked for and that has not begun."""
ARRIVED = "arrived"
"""Outcome of a transmission of which somebody says that it arrived."""

_SETTLED = (MailState.SENT, MailState.FAILED, MailState.UNKNOWN)


def send_again(session: WriteSession, mail_id: int, user: UserAccount) -> bool:
    """Ask for a mail to be sent once more, in the name of `user` (C109).

    It goes to the recipient on the row, with the Message-ID that it has always had.

    Returns:
        False if the mail is on its way anyway.
    """
    now = utcnow()
    changed = session.change(
        update(Mail)
        .where(Mail.id == mail_id, Mail.state.in_(_SETTLED))
        .values(state=MailState.QUEUED, changed_at=now, leased_until=None)
    )
    if not changed:
        return False
    session.add(
        MailTransmission(
            mail_id=mail_id, at=now, by_id=user.id, outcome=REQUESTED, envelope_recipient=""
        )
    )
    ask_again(session, Task.SEND_MAIL, mail_id)
    return True


def settle_as_arrived(session: WriteSession, mail_id: int, user: UserAccount) -> bool:
    """Record the word of `user` that a mail of unknown fate has arrived; false if it is not one."""
    now = utcnow()
    changed = session.change(
        update(Mail)
        .where(Mail.id == mail_id, Mail.state == MailState.UNKNOWN)
        .values(state=MailState.SENT, changed_at=now, sent_at=now)
    )
    if not changed:
        return False
    mail = session.get_one(Mail, mail_id, populate_existing=True)
    session.add(
        MailTransmission(
            mail_id=mail_id, at=now, by_id=user.id, outcome=ARRIVED, envelope_recipient=""
        )
    )
    if mail.reports_outcome:
        enqueue(session, Task.PROCESS_MAIL_OUTCOME, mail_id)
    return True


def queue_plain_mail(
    session: WriteSession, *, effect_key: str, sender: str, recipient: str, subject: str, text: str
) -> None:
    """Queue a mail of plain words that names no patient.

    Args:
        session: the transaction of what asks for it.
        effect_key: names what it is for; the same key is mailed once.
        sender: who mails go out from, for the Message-ID.
        recipient: one address.
        subject: one line.
        text: plain text; the HTML part says the same.
    """
    now = utcnow()
    digest = hashlib.sha256(effect_key.encode()).hexdigest()[:32]
    domain = domain_of(parseaddr(sender)[1]) or "localhost"
    mail = Mail(
        effect_key=effect_key,
        kind=MailKind.RDBM,
        message_id=f"<{digest}@{domain}>",
        recipient=recipient,
        subject=subject,
        text=text,
        html=f'<pre style="font: inherit; white-space: pre-wrap">{html.escape(text)}</pre>',
        carries_identity=False,
        changed_at=now,
        queued_at=now,
    )
    session.add(mail)
    session.flush()
    enqueue_first(session, Task.SEND_MAIL, mail.id)
