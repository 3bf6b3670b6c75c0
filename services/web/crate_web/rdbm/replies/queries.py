"""All SQL about patients' replies."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Select, exists, func, select, update

from crate_core.database import ReadSession, WriteSession
from crate_core.domain.contact import Status
from crate_core.models import ContactRequest, Document, PatientResponse, Study, UserAccount
from crate_web.listing import Listing, Query
from crate_web.rdbm.replies.forms import ReplyForm

SORTS = ("asked", "study")
Row = tuple[PatientResponse, ContactRequest]


def list_open(session: ReadSession, query: Query) -> Listing[Row]:
    """Return one page of the replies that have not come yet."""
    matching = _matching(query)
    total = session.scalar(select(func.count()).select_from(matching.subquery())) or 0
    rows = session.execute(
        _sorted(matching, query).limit(query.page_size).offset(query.offset)
    ).all()
    for _response, request in rows:
        _ = request.study
    return Listing(rows, total, query)


def all_open(session: ReadSession, query: Query) -> Iterator[Row]:
    """Return all replies of a list, for its download."""
    yield from session.execute(_sorted(_matching(query), query))


def find_request(session: ReadSession | WriteSession, code: str) -> ContactRequest | None:
    """Return a request with its reply."""
    request = session.scalar(select(ContactRequest).where(ContactRequest.code == code))
    if request:
        _ = (request.study, request.patient_response, request.consent_mode)
    return request


def recorder_of(session: ReadSession, response: PatientResponse) -> str:
    """Return the username of who entered a reply."""
    user = session.get(UserAccount, response.recorded_by_id) if response.recorded_by_id else None
    return user.username if user else "the patient"


def store_reply(
    session: WriteSession, response_id: int, form: ReplyForm, *, user_id: int, now: datetime
) -> bool:
    """Store a reply if none is there and the patient is being asked; false if not (C68)."""
    asked = (
        exists()
        .where(
            ContactRequest.id == PatientResponse.contact_request_id,
            ContactRequest.status == Status.WITH_PATIENT,
        )
        .correlate(PatientResponse)
    )
    return bool(
        session.change(
            update(PatientResponse)
            .where(
                PatientResponse.id == response_id,
                PatientResponse.recorded_at.is_(None),
                PatientResponse.agreed.is_(None),
                asked,
            )
            .values(
                agreed=form.agreed == "yes",
                signed_name=form.signed_name,
                signed_on=form.signed_on,
                recorded_at=now,
                recorded_by_id=user_id,
                **asdict(form.decision),
            )
        )
    )


def attach_scan(session: WriteSession, response_id: int, scan: Document) -> None:
    """Keep the scan of the paper form with a reply that was just stored."""
    session.add(scan)
    session.flush()
    session.change(
        update(PatientResponse)
        .where(PatientResponse.id == response_id)
        .values(scan_document_id=scan.id)
    )


def _matching(query: Query) -> Select[PatientResponse, ContactRequest]:
    statement = (
        select(PatientResponse, ContactRequest)
        .join(ContactRequest, ContactRequest.id == PatientResponse.contact_request_id)
        .join(Study, Study.id == ContactRequest.study_id)
        .where(PatientResponse.agreed.is_(None), ContactRequest.status == Status.WITH_PATIENT)
    )
    if query.search:
        statement = statement.where(
            ContactRequest.code.icontains(query.search.upper(), autoescape=True)
        )
    return statement


def _sorted(
    statement: Select[PatientResponse, ContactRequest], query: Query
) -> Select[PatientResponse, ContactRequest]:
    column = {"asked": PatientResponse.created_at, "study": Study.institutional_id}[query.sort]
    return statement.order_by(
        column.desc() if query.descending else column.asc(), PatientResponse.id
    )
