"""Reading every known patient's choice from the clinical record again, each night (spec 2.12, C129)."""

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta, tzinfo
from functools import partial

from sqlalchemy import select

from crate_consent.collaborators import Collaborators
from crate_consent.consent_modes import settle
from crate_core.clock import utcnow
from crate_core.database import WriteSession
from crate_core.domain.consent import newest
from crate_core.jobs import JobView, Task, enqueue
from crate_core.models import ConsentModeRow

_AT = time(2, 30)
_AT_A_TIME = 200


def refresh_consent_modes(together: Collaborators, job: JobView) -> Callable[[WriteSession], None]:
    """Settle some patients, each in a transaction of their own, and return the asking for the others.

    `job.subject_id` is the consent mode after which it goes on: a job that has a time limit takes so many
    patients at a time. Each patient is read once, however many rows their history has. A part that is cut
    short begins again: settling twice changes nothing.
    """
    consents = together.lookups.consents
    last = 0
    if consents is not None:
        patients = _some_after(together, job.subject_id)
        for row in patients:
            said = consents.find_consent(row.nhs_number)
            if any(newest(site=row.record, record=record) is record for record in said):
                number = row.nhs_number
                together.database.write(partial(settle, nhs_number=number, from_record=said))
        last = patients[-1].id if len(patients) == _AT_A_TIME else 0

    def work(session: WriteSession) -> None:
        if last:
            enqueue(session, Task.REFRESH_CONSENT_MODES, last)
        else:
            refresh_next_night(together, session)

    return work


def refresh_next_night(together: Collaborators, session: WriteSession) -> None:
    """Ask for the next night's reading, from the beginning."""
    due_at = next_night(utcnow(), together.settings.zone)
    enqueue(session, Task.REFRESH_CONSENT_MODES, 0, due_at=due_at)


def _some_after(together: Collaborators, consent_mode_id: int) -> Sequence[ConsentModeRow]:
    with together.database.read() as session:
        return session.scalars(
            select(ConsentModeRow)
            .where(ConsentModeRow.current_nhs_number.is_not(None))
            .where(ConsentModeRow.id > consent_mode_id)
            .order_by(ConsentModeRow.id)
            .limit(_AT_A_TIME)
        ).all()


def next_night(now: datetime, zone: tzinfo) -> datetime:
    """Return the next half past two at the site."""
    local = now.astimezone(zone)
    tonight = datetime.combine(local.date(), _AT, tzinfo=zone)
    if tonight <= local:
        tonight = datetime.combine(local.date() + timedelta(days=1), _AT, tzinfo=zone)
    return tonight
