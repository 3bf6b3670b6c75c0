"""Asking a clinician: the question, its link, the mail, and the reminders to come (spec 2.7)."""

import hashlib
import secrets

from crate_consent import facts
from crate_consent.collaborators import Collaborators
from crate_consent.decisions.reminders import next_due_at
from crate_consent.effects import MailPlan
from crate_consent.mails import ClinicianRequestFacts, MailStudy
from crate_consent.steps.subject import CONSENT
from crate_core.clock import utcnow
from crate_core.contact_requests import change_status
from crate_core.database import WriteSession
from crate_core.domain.contact import Status
from crate_core.domain.patient import PatientSnapshot
from crate_core.domain.people import salutation
from crate_core.domain.study import extra_form_applies
from crate_core.jobs import Task, enqueue_first
from crate_core.models import ClinicianLink, ClinicianResponse, ContactRequest
from crate_core.models.mail import MailKind

_TOKEN_BYTES = 32


def ask_clinician(
    together: Collaborators, session: WriteSession, request: ContactRequest, recipient: str
) -> None:
    """Ask the clinician of the snapshot, at `recipient`, for the first time."""
    now = utcnow()
    clinician = facts.snapshot_of(request).clinician
    change_status(session, request, Status.WITH_CLINICIAN, actor=CONSENT)
    response = session.add_now(
        ClinicianResponse(
            contact_request_id=request.id,
            asked_at=now,
            expires_at=together.schedule.expires_at(now),
            name=clinician.full_name,
            email=recipient,
            signatory_title=clinician.signatory_title,
            is_consultant=clinician.is_consultant,
        )
    )
    mail_question(together, session, request, response)


def mail_question(
    together: Collaborators,
    session: WriteSession,
    request: ContactRequest,
    response: ClinicianResponse,
) -> None:
    """Mail the question with a new link, and plan the first reminder; no other one may be planned."""
    token = issue_link(session, response)
    plan = MailPlan(
        effect_key=question_key(response),
        kind=MailKind.CLINICIAN_REQUEST,
        recipient=response.email,
        request=request,
        reports_outcome=True,
    )
    content = together.texts.clinician_request(question_facts(together, request, response, token))
    together.outbox.add(session, plan, content)
    due_at = next_due_at(together.schedule, response.asked_at, reminders_sent=0)
    enqueue_first(session, Task.SEND_REMINDER, response.id, due_at=due_at)


def question_key(response: ClinicianResponse) -> str:
    """Return the effect key of the mail that asks."""
    return f"question:{asking_of(response)}"


def asking_of(response: ClinicianResponse) -> str:
    """Return what effect keys call this asking; asked anew, it is another one, and the time tells."""
    return f"{response.contact_request_id}:{response.asked_at:%Y%m%d%H%M%S%f}"


def issue_link(session: WriteSession, response: ClinicianResponse) -> str:
    """Return the token of a new link to the question; only its hash is stored (C41)."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    session.add_row(
        ClinicianLink,
        clinician_response_id=response.id,
        token_hash=hashlib.sha256(token.encode()).hexdigest(),
        issued_at=utcnow(),
        expires_at=response.expires_at,
    )
    return token


def question_facts(
    together: Collaborators, request: ContactRequest, response: ClinicianResponse, token: str
) -> ClinicianRequestFacts:
    """Return what the mails to the clinician say."""
    patient, study = facts.snapshot_of(request), request.study
    return ClinicianRequestFacts(
        study=MailStudy(
            number=study.institutional_id,
            title=study.title,
            lead_researcher=study.lead_researcher.full_name,
            summary=study.summary,
            include_lack_capacity=study.include_lack_capacity,
            include_discharged=study.include_discharged,
            clinical_trial=study.clinical_trial,
        ),
        patient=patient,
        request_code=request.code,
        greeting=_greeting(request, response, patient),
        reassigned=response.reassigned,
        token=token,
        extra_form=extra_form_applies(study.facts, direct_requested=request.direct_approach),
        consent_after_discharge=facts.consent_of(request).consent_after_discharge,
        discharge_limit_days=together.settings.discharge_limit_days,
        written_at=utcnow(),
        expires_at=response.expires_at,
        donation=together.settings.charity_amount,
    )


def _greeting(
    request: ContactRequest, response: ClinicianResponse, patient: PatientSnapshot
) -> str:
    if response.reassigned:
        return response.name
    if request.own_patient is None:
        return patient.clinician.salutation
    # Who asks by themselves need not be the clinician whom the record names.
    who = request.requested_by
    return salutation(who.title, who.first_name, who.last_name, assume_doctor=True)
