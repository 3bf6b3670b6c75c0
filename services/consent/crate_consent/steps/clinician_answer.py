"""After a clinician's answer: the pack for the patient, or the end of the request (spec 2.9)."""

from collections.abc import Callable

from crate_consent import facts
from crate_consent.collaborators import Collaborators
from crate_consent.effects import LetterPlan, add_finding, add_letter
from crate_consent.letters import Letter, Part
from crate_consent.mails import AnsweredFacts
from crate_consent.queries import document_content, pack_leaflet
from crate_consent.steps.standing import has_died, stop_if_barred
from crate_consent.steps.subject import resume
from crate_core.clock import utcnow
from crate_core.contact_requests import change_status
from crate_core.database import WriteSession
from crate_core.domain.answers import status_after_answer
from crate_core.domain.contact import Answer, Status
from crate_core.domain.study import extra_form_applies
from crate_core.jobs import JobView, Task
from crate_core.jobs.rows import cancel_open
from crate_core.models import ClinicianResponse, ContactRequest, PatientResponse

_OPEN = {Status.WITH_CLINICIAN, Status.CLINICIAN_MAIL_FAILED, Status.FAILED}


def process_clinician_response(
    together: Collaborators, job: JobView
) -> Callable[[WriteSession], None]:
    """Look the patient up once more where they are to be asked, and return the changes."""
    with together.database.read() as session:
        response = session.get_one(ClinicianResponse, job.subject_id)
        nhs_number = session.get_one(ContactRequest, response.contact_request_id).nhs_number
    agreed = response.answer is not None and Answer(response.answer).agrees
    died = agreed and has_died(together, nhs_number)
    return lambda session: _settle(together, session, job.subject_id, died=died)


def _settle(
    together: Collaborators, session: WriteSession, response_id: int, *, died: bool
) -> None:
    response = session.get_one(ClinicianResponse, response_id)
    request = session.get_one(ContactRequest, response.contact_request_id)
    if response.answer is None or request.status not in _OPEN:
        return
    answer = Answer(response.answer)
    resume(session, request, Status.WITH_CLINICIAN)
    response.charity_amount = together.settings.charity_amount
    cancel_open(session, Task.SEND_REMINDER, response.id)
    stopped = answer.agrees and stop_if_barred(session, request, died=died)
    _tell_manager(together, session, request, response, answer, stopped=stopped)
    if stopped:
        return
    if answer.agrees:
        _prepare_for_patient(together, session, request, response, answer)
    change_status(
        session,
        request,
        status_after_answer(answer),
        actor="clinician",
        why=f"Answer {answer}.",
    )


def _tell_manager(
    together: Collaborators,
    session: WriteSession,
    request: ContactRequest,
    response: ClinicianResponse,
    answer: Answer,
    *,
    stopped: bool,
) -> None:
    content = together.texts.rdbm_clinician_answered(
        AnsweredFacts(
            request_code=request.code,
            study_number=request.study.institutional_id,
            answer=answer,
            stopped=stopped,
            donation=response.charity_amount,
        )
    )
    together.outbox.tell_manager(session, f"answered:{request.id}", content, request=request)


def _prepare_for_patient(
    together: Collaborators,
    session: WriteSession,
    request: ContactRequest,
    response: ClinicianResponse,
    answer: Answer,
) -> None:
    now = utcnow()
    pack = _make_pack(together, session, request, response)
    manager_posts = answer is Answer.R
    letter = add_letter(
        session,
        LetterPlan(
            effect_key=f"pack:{request.id}",
            kind="pack",
            addressee="patient",
            filename=f"pack-{request.code}.pdf",
            rdbm_may_view=manager_posts,
            needs_posting=manager_posts,
            request=request,
        ),
        pack,
    )
    if not manager_posts:
        letter.posted_at = now
    session.add(PatientResponse(contact_request_id=request.id, created_at=now))
    if pack.missing:
        _report_missing(together, session, request, pack.missing)


def _make_pack(
    together: Collaborators,
    session: WriteSession,
    request: ContactRequest,
    response: ClinicianResponse,
) -> Letter:
    study = request.study
    with_form = extra_form_applies(study.facts, direct_requested=request.direct_approach)
    return together.letters.pack(
        facts.pack_facts(
            request,
            response,
            details_pdf=document_content(session, study.details_document_id),
            extra_form_pdf=(
                document_content(session, study.form_document_id) if with_form else None
            ),
            leaflet_pdf=pack_leaflet(session),
        ),
        utcnow(),
    )


def _report_missing(
    together: Collaborators,
    session: WriteSession,
    request: ContactRequest,
    missing: tuple[Part, ...],
) -> None:
    names = ", ".join(part.replace("_", " ") for part in missing)
    add_finding(
        session,
        f"pack_part_missing:{request.id}",
        kind="pack_part_missing",
        summary=f"The pack of request {request.code} lacks: {names}",
        request=request,
    )
    content = together.texts.rdbm_pack_part_missing(request.code, missing)
    together.outbox.tell_manager(
        session, f"pack_part_missing:{request.id}", content, request=request
    )
