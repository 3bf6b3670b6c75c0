"""All SQL about contact requests for those who submit them."""

import statistics
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.orm import joinedload, lazyload

from crate_core.database import ReadSession, WriteSession
from crate_core.domain.contact import CoarseStatus, Status, StopCode, is_final
from crate_core.domain.request_codes import parse_request_code
from crate_core.domain.roles import Role
from crate_core.models import ContactRequest, Letter, Mail, Study, UserAccount
from crate_web.contact.selection import Identifier, LookupKind
from crate_web.contact.visibility import statuses_of
from crate_web.listing import Listing, Query
from crate_web.studies.queries import may_see
from crate_web.visitor import Visitor

SORTS = ("submitted", "study", "code")
FILTERS = ("status", "study", "sent")
_LEAST_FOR_USUAL = 5
_MOST_FOR_USUAL = 200
_YEAR = timedelta(days=365)
# Roles and researchers are left out: what nearly no page asks for would be three more statements.
_STUDY = (
    joinedload(ContactRequest.study).options(
        joinedload(Study.lead_researcher).lazyload(UserAccount.roles), lazyload(Study.researchers)
    ),
    joinedload(ContactRequest.requested_by).lazyload(UserAccount.roles),
    joinedload(ContactRequest.own_patient),
)
# The home page asks: columns, not objects, by a statement that is built once.
_LATEST = (
    select(
        ContactRequest.code,
        ContactRequest.news_at,
        ContactRequest.status,
        ContactRequest.stop_code,
        Study.title.label("study_title"),
    )
    .join(Study)
    .where(ContactRequest.study_id.in_(bindparam("study_ids", expanding=True)))
    .order_by(ContactRequest.news_at.desc(), ContactRequest.id.desc())
    .limit(bindparam("most", type_=Integer))
)


def _visible_to(visitor: Visitor) -> ColumnElement[bool]:
    """Return the condition for requests that somebody may see: those of their studies, all for the RDBM."""
    if visitor.has(Role.RDBM):
        return ContactRequest.id.is_not(None)
    return ContactRequest.study_id.in_(select(Study.id).where(may_see(visitor)))


def list_requests(session: ReadSession, visitor: Visitor, query: Query) -> Listing[ContactRequest]:
    """Return one page of the requests that somebody may see."""
    matching = _matching(visitor, query)
    total = session.scalar(select(func.count()).select_from(matching.subquery())) or 0
    page = _sorted(matching, query).options(*_STUDY).limit(query.page_size).offset(query.offset)
    return Listing(session.scalars(page).all(), total, query)


def all_requests(session: ReadSession, visitor: Visitor, query: Query) -> Iterator[ContactRequest]:
    """Return all requests of a list, for its download."""
    yield from session.scalars(_sorted(_matching(visitor, query), query).options(*_STUDY))


def _matching(visitor: Visitor, query: Query) -> Select[ContactRequest]:
    statement = select(ContactRequest).where(_visible_to(visitor))
    if query.search:
        statement = statement.where(_search(visitor, query.search))
    if status := query.filters["status"]:
        statement = statement.where(_has_coarse_status(status))
    if study := query.filters["study"]:
        number = int(study[:9]) if study.isascii() and study.isdigit() else 0
        statement = statement.join(Study).where(Study.institutional_id == number)
    if sent := query.filters["sent"]:
        statement = statement.where(
            ContactRequest.submission == sent, ContactRequest.requested_by_id == visitor.user_id
        )
    return statement


def _search(visitor: Visitor, text: str) -> ColumnElement[bool]:
    """Find a code, or a research ID that one submitted oneself: other people's are not to be guessed."""
    own_research_id = and_(
        ContactRequest.requested_by_id == visitor.user_id,
        ContactRequest.lookup_kind != LookupKind.NHS_NUMBER,
        ContactRequest.lookup_value.in_({text, text.lower()}),
    )
    try:
        return or_(ContactRequest.code == parse_request_code(text), own_research_id)
    except ValueError:
        return own_research_id


