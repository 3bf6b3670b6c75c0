"""What a clinician's yes or no brings: the papers for the patient, and the RDBM's mail (spec 2.9)."""

from crate_consent import facts
from crate_consent.collaborators import Collaborators
from crate_consent.effects import LetterPlan, add_finding, add_letter
from crate_consent.letters import Letter, Part
from crate_consent.mails import AnsweredFacts
from crate_consent.queries import document_content, pack_leaflet
from crate_core.clock import utcnow
from crate_core.database import WriteSession
from crate_core.domain.contact import Answer
from crate_core.domain.study import extra_form_applies
from crate_core.models import ClinicianResponse, ContactRequest, PatientResponse
from crate_core.models.documents import LetterKind


def tell_manager(
    together: Collaborators,
    session: WriteSession,
    request: ContactRequest,
    response: ClinicianResponse,
    answer: Answer,
    *,
    stopped: bool,
) -> None:
    """Tell the RDBM what the clinician said (C46 to C48)."""
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


def prepare_for_patient(
    together: Collaborators,
    session: WriteSession,
    request: ContactRequest,
    response: ClinicianResponse,
    answer: Answer,
) -> None:
    """Make the pack, which the RDBM posts (R) or the clinician passes on (A); await the reply (C46, C47)."""
    now = utcnow()
    pack = _make_pack(together, session, request, response)
    manager_posts = answer is Answer.R
    letter = add_letter(
        session,
        LetterPlan(
            effect_key=f"pack:{request.id}",
            kind=LetterKind.PACK,
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
