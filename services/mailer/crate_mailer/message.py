"""From a mail's row to the message that goes over the wire; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from crate_mailer.address import Envelope

# Seven bits pass every server on the way.
_POLICY = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail."""

    filename: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Content:
    """What a mail says, and to whom; a copy of the row that needs no session."""

    message_id: str
    recipient: str
    subject: str
    text: str
    html: str
    queued_at: datetime
    attachments: Sequence[Attachment] = ()


def build_message(content: Content, envelope: Envelope) -> bytes:
    """Return the message of one mail: plain text, HTML that says the same, and its files.

    The same row gives the same Message-ID and date each time, so that a repeated mail is known as
    one (design 4). While the safety catch is on the message is addressed to the developer, and
    says whom it was for (C110).
    """
    message = EmailMessage(policy=_POLICY)
    message["From"] = _address(envelope.sender)
    message["To"] = Address(addr_spec=envelope.recipient(content.recipient))
    message["Subject"] = content.subject
    message["Date"] = format_datetime(content.queued_at)
    message["Message-ID"] = content.message_id
    message["Auto-Submitted"] = "auto-generated"
    if envelope.developer:
        message["X-Crate-Safety-Catch"] = "on"
        message["X-Crate-True-Recipient"] = content.recipient
    message.set_content(content.text)
    if content.html:
        message.add_alternative(content.html, subtype="html")
    for attachment in content.attachments:
        main, _, sub = attachment.media_type.partition("/")
        message.add_attachment(
            attachment.content, maintype=main, subtype=sub, filename=attachment.filename
        )
    return message.as_bytes()


def _address(text: str) -> Address:
    name, address = parseaddr(text)
    return Address(display_name=name, addr_spec=address)
