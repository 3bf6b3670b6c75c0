"""A patient's consent mode in the site database: which one is current, and recording a new one."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select, update

from crate_core.clock import utcnow
from crate_core.database import WriteSession
from crate_core.domain.consent import ConsentMode, ConsentRecord, ConsentSource
from crate_core.jobs import Task, enqueue
from crate_core.models import ConsentModeRow

_LOCK_CURRENT = (
    update(ConsentModeRow)
    .where(ConsentModeRow.current_nhs_number == bindparam("patient"))
    .values(current_nhs_number=ConsentModeRow.current_nhs_number)
)
_CURRENT = (
    select(ConsentModeRow)
    .where(ConsentModeRow.current_nhs_number == bindparam("patient"))
    .execution_options(populate_existing=True)
)


def lock_current(session: WriteSession, nhs_number: int) -> ConsentModeRow | None:
    """Return the patient's current consent mode, locked until this transaction ends.

    Whoever decides something about a patient holds this lock from the reading of the choice to the commit
    of the effects, and so does whoever changes the choice: an approval and a RED cannot pass each other.
    The lock is an update that changes nothing, since `FOR UPDATE` does not exist on every engine.
    """
    if not session.change(_LOCK_CURRENT, {"patient": nhs_number}):
        return None
    return session.scalar(_CURRENT, {"patient": nhs_number})


def history(session: WriteSession, nhs_number: int) -> Sequence[ConsentModeRow]:
    """Return all consent modes of the patient, in the order they were entered."""
    return session.scalars(
        select(ConsentModeRow)
        .where(ConsentModeRow.nhs_number == nhs_number)
        .order_by(ConsentModeRow.id)
    ).all()


def record_choice(session: WriteSession, row: ConsentModeRow) -> None:
    """Add a choice to the patient's history, and ask for what follows from it.

    It becomes the current one unless a newer decision is there already; the unique index keeps it at one a
    patient however many are saved at once (C72). Withdrawals and the letter are consent's job.
    """
    add_choice(session, row, lock_current(session, row.nhs_number))


def add_choice(session: WriteSession, row: ConsentModeRow, current: ConsentModeRow | None) -> None:
    """Add a choice as `record_choice` does, where the caller has locked the `current` one."""
    if current is None:
        row.current_nhs_number = row.nhs_number
    elif row.record.precedence > current.record.precedence:
        session.change(
            update(ConsentModeRow)
            .where(ConsentModeRow.current_nhs_number == row.nhs_number)
            .values(current_nhs_number=None)
        )
        row.current_nhs_number = row.nhs_number
    session.add_now(row)
    # Every request is decided on a choice, so that the first one of a patient can end nothing.
    has_consequences = current is not None or row.letter_wanted
    if has_consequences and row.source != ConsentSource.AUTO_CREATED:
        enqueue(session, Task.PROCESS_CONSENT_CHANGE, row.id)


def row_of(nhs_number: int, record: ConsentRecord, *, letter_wanted: bool) -> ConsentModeRow:
    """Return a new row for a choice, entered now."""
    decision = record.decision
    return ConsentModeRow(
        nhs_number=nhs_number,
        mode=ConsentMode(record.mode),
        exclude_entirely=record.exclude_entirely,
        consent_after_discharge=record.consent_after_discharge,
        max_approaches_per_year=record.max_approaches_per_year,
        other_requests=record.other_requests,
        prefers_email=record.prefers_email,
        changed_by_clinician_override=record.by_override,
        patient_signed=decision.patient_signed,
        patient_authorised=decision.patient_authorised,
        parent_signed=decision.parent_signed,
        child_clinician_signed=decision.child_clinician_signed,
        representative_signed=decision.representative_signed,
        capacity_clinician_signed=decision.capacity_clinician_signed,
        source=record.source,
        decided_at=record.decided_at,
        date_in_record=record.date_in_record,
        created_at=utcnow(),
        letter_wanted=letter_wanted,
    )
