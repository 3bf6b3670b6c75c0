"""What consent reads of the site database about a patient's requests."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload, undefer

from crate_consent.decisions.approaches import EarlierRequest
from crate_consent.decisions.withdrawal import Case
from crate_core.database import ReadSession, WriteSession
from crate_core.domain.contact import Answer, Involvement, Route, Status
from crate_core.domain.leaflets import LeafletName
from crate_core.models import ContactRequest, Document, Leaflet


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


# A request whose reminder failed is still before its clinician.
_WITH_CLINICIAN = {Status.WITH_CLINICIAN, Status.CLINICIAN_MAIL_FAILED, Status.FAILED}


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the rules need to know of a patient's other requests."""

    approaches: tuple[EarlierRequest, ...]
    outstanding: bool
    answers: frozenset[Answer]


def earlier_than(request: ContactRequest, of_patient: Sequence[ContactRequest]) -> Earlier:
    """Describe the patient's other requests from the point of view of `request` (C24, C25, C36, C37)."""
    others = [other for other in of_patient if other.id != request.id]
    same_study = [other for other in others if other.study_id == request.study_id]
    return Earlier(
        approaches=tuple(
            EarlierRequest(other.created_at, route_of(other), answer_of(other)) for other in others
        ),
        outstanding=any(_is_unanswered(other) for other in same_study),
        answers=frozenset(answer for other in same_study if (answer := answer_of(other))),
    )


def _is_unanswered(request: ContactRequest) -> bool:
    asked = request.clinician_response is not None and answer_of(request) is None
    return asked and Status(request.status) in _WITH_CLINICIAN


def cases_of(of_patient: Sequence[ContactRequest]) -> list[Case]:
    """Describe a patient's requests to the rules of withdrawal; undecided ones have nothing to withdraw."""
    return [
        Case(request.id, Status(request.status), route, request.consent_mode.record)
        for request in of_patient
        if (route := route_of(request)) and request.consent_mode
    ]


def route_of(request: ContactRequest) -> Route | None:
    """Return the way a request went; None if it went nowhere."""
    if request.involvement is None or request.status == Status.STOPPED:
        return None
    direct = request.involvement == Involvement.NONE
    return Route.DIRECT if direct else Route.CLINICIAN


def answer_of(request: ContactRequest) -> Answer | None:
    """Return what the clinician answered, if anything yet."""
    response = request.clinician_response
    return Answer(response.answer) if response and response.answer else None


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
