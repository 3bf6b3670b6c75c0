"""Settling a patient's consent mode from the site's history and the clinical record (spec 2.12)."""

from crate_core.clock import utcnow
from crate_core.consent_modes import add_choice, history, lock_current, row_of
from crate_core.database import WriteSession
from crate_core.domain.consent import (
    ConsentMode,
    ConsentRecord,
    ConsentSource,
    newest,
    since_first_seen,
)
from crate_core.models import ConsentModeRow


def settle(
    session: WriteSession, nhs_number: int, from_record: ConsentRecord | None
) -> ConsentModeRow:
    """Return the patient's consent mode in force, locked until this transaction ends.

    A newer decision in the clinical record is copied, without a letter: the patient discussed it with the
    person who entered it (C73 to C78). Where nobody ever decided, a row says "unknown" (C31).
    """
    current = lock_current(session, nhs_number)
    site = current.record if current else None
    now = utcnow()
    if from_record is not None and from_record.is_ahead(now):
        stored = (row.record for row in history(session, nhs_number))
        from_record = since_first_seen(from_record, stored, now)
    winner = newest(site=site, record=from_record)
    if current is not None and winner is site:
        return current
    if winner is None:
        winner = ConsentRecord(
            mode=ConsentMode.UNKNOWN, decided_at=now, source=ConsentSource.AUTO_CREATED
        )
    row = row_of(nhs_number, winner, letter_wanted=False)
    add_choice(session, row, current)
    return row
