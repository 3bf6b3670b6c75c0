"""What patients chose, and what their record said when it was looked up."""

from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from crate_core.database.types import LongText
from crate_core.domain.consent import ConsentMode, ConsentRecord, Decision
from crate_core.models.base import Base, Code, Key, ShortText, unique_where_set


class PatientSnapshotRow(Base):
    """A patient as the clinical source showed them at one moment; one row a look-up."""

    __tablename__ = "patient_snapshot"

    id: Mapped[Key]
    nhs_number: Mapped[int] = mapped_column(BigInteger, index=True)
    source: Mapped[ShortText]
    taken_at: Mapped[datetime]
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    """`crate_core.domain.patient.PatientSnapshot.to_dict()`."""


class DecisionColumns:
    """The six boxes of a signed decision (consent spec 1.3)."""

    patient_signed: Mapped[bool] = mapped_column(default=False)
    patient_authorised: Mapped[bool] = mapped_column(default=False)
    parent_signed: Mapped[bool] = mapped_column(default=False)
    child_clinician_signed: Mapped[bool] = mapped_column(default=False)
    representative_signed: Mapped[bool] = mapped_column(default=False)
    capacity_clinician_signed: Mapped[bool] = mapped_column(default=False)

    @property
    def decision(self) -> Decision:
        """The boxes as a value."""
        return Decision(**{box.name: getattr(self, box.name) for box in fields(Decision)})


class ConsentModeRow(DecisionColumns, Base):
    """One decision of one patient; a change is a new row, history is kept.

    `current_nhs_number` is the NHS number while the row is the current one, else NULL: its
    unique index is what makes "one current row a patient" true (C72).
    """

    __tablename__ = "consent_mode"
    __table_args__ = (
        unique_where_set("uq_consent_mode_current", "current_nhs_number"),
        # A form that is posted twice finds its first result.
        unique_where_set("uq_consent_mode_submission", "submission"),
    )

    id: Mapped[Key]
    nhs_number: Mapped[int] = mapped_column(BigInteger, index=True)
    current_nhs_number: Mapped[int | None] = mapped_column(BigInteger)
    mode: Mapped[Code]
    exclude_entirely: Mapped[bool] = mapped_column(default=False)
    consent_after_discharge: Mapped[bool] = mapped_column(default=False)
    max_approaches_per_year: Mapped[int] = mapped_column(default=0)
    """0 means no limit."""
    other_requests: Mapped[str] = mapped_column(LongText, default="")
    prefers_email: Mapped[bool] = mapped_column(default=False)
    changed_by_clinician_override: Mapped[bool] = mapped_column(default=False)
    source: Mapped[ShortText]
    decided_at: Mapped[datetime]
    """When the patient decided; the newest decision wins, whenever it was entered."""
    date_in_record: Mapped[datetime | None]
    """What the clinical record gives as that date, where it cannot be: ahead, or `NO_DATE`."""
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    """Who entered it; none for rows that came from the record or were made by the site."""
    letter_wanted: Mapped[bool] = mapped_column(default=False)
    """Whether a confirmation letter goes to the patient (not for rows from the record, C73)."""
    submission: Mapped[Code | None]
    """The form's own number, where a person entered it."""

    @property
    def record(self) -> ConsentRecord:
        """The row as the rules see it."""
        return ConsentRecord(
            mode=ConsentMode(self.mode),
            decided_at=self.decided_at,
            source=self.source,
            exclude_entirely=self.exclude_entirely,
            consent_after_discharge=self.consent_after_discharge,
            max_approaches_per_year=self.max_approaches_per_year,
            other_requests=self.other_requests,
            prefers_email=self.prefers_email,
            decision=self.decision,
            by_override=self.changed_by_clinician_override,
            date_in_record=self.date_in_record,
            entry=self.id,
        )
