"""Reading every known patient's choice from the clinical record again, each night (spec 2.12, C129)."""

from collections.abc import Callable
from datetime import datetime, time, timedelta, tzinfo
from functools import partial

from sqlalchemy import select

from crate_consent.collaborators import Collaborators
from crate_consent.consent_modes import settle
from crate_core.clock import utcnow
from crate_core.database import WriteSession
from crate_core.jobs import JobView, Task, enqueue
from crate_core.models import ConsentModeRow

_AT = time(2, 30)


def refresh_consent_modes(together: Collaborators, _job: JobView) -> Callable[[WriteSession], None]:
    """Settle each patient in a transaction of their own, and return the asking for the next night.

    Each patient is read once, however many rows their history has. A run that is cut short begins again:
    settling twice changes nothing.
    """
    consents = together.lookups.consents
    if consents is not None:
        with together.database.read() as session:
            numbers = session.scalars(select(ConsentModeRow.nhs_number).distinct()).all()
        for number in numbers:
            record = consents.find_consent(number)
            if record is not None:
                together.database.write(partial(settle, nhs_number=number, from_record=record))

    def work(session: WriteSession) -> None:
        due_at = next_night(utcnow(), together.settings.zone)
        enqueue(session, Task.REFRESH_CONSENT_MODES, 0, due_at=due_at)

    return work


def next_night(now: datetime, zone: tzinfo) -> datetime:
    """Return the next half past two at the site."""
    local = now.astimezone(zone)
    tonight = datetime.combine(local.date(), _AT, tzinfo=zone)
    if tonight <= local:
        tonight = datetime.combine(local.date() + timedelta(days=1), _AT, tzinfo=zone)
    return tonight
