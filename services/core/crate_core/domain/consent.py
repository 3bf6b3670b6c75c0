"""A patient's standing choice about research: traffic light, opt-out, who decided, which one counts."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, tzinfo
from enum import StrEnum


class ConsentMode(StrEnum):
    """The traffic light; `UNKNOWN` means never asked, or an opt-out that came without a colour (C79)."""

    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"
    UNKNOWN = "unknown"


NO_DATE = datetime(9999, 1, 1, tzinfo=UTC)
"""Stands for the date of a choice that the clinical record does not date."""

_STRICTNESS = {
    ConsentMode.UNKNOWN: 0,
    ConsentMode.GREEN: 1,
    ConsentMode.YELLOW: 2,
    ConsentMode.RED: 3,
}


class ConsentSource(StrEnum):
    """Where a consent record comes from; any other text is the name of a clinical source."""

    USER_ENTRY = "user_entry"
    AUTO_CREATED = "auto_created"
    LEGACY = "legacy"


@dataclass(frozen=True, slots=True)
class Decision:
    """Who stood behind a choice: the six boxes of the paper form."""

    patient_signed: bool = False
    patient_authorised: bool = False
    parent_signed: bool = False
    child_clinician_signed: bool = False
    representative_signed: bool = False
    capacity_clinician_signed: bool = False

    @property
    def by_patient(self) -> bool:
        """The patient signed, or said so in another direct way."""
        return self.patient_signed or self.patient_authorised

    @property
    def is_valid(self) -> bool:
        """Whether the boxes are enough to act upon (C67).

        Age and capacity are not checked against the record: time may have passed since.
        """
        capacity_route = self.representative_signed and self.capacity_clinician_signed
        child_route = self.parent_signed and self.child_clinician_signed
        # "Two of patient, parent and clinician" adds only this pair: the patient's own word suffices alone.
        return self.by_patient or capacity_route or child_route

    @property
    def problem(self) -> str | None:
        """Say what is missing, for the person who ticks the boxes; None when the decision is valid."""
        if self.is_valid:
            return None
        if self.representative_signed:
            return (
                "A representative's signature also needs that of a clinician for lack of capacity."
            )
        if self.capacity_clinician_signed:
            return (
                "A clinician's signature for lack of capacity also needs that of a representative."
            )
        if self.parent_signed:
            return "A parent's signature also needs that of the patient or of a clinician for under-16s."
        if self.child_clinician_signed:
            return "A clinician's signature for under-16s also needs that of the patient or of a parent."
        return "Say who decided: tick at least one box."


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """One choice of a patient, as entered here or as read from a clinical source.

    Attributes:
        mode: the traffic light.
        decided_at: when the patient decided, whenever it was entered.
        date_in_record: what the clinical record gives as that date where it cannot be; None where it can.
        source: a `ConsentSource`, or the name of a clinical source.
        exclude_entirely: opted out of the research database.
        consent_after_discharge: may be contacted after discharge, however long ago that was.
        max_approaches_per_year: 0 means no limit.
        other_requests: the patient's own words.
        prefers_email: rather than letters.
        decision: who stood behind the choice.
        by_override: a clinician decided; the boxes of `decision` are not needed (C70).
        entry: the order in which the site stored its records (their key); None when not stored yet.
    """

    mode: ConsentMode
    decided_at: datetime
    source: str = ConsentSource.USER_ENTRY
    exclude_entirely: bool = False
    consent_after_discharge: bool = False
    max_approaches_per_year: int = 0
    other_requests: str = ""
    prefers_email: bool = False
    decision: Decision = field(default_factory=Decision)
    by_override: bool = False
    date_in_record: datetime | None = None
    entry: int | None = None

    def __post_init__(self) -> None:
        if self.decided_at.tzinfo is None:
            raise ValueError("decided_at needs a time zone: see as_decided_at")

    @property
    def is_assumed(self) -> bool:
        """Nobody decided this: the site made the row because there was none."""
        return self.source == ConsentSource.AUTO_CREATED

    def is_ahead(self, now: datetime) -> bool:
        """Whether it cannot have been decided yet."""
        return self.decided_at > now

    @property
    def bars_contact(self) -> bool:
        """Nobody may contact the patient about research: RED, or opted out."""
        return self.exclude_entirely or self.mode is ConsentMode.RED

    @property
    def forbids_most(self) -> tuple[bool, int]:
        """Order of records by what they forbid: the greatest allows least."""
        return self.exclude_entirely, _STRICTNESS[self.mode]

    @property
    def precedence(self) -> tuple[bool, datetime, int]:
        """Order of records: the greatest is in force. An assumed one yields to every decision (C77)."""
        return (
            not self.is_assumed,
            self.decided_at,
            sys.maxsize if self.entry is None else self.entry,
        )

    @property
    def may_be_saved(self) -> bool:
        """Whether an entry by hand has a valid decision or a clinician's override (C69, C70)."""
        return self.by_override or self.decision.is_valid


