"""Mails to send and what became of them (design 4, Mail)."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crate_core.database.types import LongText
from crate_core.models.base import Base, Code, Key, Line
from crate_core.models.documents import Document


class MailState(StrEnum):
    """Where a mail is; `unknown` means that it may have been delivered."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class MailKind(StrEnum):
    """What a mail is about; a label of `crate_mail_total`."""

    CLINICIAN_REQUEST = "clinician_request"
    """The question to a clinician."""
    CLINICIAN_REMINDER = "clinician_reminder"
    CLINICIAN_OWN_REQUEST = "clinician_own_request"
    """The papers to a clinician who asked about a patient of their own."""
    APPROVAL = "approval"
    WITHDRAWAL = "withdrawal"
    RDBM = "rdbm"
    """Whatever the research database manager should know."""


class Mail(Base):
    """One mail to one recipient.

    `effect_key` names the step that asks for it, so that the step asks once only.
    """

    __tablename__ = "mail"
    __table_args__ = (
        CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'failed', 'unknown')", name="state_known"
        ),
        Index("ix_mail_state_changed", "state", "changed_at"),
    )

    id: Mapped[Key]
    effect_key: Mapped[str] = mapped_column(String(100), unique=True)
    kind: Mapped[Code]
    """A `MailKind`."""
    message_id: Mapped[Line] = mapped_column(unique=True)
    """The Message-ID header, fixed when the row is made."""
    recipient: Mapped[Line]
    """The true recipient, also while the safety catch diverts mail (C110)."""
    subject: Mapped[Line]
    text: Mapped[str] = mapped_column(LongText, deferred=True)
    html: Mapped[str] = mapped_column(LongText, deferred=True)
    carries_identity: Mapped[bool]
    """Whether it must not be repeated by the system alone when its fate is unknown."""
    reports_outcome: Mapped[bool] = mapped_column(default=False)
    """Whether consent wants a job (`consent.process_mail_outcome`) once it is sent or failed."""
    contact_request_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("contact_request.id"), index=True
    )
    letter_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("letter.id"))
    """The letter that need not be posted once this mail is sent."""
    state: Mapped[Code] = mapped_column(default=MailState.QUEUED)
    changed_at: Mapped[datetime]
    queued_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]

    attachments: Mapped[list["MailAttachment"]] = relationship(order_by="MailAttachment.id")
    transmissions: Mapped[list["MailTransmission"]] = relationship(order_by="MailTransmission.id")


class MailAttachment(Base):
    """A document that goes with a mail, under the name the recipient sees."""

    __tablename__ = "mail_attachment"

    id: Mapped[Key]
    mail_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("mail.id"), index=True)
    document_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("document.id"))
    filename: Mapped[Line]

    document: Mapped[Document] = relationship()


class MailTransmission(Base):
    """One attempt to hand a mail to the SMTP server, or somebody's word about the mail."""

    __tablename__ = "mail_transmission"

    id: Mapped[Key]
    mail_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("mail.id"), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    """Who asked for it to be sent again; none for the system (C109)."""
    outcome: Mapped[Code]
    """Of an attempt: sent, refused, unreachable, unknown, failed (given up). Of a word: requested (to be sent
    again), arrived, kept_back (its reason has gone)."""
    envelope_recipient: Mapped[Line]
    server_reply: Mapped[str] = mapped_column(LongText, default="")
