"""All SQL about contact requests as the RDBM sees them."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import joinedload

from crate_core.database import ReadSession, WriteSession
from crate_core.models import (
    AuditEvent,
    ClinicianLink,
    ClinicianResponse,
    ContactRequest,
    Letter,
    Study,
    UserAccount,
    WorkItem,
)
from crate_web.listing import Listing, Query
from crate_web.rdbm.stories.actions import MAY_BE_ASKED_ANEW
from crate_web.rdbm.stories.forms import ReassignForm

SORTS = ("submitted", "changed", "status", "study")
FILTERS = ("status", "study", "age")
_MOST_AUDIT = 500


def list_requests(session: ReadSession, query: Query, now: datetime) -> Listing[ContactRequest]:
    """Return one page of all requests."""
    matching = _matching(query, now)
    total = session.scalar(select(func.count()).select_from(matching.subquery())) or 0
    rows = session.scalars(
        _sorted(matching, query)
        .options(joinedload(ContactRequest.study), joinedload(ContactRequest.requested_by))
        .limit(query.page_size)
        .offset(query.offset)
    )
    return Listing(rows.all(), total, query)


def all_requests(session: ReadSession, query: Query, now: datetime) -> Iterator[ContactRequest]:
    """Return all requests of a list, for its download."""
    yield from session.scalars(
        _sorted(_matching(query, now), query).options(
            joinedload(ContactRequest.study), joinedload(ContactRequest.requested_by)
        )
    )


def studies(session: ReadSession) -> Sequence[Study]:
    """Return all studies, by number."""
    return session.scalars(select(Study).order_by(Study.institutional_id)).all()


def find_request(session: ReadSession | WriteSession, code: str) -> ContactRequest | None:
    """Return a request with everything that its story is made of."""
    request = session.scalar(select(ContactRequest).where(ContactRequest.code == code))
    if request:
        _ = (request.study.lead_researcher, request.requested_by, request.events)
        _ = (request.clinician_response, request.patient_response, request.consent_mode)
        _ = request.own_patient
    return request


def letters_of(session: ReadSession, request_id: int) -> Sequence[Letter]:
    """Return the letters about a request; those that the RDBM may not see as well, as facts."""
    return session.scalars(
        select(Letter).where(Letter.contact_request_id == request_id).order_by(Letter.id)
    ).all()


def links_of(session: ReadSession, response_id: int) -> Sequence[ClinicianLink]:
    """Return the links that were mailed to the clinician; of their tokens nothing is known."""
    return session.scalars(
        select(ClinicianLink)
        .where(ClinicianLink.clinician_response_id == response_id)
        .order_by(ClinicianLink.id)
    ).all()


def audit_of(session: ReadSession, code: str) -> Sequence[AuditEvent]:
    """Return what the audit tells of a request."""
    return session.scalars(
        select(AuditEvent)
        .where(AuditEvent.subject == f"request:{code}")
        .order_by(AuditEvent.id)
        .limit(_MOST_AUDIT)
    ).all()


def usernames(session: ReadSession, ids: set[int | None]) -> dict[int, str]:
    """Return usernames by key."""
    statement = select(UserAccount.id, UserAccount.username).where(UserAccount.id.in_(ids - {None}))
    return dict(session.execute(statement).all())


def open_items(session: ReadSession, request_id: int) -> Sequence[WorkItem]:
    """Return the findings about a request that nobody has dealt with yet."""
    return session.scalars(
        select(WorkItem)
        .where(WorkItem.contact_request_id == request_id, WorkItem.done_at.is_(None))
        .order_by(WorkItem.id)
    ).all()


def finish_items(
    session: WriteSession, request_id: int, kind: str, *, user_id: int, now: datetime
) -> bool:
    """Mark the findings of a kind about a request as dealt with; true if there were any."""
    return bool(
        session.change(
            update(WorkItem)
            .where(
                WorkItem.contact_request_id == request_id,
                WorkItem.kind == kind,
                WorkItem.done_at.is_(None),
            )
            .values(done_at=now, done_by_id=user_id)
        )
    )


def name_clinician(session: WriteSession, response_id: int, form: ReassignForm) -> bool:
    """Put another clinician in the place of the one who is asked; false if nobody can be asked now."""
    may_be_asked = select(ContactRequest.id).where(ContactRequest.status.in_(MAY_BE_ASKED_ANEW))
    return bool(
        session.change(
            update(ClinicianResponse)
            .where(
                ClinicianResponse.id == response_id,
                ClinicianResponse.answered_at.is_(None),
                ClinicianResponse.contact_request_id.in_(may_be_asked),
            )
            .values(
                name=form.name,
                email=form.email,
                signatory_title=form.signatory_title,
                is_consultant=form.is_consultant,
                reassigned=True,
            )
        )
    )


def confirm_repeat(session: WriteSession, request_id: int) -> bool:
    """Note that the RDBM wants a request in spite of an earlier veto; false if that is noted already."""
    return bool(
        session.change(
            update(ContactRequest)
            .where(ContactRequest.id == request_id, ContactRequest.repeat_confirmed.is_(False))
            .values(repeat_confirmed=True)
        )
    )


def _matching(query: Query, now: datetime) -> Select[ContactRequest]:
    statement = select(ContactRequest).join(Study, Study.id == ContactRequest.study_id)
    if status := query.filters.get("status"):
        statement = statement.where(ContactRequest.status == status)
    study = query.filters.get("study", "")
    if study.isascii() and study.isdigit():
        statement = statement.where(Study.institutional_id == int(study[:9]))
    age = query.filters.get("age", "")
    if age.isascii() and age.isdigit():
        statement = statement.where(ContactRequest.changed_at <= now - timedelta(days=int(age[:4])))
    if query.search:
        statement = statement.where(
            ContactRequest.code.icontains(query.search.upper(), autoescape=True)
        )
    return statement


def _sorted(statement: Select[ContactRequest], query: Query) -> Select[ContactRequest]:
    column = {
        "submitted": ContactRequest.created_at,
        "changed": ContactRequest.changed_at,
        "status": ContactRequest.status,
        "study": Study.institutional_id,
    }[query.sort]
    order = column.desc() if query.descending else column.asc()
    return statement.order_by(order, ContactRequest.id.desc())
