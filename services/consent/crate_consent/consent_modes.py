"""Settling a patient's consent mode from the site's history and the clinical record (spec 2.12)."""

from collections.abc import Iterable
from datetime import datetime

from crate_core.clock import utcnow
from crate_core.consent_modes import add_choice, history, lock_current, row_of
from crate_core.database import WriteSession
from crate_core.domain.consent import (
    ConsentMode,
    ConsentRecord,
    ConsentSource,
    last_of,
    newest,
    since_first_seen,
)
from crate_core.models import ConsentModeRow


def settle(
    session: WriteSession, nhs_number: int, from_record: Iterable[ConsentRecord]
) -> ConsentModeRow:
    """Return the patient's consent mode in force, locked until this transaction ends.

    A newer decision in the clinical record is copied, without a letter: the patient discussed it with the
    person who entered it (C73 to C78). Where nobody ever decided, a row says "unknown" (C31).
    """
    current = lock_current(session, nhs_number)
    site = current.record if current else None
    now = utcnow()
    said = [_as_it_counts(session, nhs_number, record, now) for record in from_record]
    winner = newest(site=site, record=last_of(said))
    if current is not None and winner is site:
        return current
    if winner is None:
        winner = ConsentRecord(
            mode=ConsentMode.UNKNOWN, decided_at=now, source=ConsentSource.AUTO_CREATED
        )
    row = row_of(nhs_number, winner, letter_wanted=False)
    add_choice(session, row, current)
    return row


def _as_it_counts(
    session: WriteSession, nhs_number: int, record: ConsentRecord, now: datetime
) -> ConsentRecord:
    if not record.is_ahead(now):
        return record
    return since_first_seen(record, (row.record for row in history(session, nhs_number)), now)
