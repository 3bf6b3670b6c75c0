"""All SQL of the clinician's page."""

import hmac
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from crate_core.database import ReadSession, WriteSession
from crate_core.domain.answers import AnswerRules, LinkState, link_state
from crate_core.domain.contact import Answer, Status
from crate_core.domain.leaflets import LeafletName
from crate_core.domain.patient import PatientSnapshot
from crate_core.domain.study import extra_form_applies
from crate_core.models import (
    ClinicianLink,
    ClinicianResponse,
    ContactRequest,
    Leaflet,
    Letter,
    Study,
)
from crate_core.models.documents import LetterKind
from crate_web.signing import hash_token

_TOKEN_LENGTH = 43
_PACK_NEEDED = frozenset(
    {Status.WITH_CLINICIAN, Status.CLINICIAN_MAIL_FAILED, Status.WITH_PATIENT, Status.FAILED}
)


@dataclass(frozen=True, slots=True)
class Question:
    """What a genuine link leads to. The patient is there only while the question is open (C54)."""

    response_id: int
    request_id: int
    request_code: str
    clinician: str
    asked_at: datetime
    expires_at: datetime
    state: LinkState
    status: Status
    answer: Answer | None
    answered_at: datetime | None
    rules: AnswerRules
    study: Study
    nhs_number: int | None
    patient: PatientSnapshot | None

    @property
    def pack_is_wanted(self) -> bool:
        """Whether the clinician said yes, and the patient has not replied and nothing has ended since."""
        return self.answer is not None and self.answer.agrees and self.status in _PACK_NEEDED


def find_question(
    session: ReadSession | WriteSession, token: str, now: datetime
) -> Question | None:
    """Return the question behind a token; None when it is wrong or was replaced by another (C42, C45)."""
    if len(token) != _TOKEN_LENGTH:
        return None
    token_hash = hash_token(token)
    link = session.scalar(
        select(ClinicianLink)
        .where(ClinicianLink.token_hash == token_hash)
        .options(
            joinedload(ClinicianLink.clinician_response)
            .joinedload(ClinicianResponse.contact_request)
            .options(
                joinedload(ContactRequest.snapshot),
                joinedload(ContactRequest.study).joinedload(Study.lead_researcher),
            )
        )
    )
    if link is None or not hmac.compare_digest(link.token_hash, token_hash):
        return None
    return None if link.revoked_at else _question(link, now)


def hold_question(session: WriteSession, token: str) -> None:
    """Hold the question behind a token until the commit, before anything of it is read.

    Its expiry may be happening at this moment: an answer must not meet a request that ended under it.
    """
    response_id = session.scalar(
        select(ClinicianLink.clinician_response_id).where(
            ClinicianLink.token_hash == hash_token(token)
        )
    )
    if response_id is not None:
        session.change(
            update(ClinicianResponse)
            .where(ClinicianResponse.id == response_id)
            .values(asked_at=ClinicianResponse.asked_at)
        )


def _question(link: ClinicianLink, now: datetime) -> Question:
    response = link.clinician_response
    request = response.contact_request
    status = Status(request.status)
    state = link_state(
        status,
        answered=response.answered_at is not None,
        expires_at=link.expires_at,
        now=now,
    )
    facts = request.study.facts
    snapshot = request.snapshot if state is LinkState.OPEN else None
    return Question(
        response_id=response.id,
        request_id=request.id,
        request_code=request.code,
        clinician=response.name,
        asked_at=response.asked_at,
        expires_at=link.expires_at,
        state=state,
        status=status,
        answer=Answer(response.answer) if response.answer else None,
        answered_at=response.answered_at,
        rules=AnswerRules(
            extra_form=extra_form_applies(facts, direct_requested=request.direct_approach),
            clinical_trial=facts.clinical_trial,
            recipient_is_consultant=response.is_consultant,
        ),
        study=request.study,
        nhs_number=request.nhs_number,
        patient=PatientSnapshot.from_dict(snapshot.data) if snapshot else None,
    )


def store_answer(
    session: WriteSession,
    response_id: int,
    *,
    answer: Answer,
    reason: str,
    name: str,
    now: datetime,
) -> bool:
    """Store the answer if there is none yet; false when another was first (C53, C55)."""
    return bool(
        session.change(
            update(ClinicianResponse)
            .where(ClinicianResponse.id == response_id, ClinicianResponse.answered_at.is_(None))
            .values(answer=answer, reason=reason, signed_name=name, answered_at=now)
        )
    )


def pack_of(session: ReadSession | WriteSession, request_id: int) -> Letter | None:
    """Return the pack of a request, once it is made."""
    return session.scalar(
        select(Letter)
        .where(Letter.contact_request_id == request_id, Letter.kind == LetterKind.PACK)
        .options(joinedload(Letter.document))
    )


def leaflets_for_clinicians(session: ReadSession | WriteSession) -> list[Leaflet]:
    """Return the leaflets that help to decide, as far as the site has them."""
    names = (LeafletName.FOR_STAFF, LeafletName.TRAFFIC_LIGHT_CHOICE)
    return list(
        session.scalars(
            select(Leaflet)
            .where(Leaflet.name.in_(names), Leaflet.document_id.is_not(None))
            .order_by(Leaflet.title)
        )
    )
