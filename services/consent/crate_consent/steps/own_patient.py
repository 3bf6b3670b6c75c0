"""A clinician asks about a patient of their own: asking is agreeing, and the patient is next (spec 2.8)."""

from crate_consent.collaborators import Collaborators
from crate_consent.effects import MailPlan
from crate_consent.steps.answered import prepare_for_patient, tell_manager
from crate_consent.steps.asking import issue_link, question_facts
from crate_core.clock import utcnow
from crate_core.contact_requests import change_status
from crate_core.database import WriteSession
from crate_core.domain.answers import AnswerRules, offered, status_after_answer
from crate_core.domain.contact import Answer
from crate_core.domain.roles import Role
from crate_core.domain.study import extra_form_applies
from crate_core.errors import PermanentError
from crate_core.models import ClinicianResponse, ContactRequest, OwnPatientRequest, UserAccount
from crate_core.models.mail import MailKind


def address_of(clinician: UserAccount) -> str:
    """Return where identifying mail to this account may go; "" when nowhere (C96, C97)."""
    may_ask = clinician.is_active and Role.CLINICIAN in clinician.role_set
    return clinician.email if may_ask and clinician.email_verified_at else ""


def agree_by_asking(
    together: Collaborators,
    session: WriteSession,
    request: ContactRequest,
    own: OwnPatientRequest,
    recipient: str,
) -> None:
    """Record the answer that the asking is, make the pack, and mail the clinician the link to it (C99, C100).

    Args:
        together: collaborators.
        session: a transaction that holds the patient's lock (`lock_current`).
        request: the request, with its snapshot, consent mode and involvement.
        own: what the clinician said.
        recipient: the clinician's own address.
    """
    now, clinician = utcnow(), request.requested_by
    answer = _answer(request, own)
    response = ClinicianResponse(
        contact_request_id=request.id,
        asked_at=now,
        expires_at=together.schedule.expires_at(now),
        name=own.signatory_name,
        email=recipient,
        signatory_title=own.signatory_title,
        is_consultant=clinician.is_consultant,
        answer=answer,
        answered_at=now,
        signed_name=own.signatory_name,
        charity_amount=together.settings.charity_amount,
    )
    session.add(response)
    session.flush()
    prepare_for_patient(together, session, request, response, answer)
    _mail_link(together, session, request, response, answer)
    tell_manager(together, session, request, response, answer, stopped=False)
    change_status(
        session,
        request,
        status_after_answer(answer),
        actor=clinician.username,
        why=f"The clinician asked about a patient of their own: answer {answer}.",
    )


def _answer(request: ContactRequest, own: OwnPatientRequest) -> Answer:
    study = request.study.facts
    rules = AnswerRules(
        extra_form=extra_form_applies(study, direct_requested=request.direct_approach),
        clinical_trial=study.clinical_trial,
        recipient_is_consultant=request.requested_by.is_consultant,
    )
    if rules.needs_consultant:
        # The page refuses it (C56): the study or the account was changed since.
        message = "only the patient's consultant can ask about a clinical trial"
        raise PermanentError(message)
    return Answer.R if own.manager_posts and Answer.R in offered(rules) else Answer.A


def _mail_link(
    together: Collaborators,
    session: WriteSession,
    request: ContactRequest,
    response: ClinicianResponse,
    answer: Answer,
) -> None:
    token = issue_link(session, response)
    content = together.texts.clinician_own_request(
        question_facts(together, request, response, token), sent_by_manager=answer is Answer.R
    )
    plan = MailPlan(
        effect_key=f"own_patient:{request.id}",
        kind=MailKind.CLINICIAN_OWN_REQUEST,
        recipient=response.email,
        request=request,
    )
    together.outbox.add(session, plan, content)
