"""Whether a request under way may still go on: the patient's choice and record may have changed since."""

from crate_consent import facts
from crate_consent.collaborators import Collaborators
from crate_consent.decisions.withdrawal import barred_since
from crate_consent.lookups.sources import NotFound
from crate_consent.steps.subject import CONSENT
from crate_core.consent_modes import history, lock_current
from crate_core.contact_requests import change_status
from crate_core.database import WriteSession
from crate_core.domain.contact import Status, StopCode
from crate_core.models import ContactRequest

_WHY = {
    StopCode.DEAD: "The patient has died since the request was made.",
    StopCode.OPTED_OUT: "The patient has opted out since the request was made.",
    StopCode.CONSENT_RED: "The patient has chosen RED since the request was made.",
}


def has_died(together: Collaborators, nhs_number: int | None) -> bool:
    """Look the patient up afresh; a patient who cannot be found any more counts as alive."""
    if nhs_number is None:
        return False
    found = together.lookups.patients.find_patient(nhs_number)
    return not isinstance(found, NotFound) and found.is_dead


def stop_if_barred(session: WriteSession, request: ContactRequest, *, died: bool) -> bool:
    """Stop the request if nobody may be asked any more; true if it was stopped.

    Locks the patient, so that a choice that is being entered at this moment is waited for.
    """
    nhs_number = facts.snapshot_of(request).nhs_number
    lock_current(session, nhs_number)
    records = [row.record for row in history(session, nhs_number)]
    code = barred_since(records, facts.consent_of(request).record)
    if code is None and died:
        code = StopCode.DEAD
    if code is None:
        return False
    stop(session, request, code)
    return True


def stop(session: WriteSession, request: ContactRequest, code: StopCode) -> None:
    """Stop a request under way."""
    request.stop_code = code
    request.stop_text = _WHY[code]
    change_status(session, request, Status.STOPPED, actor=CONSENT, why=_WHY[code])
