"""Whether a request under way may still go on: the patient's choice and record may have changed since."""

from crate_consent import facts
from crate_consent.collaborators import Collaborators
from crate_consent.decisions.withdrawal import barred_since
from crate_consent.lookups.sources import NotFound
from crate_consent.steps.subject import CONSENT, keep_snapshot
from crate_core.consent_modes import history, lock_current
from crate_core.contact_requests import change_status, keep_back
from crate_core.database import WriteSession
from crate_core.domain.contact import Status, StopCode
from crate_core.domain.patient import PatientSnapshot
from crate_core.jobs import Task
from crate_core.jobs.rows import cancel_open
from crate_core.models import ContactRequest

WHY = {
    StopCode.DEAD: "The patient has died since the request was made.",
    StopCode.OPTED_OUT: "The patient has opted out since the request was made.",
    StopCode.CONSENT_RED: "The patient has chosen RED since the request was made.",
}
"""What the RDBM reads of a bar that came up while a request was under way."""


def look_again(together: Collaborators, nhs_number: int | None) -> PatientSnapshot | None:
    """Look the patient up afresh; None for one who cannot be found any more."""
    if nhs_number is None:
        return None
    found = together.lookups.patients.find_patient(nhs_number)
    return None if isinstance(found, NotFound) else found


def has_died(patient: PatientSnapshot | None) -> bool:
    """Whether a patient who was looked up again is dead; one who was not found counts as alive."""
    return patient is not None and patient.is_dead


def go_by(session: WriteSession, request: ContactRequest, patient: PatientSnapshot | None) -> None:
    """Let what goes out from here on carry the name and address of now, not of when the request was made.

    A patient may move in the weeks in which a clinician is asked: a pack must not go to who lives there now.
    """
    earlier = facts.snapshot_of(request)
    latest = patient.with_clinician_of(earlier) if patient else earlier
    if latest != earlier:
        keep_snapshot(session, request, latest)


def stop_if_barred(session: WriteSession, request: ContactRequest, *, died: bool) -> bool:
    """Stop the request if nobody may be asked any more; true if it was stopped.

    Locks the patient, so that a choice that is being entered at this moment is waited for.
    """
    code = bar_now(session, request, died=died)
    if code is None:
        return False
    stop(session, request, code)
    return True


def bar_now(session: WriteSession, request: ContactRequest, *, died: bool) -> StopCode | None:
    """Lock the patient, and return why nobody may be asked about them any more; None when somebody may."""
    nhs_number = facts.snapshot_of(request).nhs_number
    lock_current(session, nhs_number)
    records = [row.record for row in history(session, nhs_number)]
    code = barred_since(records, facts.consent_of(request).record)
    return StopCode.DEAD if code is None and died else code


def stop(session: WriteSession, request: ContactRequest, code: StopCode) -> None:
    """Stop a request under way, with all that waits to go out for it."""
    if request.clinician_response:
        cancel_open(session, Task.SEND_REMINDER, request.clinician_response.id)
    keep_back(session, request)
    request.stop_code = code
    request.stop_text = WHY[code]
    change_status(session, request, Status.STOPPED, actor=CONSENT, why=WHY[code])