def newest(*, site: ConsentRecord | None, record: ConsentRecord | None) -> ConsentRecord | None:
    """Choose between the site's own current record and the clinical source's newest one (C74 to C76).

    The newest decision wins; on a tie the site's own is kept. What the site has copied from that source is
    not its own: where the record knows the day alone, it may say something else later that day.
    """
    if site is None or record is None:
        return site or record
    if record.precedence[:2] == site.precedence[:2] and record.source == site.source:
        is_same = (record.mode, record.exclude_entirely) == (site.mode, site.exclude_entirely)
        return site if is_same else record
    return record if record.precedence[:2] > site.precedence[:2] else site


def last_of(records: Iterable[ConsentRecord]) -> ConsentRecord | None:
    """Return the newest of the decisions of a clinical record.

    Records often know the day alone. Of several decisions of one moment, whose order nobody knows, the one
    that allows least counts.
    """
    return max(records, key=lambda record: (record.decided_at, *record.forbids_most), default=None)


def said_last(records: Iterable[ConsentRecord], now: datetime) -> tuple[ConsentRecord, ...]:
    """Return what a clinical record says last: the newest decision, and beside it one that is dated ahead.

    One that is dated ahead counts for nothing, unless it bars contact: then its date is wrong, or `NO_DATE`,
    and `since_first_seen` says from when it counts. So it must not hide what is decided after that.
    """
    known = tuple(records)
    past = last_of(record for record in known if not record.is_ahead(now))
    ahead = max(
        (record for record in known if record.is_ahead(now) and record.bars_contact),
        key=lambda record: record.forbids_most,
        default=None,
    )
    return tuple(record for record in (past, ahead) if record is not None)


def since_first_seen(
    record: ConsentRecord, history: Iterable[ConsentRecord], now: datetime
) -> ConsentRecord:
    """Return a choice that the clinical record dates ahead as it counts: from when it was first seen here.

    With its own date it would outweigh all that the patient says until then; dated at each reading anew, all
    that they say between two readings.

    Args:
        record: what the record says.
        history: the choices that the site has stored of the patient.
        now: when the record was read.
    """
    told = (record.source, record.decided_at, record.mode, record.exclude_entirely)
    for copy in history:
        if (copy.source, copy.date_in_record, copy.mode, copy.exclude_entirely) == told:
            return copy
    return replace(record, decided_at=now, date_in_record=record.decided_at)


def in_force(history: Iterable[ConsentRecord]) -> ConsentRecord | None:
    """Return the record that counts among all stored ones: newest decision, on a tie the one entered last."""
    return max(history, key=lambda record: record.precedence, default=None)


def as_decided_at(value: date | datetime, zone: tzinfo) -> datetime:
    """Return a source's date, with or without time and zone, as an aware UTC time (C78).

    Args:
        value: as the source gives it; a plain date means the start of that day.
        zone: the site's time zone, assumed where the value has none.
    """
    moment = value if isinstance(value, datetime) else datetime.combine(value, time.min)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
