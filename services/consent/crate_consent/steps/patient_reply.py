"""After a patient's reply: approval, or the end of the request (spec 2.11)."""

from collections.abc import Callable

from crate_consent.collaborators import Collaborators
from crate_consent.steps.approving import approve
from crate_consent.steps.standing import go_by, has_died, look_again, stop_if_barred
from crate_consent.steps.subject import CONSENT, resume
from crate_core.contact_requests import change_status, keep_back
from crate_core.database import WriteSession
from crate_core.domain.answers import status_after_reply
from crate_core.domain.contact import Status
from crate_core.domain.patient import PatientSnapshot
from crate_core.jobs import JobView
from crate_core.models import ContactRequest, PatientResponse

_OPEN = {Status.WITH_PATIENT, Status.FAILED}


def process_patient_response(
    together: Collaborators, job: JobView
) -> Callable[[WriteSession], None]:
    """Look the patient up once more after a yes, and return the changes."""
    with together.database.read() as session:
        response = session.get_one(PatientResponse, job.subject_id)
        nhs_number = session.get_one(ContactRequest, response.contact_request_id).nhs_number
    patient = look_again(together, nhs_number) if response.agreed else None
    return lambda session: _settle(together, session, job.subject_id, patient)


def _settle(
    together: Collaborators,
    session: WriteSession,
    response_id: int,
    patient: PatientSnapshot | None,
) -> None:
    response = session.get_one(PatientResponse, response_id)
    request = session.get_one(ContactRequest, response.contact_request_id)
    if response.agreed is None or request.status not in _OPEN:
        return
    resume(session, request, Status.WITH_PATIENT)
    after = status_after_reply(agreed=response.agreed)
    if after is not Status.PATIENT_REFUSED and stop_if_barred(
        session, request, died=has_died(patient)
    ):
        return
    # The pack has reached the patient, also where nobody has marked it as posted.
    keep_back(session, request)
    if after is Status.PATIENT_REFUSED:
        change_status(session, request, after, actor=CONSENT, why="The patient said no.")
    else:
        go_by(session, request, patient)
        approve(together, session, request, asked=True)
