"""What consent reads of the site database about a patient's requests."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import joinedload, undefer

from crate_consent.decisions.approaches import EarlierRequest
from crate_consent.decisions.withdrawal import Case
from crate_core.database import ReadSession, WriteSession
from crate_core.domain.contact import BEFORE_CLINICIAN, Answer, Involvement, Route, Status
from crate_core.domain.leaflets import LeafletName
from crate_core.models import ClinicianResponse, ContactRequest, Document, Leaflet


def requests_of_patient(session: WriteSession, nhs_number: int) -> Sequence[ContactRequest]:
    """Return all requests that were resolved to this patient, oldest first."""
    return session.scalars(
        select(ContactRequest)
        .where(ContactRequest.nhs_number == nhs_number)
        .options(
            joinedload(ContactRequest.clinician_response), joinedload(ContactRequest.consent_mode)
        )
        .order_by(ContactRequest.id)
    ).all()


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the rules need to know of a patient's other requests."""

    approaches: tuple[EarlierRequest, ...]
    outstanding: bool
    answers: frozenset[Answer]


_OTHERS = (
    select(
        ContactRequest.study_id,
        ContactRequest.created_at,
        ContactRequest.status,
        ContactRequest.involvement,
        ClinicianResponse.id.label("question_id"),
        ClinicianResponse.answer,
    )
    .outerjoin(ContactRequest.clinician_response)
    .where(
        ContactRequest.nhs_number == bindparam("patient"), ContactRequest.id != bindparam("this")
    )
    .order_by(ContactRequest.id)
)


def earlier_than(session: WriteSession, request: ContactRequest, nhs_number: int) -> Earlier:
    """Describe the patient's other requests from the point of view of `request` (C24, C25, C36, C37)."""
    others = session.rows(_OTHERS, {"patient": nhs_number, "this": request.id})
    same_study = [other for other in others if other.study_id == request.study_id]
    return Earlier(
        approaches=tuple(
            EarlierRequest(
                other.created_at,
                _route(other.status, other.involvement),
                Answer(other.answer) if other.answer else None,
            )
            for other in others
        ),
        outstanding=any(
            other.question_id and not other.answer and other.status in BEFORE_CLINICIAN
            for other in same_study
        ),
        answers=frozenset(Answer(other.answer) for other in same_study if other.answer),
    )


def cases_of(of_patient: Sequence[ContactRequest]) -> list[Case]:
    """Describe a patient's requests to the rules of withdrawal; undecided ones have nothing to withdraw."""
    return [
        Case(request.id, Status(request.status), route, request.consent_mode.record)
        for request in of_patient
        if (route := _route(request.status, request.involvement)) and request.consent_mode
    ]


def _route(status: str, involvement: int | None) -> Route | None:
    """Return the way a request went; None if it went nowhere."""
    if involvement is None or status == Status.STOPPED:
        return None
    return Route.DIRECT if involvement == Involvement.NONE else Route.CLINICIAN


def document_content(session: ReadSession | WriteSession, document_id: int | None) -> bytes | None:
    """Return the bytes of a document; None where there is none."""
    if document_id is None:
        return None
    return session.scalar(select(Document.content).where(Document.id == document_id))


def pack_leaflet(session: WriteSession) -> bytes | None:
    """Return the PDF of the leaflet that goes into packs; None if it is absent (C60)."""
    leaflet = session.scalar(
        select(Leaflet)
        .where(Leaflet.name == LeafletName.TAKING_PART)
        .options(joinedload(Leaflet.document).options(undefer(Document.content)))
    )
    return leaflet.document.content if leaflet and leaflet.document else None