def _has_coarse_status(text: str) -> ColumnElement[bool]:
    if text not in set(CoarseStatus):
        return false()
    status = CoarseStatus(text)
    unknown = func.coalesce(ContactRequest.stop_code, "") == StopCode.IDENTIFIER_NOT_FOUND
    if status is CoarseStatus.NOT_FOUND:
        return unknown
    return and_(ContactRequest.status.in_(statuses_of(status)), ~unknown)


def _sorted(statement: Select[ContactRequest], query: Query) -> Select[ContactRequest]:
    study_number = (
        select(Study.institutional_id).where(Study.id == ContactRequest.study_id).scalar_subquery()
    )
    columns: dict[str, ColumnElement[Any]] = {
        "submitted": ContactRequest.created_at.expression,
        "study": study_number,
        "code": ContactRequest.code.expression,
    }
    column = columns[query.sort]
    order = column.desc() if query.descending else column.asc()
    return statement.order_by(order, ContactRequest.id.desc())


def latest_requests(
    session: ReadSession, study_ids: Collection[int], most: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return of the requests about these studies that moved last what one line about each says."""
    return session.rows(_LATEST, {"study_ids": list(study_ids), "most": most})


def find_request(
    session: ReadSession | WriteSession, visitor: Visitor, code: str
) -> ContactRequest | None:
    """Return a request by its code, if the visitor may see it."""
    return session.scalar(
        select(ContactRequest)
        .where(ContactRequest.code == code, _visible_to(visitor))
        .options(*_STUDY)
    )


def request_exists(session: ReadSession | WriteSession, code: str) -> bool:
    """Say whether there is a request with this code, whoever may see it."""
    return bool(session.scalar(select(exists().where(ContactRequest.code == code))))


def letters_of(
    session: ReadSession | WriteSession, request: ContactRequest, kind: str | None
) -> Sequence[Letter]:
    """Return the letters of one kind that went to the researchers of a request."""
    return session.scalars(
        select(Letter)
        .where(
            Letter.contact_request_id == request.id,
            Letter.addressee == "researcher",
            Letter.kind == (kind or ""),
        )
        .order_by(Letter.id)
    ).all()


def mails_of(
    session: ReadSession | WriteSession, request: ContactRequest, kind: str | None
) -> Sequence[Mail]:
    """Return the mails of one kind that went to the lead researcher of a request."""
    return session.scalars(
        select(Mail)
        .where(Mail.contact_request_id == request.id, Mail.kind == (kind or ""))
        .order_by(Mail.id)
    ).all()


def submitted_before(session: WriteSession | ReadSession, submission: str, user_id: int) -> int:
    """Return how many requests a form has made already (a second post finds the first one's result)."""
    statement = select(func.count()).where(
        ContactRequest.submission == submission, ContactRequest.requested_by_id == user_id
    )
    return session.scalar(statement) or 0


def asked_before(session: ReadSession, study_id: int, identifiers: Sequence[Identifier]) -> int:
    """Return about how many of `identifiers` a request for the same study was submitted earlier."""
    values = [value for _, value in identifiers]
    found = session.execute(
        select(ContactRequest.lookup_kind, ContactRequest.lookup_value)
        .where(ContactRequest.study_id == study_id, ContactRequest.lookup_value.in_(values))
        .distinct()
    )
    earlier = {(kind, value) for kind, value in found}
    return sum((str(kind), value) in earlier for kind, value in identifiers)


def account(session: WriteSession, user_id: int) -> UserAccount:
    """Return the account of who is signed in."""
    return session.get_one(UserAccount, user_id)


def usual_days(session: ReadSession, now: datetime) -> int | None:
    """Return the days after which half of the latest requests were decided; None when too few were."""
    rows = session.execute(
        select(ContactRequest.created_at, ContactRequest.changed_at)
        .where(
            ContactRequest.status.in_([status for status in Status if is_final(status)]),
            ContactRequest.created_at > now - _YEAR,
        )
        .order_by(ContactRequest.id.desc())
        .limit(_MOST_FOR_USUAL)
    ).all()
    if len(rows) < _LEAST_FOR_USUAL:
        return None
    seconds = statistics.median((changed - created).total_seconds() for created, changed in rows)
    return max(1, round(seconds / 86_400))
