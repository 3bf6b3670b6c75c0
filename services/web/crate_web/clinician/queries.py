"""All SQL about requests for own patients."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload, lazyload

from crate_core.database import ReadSession, WriteSession
from crate_core.domain.request_codes import parse_request_code
from crate_core.models import ContactRequest, OwnPatientRequest, Study, UserAccount
from crate_web.contact.selection import LookupKind
from crate_web.listing import Listing, Query

SORTS = ("submitted", "study", "code")
FILTERS = ("sent",)
_WITH_STUDY = (
    joinedload(ContactRequest.study).lazyload(Study.researchers),
    joinedload(ContactRequest.own_patient, innerjoin=True),
    joinedload(ContactRequest.clinician_response),
)


def all_studies(session: ReadSession | WriteSession) -> Sequence[Study]:
    """Return all studies, by number; a clinician may ask about any that patients can be asked about."""
    return session.scalars(
        select(Study)
        .options(
            joinedload(Study.lead_researcher).lazyload(UserAccount.roles),
            lazyload(Study.researchers),
        )
        .order_by(Study.institutional_id)
    ).all()


def own_account(session: ReadSession | WriteSession, user_id: int) -> UserAccount:
    """Return the account of who asks, with their roles."""
    return session.get_one(UserAccount, user_id)


def own_requests(session: ReadSession, user_id: int, query: Query) -> Listing[ContactRequest]:
    """Return one page of the requests that a clinician has made for own patients."""
    matching = _matching(user_id, query)
    total = session.scalar(select(func.count()).select_from(matching.subquery())) or 0
    page = _sorted(matching, query).options(*_WITH_STUDY)
    return Listing(
        session.scalars(page.limit(query.page_size).offset(query.offset)).all(), total, query
    )


def all_own_requests(session: ReadSession, user_id: int, query: Query) -> Iterator[ContactRequest]:
    """Return all requests of a list, for its download."""
    yield from session.scalars(_sorted(_matching(user_id, query), query).options(*_WITH_STUDY))


def latest_own_requests(session: ReadSession, user_id: int, most: int) -> Sequence[ContactRequest]:
    """Return the requests for own patients that were made last."""
    return session.scalars(
        select(ContactRequest)
        .where(_is_own(user_id))
        .options(*_WITH_STUDY)
        .order_by(ContactRequest.id.desc())
        .limit(most)
    ).all()


def find_own_request(session: ReadSession, user_id: int, code: str) -> ContactRequest | None:
    """Return a request by its code, if this clinician made it."""
    return session.scalar(
        select(ContactRequest)
        .where(ContactRequest.code == code, _is_own(user_id))
        .options(*_WITH_STUDY)
    )


def _is_own(user_id: int) -> ColumnElement[bool]:
    return (ContactRequest.requested_by_id == user_id) & ContactRequest.id.in_(
        select(OwnPatientRequest.contact_request_id)
    )


def _matching(user_id: int, query: Query) -> Select[ContactRequest]:
    statement = select(ContactRequest).where(_is_own(user_id))
    if query.search:
        statement = statement.where(or_(*_found_by(query.search)))
    if sent := query.filters["sent"]:
        statement = statement.where(ContactRequest.submission == sent)
    return statement


def _found_by(text: str) -> Iterator[ColumnElement[bool]]:
    # Not by NHS number: what is searched for stands in the address.
    yield and_(
        ContactRequest.lookup_kind != LookupKind.NHS_NUMBER,
        ContactRequest.lookup_value.in_({text, text.lower()}),
    )
    with suppress(ValueError):
        yield ContactRequest.code == parse_request_code(text)


def _sorted(statement: Select[ContactRequest], query: Query) -> Select[ContactRequest]:
    number = (
        select(Study.institutional_id).where(Study.id == ContactRequest.study_id).scalar_subquery()
    )
    column: ColumnElement[object] = {
        "submitted": ContactRequest.created_at.expression,
        "study": number,
        "code": ContactRequest.code.expression,
    }[query.sort]
    return statement.order_by(
        column.desc() if query.descending else column.asc(), ContactRequest.id.desc()
    )
