"""Contact requests, what happened to them, and the answers of clinicians and patients."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Numeric,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crate_core.database.types import LongText
from crate_core.models.base import Base, Code, Key, Line
from crate_core.models.consent import ConsentModeRow, DecisionColumns, PatientSnapshotRow
from crate_core.models.studies import Study
from crate_core.models.users import UserAccount


class ContactRequest(Base):
    """One request to meet one patient about one study (consent spec 0 and 1.8)."""

    __tablename__ = "contact_request"
    __table_args__ = (
        CheckConstraint("lookup_kind IN ('rid', 'mrid', 'nhs_number')", name="lookup_kind_known"),
        # A form that is posted twice finds its first result (experience, the frame).
        UniqueConstraint("submission", "lookup_kind", "lookup_value"),
        Index("ix_contact_request_status_created", "status", "created_at"),
        Index("ix_contact_request_study_news", "study_id", "news_at"),
    )

    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(unique=True)
    """What people call it; printed on the forms, and its address on the site."""
    created_at: Mapped[datetime]
    requested_by_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("user_account.id"), index=True
    )
    study_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("study.id"))
    direct_approach: Mapped[bool]
    repeat_confirmed: Mapped[bool] = mapped_column(default=False)
    """The RDBM wants it although a clinician vetoed an earlier one (C37)."""
    submission: Mapped[Code]
    """The form's own number, the same for all requests of one post."""
    lookup_kind: Mapped[Code]
    lookup_value: Mapped[str] = mapped_column(String(128))
    """The RID, MRID or NHS number as given."""

    status: Mapped[Code]
    changed_at: Mapped[datetime]
    """When `status` last changed."""
    news_at: Mapped[datetime]
    """When what a researcher may know of `status` last changed (C103)."""
    nhs_number: Mapped[int | None] = mapped_column(BigInteger, index=True)
    snapshot_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("patient_snapshot.id"))
    consent_mode_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("consent_mode.id"))
    """The consent mode in force when the request was processed."""
    approaches_in_past_year: Mapped[int | None]
    involvement: Mapped[int | None]
    """`crate_core.domain.contact.Involvement`; why a clinician was asked."""
    stop_code: Mapped[Code | None]
    stop_text: Mapped[str] = mapped_column(LongText, default="")
    warnings: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Sentences for the RDBM; nothing is prevented by them (C36)."""
    processed_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    requested_by: Mapped[UserAccount] = relationship()
    study: Mapped[Study] = relationship()
    snapshot: Mapped[PatientSnapshotRow | None] = relationship()
    consent_mode: Mapped[ConsentModeRow | None] = relationship()
    events: Mapped[list["ContactEvent"]] = relationship(order_by="ContactEvent.id")
    clinician_response: Mapped["ClinicianResponse | None"] = relationship()
    patient_response: Mapped["PatientResponse | None"] = relationship()
    own_patient: Mapped["OwnPatientRequest | None"] = relationship()


class OwnPatientRequest(Base):
    """What a clinician says when asking about a patient of their own; other requests have no such row.

    The clinician agrees by asking: no question is mailed (consent spec 2.8).
    """

    __tablename__ = "own_patient_request"

    id: Mapped[Key]
    contact_request_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("contact_request.id"), unique=True
    )
    manager_posts: Mapped[bool]
    """Answer R: the RDBM posts the pack; otherwise A: the clinician passes it on."""
    signatory_name: Mapped[Line]
    signatory_title: Mapped[Line]


class ContactEvent(Base):
    """One step in the life of a request; rows are only ever added."""

    __tablename__ = "contact_event"

    id: Mapped[Key]
    contact_request_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("contact_request.id"), index=True
    )
    at: Mapped[datetime]
    actor: Mapped[Line]
    """A person's username, "clinician", or the part of the system that acted."""
    from_status: Mapped[Code | None]
    to_status: Mapped[Code]
    why: Mapped[str] = mapped_column(LongText, default="")


class ClinicianResponse(Base):
    """The question to one clinician about one request, and the answer.

    Asking another clinician, or asking again after it expired, changes this row; the answer is
    given once.
    """

    __tablename__ = "clinician_response"

    id: Mapped[Key]
    contact_request_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("contact_request.id"), unique=True
    )
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    reminders_sent: Mapped[int] = mapped_column(default=0)
    name: Mapped[Line]
    """The clinician who is asked, as in the snapshot or as the RDBM named them."""
    email: Mapped[Line]
    reassigned: Mapped[bool] = mapped_column(default=False)
    """The RDBM asks another clinician than the one whom the record names."""
    signatory_title: Mapped[Line] = mapped_column(default="")
    is_consultant: Mapped[bool] = mapped_column(default=False)

    answer: Mapped[Code | None]
    """R, A, B, C or D (`crate_core.domain.contact.Answer`)."""
    answered_at: Mapped[datetime | None] = mapped_column(index=True)
    reason: Mapped[str] = mapped_column(LongText, default="")
    signed_name: Mapped[Line] = mapped_column(default="")
    charity_amount: Mapped[Decimal] = mapped_column(Numeric(8, 2), default=Decimal(0))

    contact_request: Mapped[ContactRequest] = relationship(overlaps="clinician_response")


class ClinicianLink(Base):
    """A link that was mailed to a clinician; of its token only a hash is stored (C41).

    A reminder brings a link of its own beside the first one; a link that the RDBM issues anew
    revokes the others (C45).
    """

    __tablename__ = "clinician_link"

    id: Mapped[Key]
    clinician_response_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("clinician_response.id"), index=True
    )
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    clinician_response: Mapped[ClinicianResponse] = relationship()


class PatientResponse(DecisionColumns, Base):
    """The patient's answer to one request; made empty when a clinician answers R or A."""

    __tablename__ = "patient_response"

    id: Mapped[Key]
    contact_request_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("contact_request.id"), unique=True
    )
    created_at: Mapped[datetime]
    agreed: Mapped[bool | None]
    """Yes or no; none until the reply has come."""
    signed_on: Mapped[date | None] = mapped_column(Date)
    signed_name: Mapped[Line] = mapped_column(default="")
    recorded_at: Mapped[datetime | None]
    recorded_by_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    scan_document_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("document.id"))

    contact_request: Mapped[ContactRequest] = relationship(overlaps="patient_response")
