"""After a clinician's answer: the pack for the patient, or the end of the request (spec 2.9)."""

from collections.abc import Callable

from crate_consent.collaborators import Collaborators
from crate_consent.steps.answered import prepare_for_patient, tell_manager
from crate_consent.steps.standing import go_by, has_died, look_again, stop_if_barred
from crate_consent.steps.subject import resume
from crate_core.contact_requests import change_status, settle_question
from crate_core.database import WriteSession
from crate_core.domain.answers import status_after_answer
from crate_core.domain.contact import BEFORE_CLINICIAN, Answer, Status
from crate_core.domain.patient import PatientSnapshot
from crate_core.jobs import JobView
from crate_core.models import ClinicianResponse, ContactRequest


def process_clinician_response(
    together: Collaborators, job: JobView
) -> Callable[[WriteSession], None]:
    """Look the patient up once more where they are to be asked, and return the changes."""
    with together.database.read() as session:
        response = session.get_one(ClinicianResponse, job.subject_id)
        nhs_number = session.get_one(ContactRequest, response.contact_request_id).nhs_number
    agreed = response.answer is not None and Answer(response.answer).agrees
    patient = look_again(together, nhs_number) if agreed else None
    return lambda session: _settle(together, session, job.subject_id, patient)


def _settle(
    together: Collaborators,
    session: WriteSession,
    response_id: int,
    patient: PatientSnapshot | None,
) -> None:
    response = session.get_one(ClinicianResponse, response_id)
    request = session.get_one(ContactRequest, response.contact_request_id)
    if response.answer is None:
        return
    # Promised for every answer, also where the patient said no before it was acted on.
    response.charity_amount = together.settings.charity_amount
    if request.status not in BEFORE_CLINICIAN:
        return
    answer = Answer(response.answer)
    resume(session, request, Status.WITH_CLINICIAN)
    why = "The clinician answered before the mail was sent."
    settle_question(session, request.id, response.id, why)
    stopped = answer.agrees and stop_if_barred(session, request, died=has_died(patient))
    tell_manager(together, session, request, response, answer, stopped=stopped)
    if stopped:
        return
    if answer.agrees:
        go_by(session, request, patient)
        prepare_for_patient(together, session, request, response, answer)
    change_status(
        session,
        request,
        status_after_answer(answer),
        actor="clinician",
        why=f"Answer {answer}.",
    )
