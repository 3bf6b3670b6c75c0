"""All SQL about letters."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from crate_core.database import ReadSession, WriteSession
from crate_core.domain.contact import Status
from crate_core.models import ContactRequest, Letter, UserAccount
from crate_core.models.documents import LetterKind
from crate_web.listing import Listing, Query

SORTS = ("made", "kind", "request")
FILTERS = ("state", "addressee", "kind")
MOST_PRINTED = 200
Row = tuple[Letter, str | None, str | None]
"""A letter, its request's code, and the username of who posted it."""

_PATIENT_IS_ASKED = (Status.WITH_PATIENT, Status.FAILED)


def to_post() -> ColumnElement[bool]:
    """Return the condition for letters that somebody must print and post (C108).

    A pack stays in the drawer once its request has ended: the patient must not be asked any more.
    """
    asked = (
        exists()
        .where(
            ContactRequest.id == Letter.contact_request_id,
            ContactRequest.status.in_(_PATIENT_IS_ASKED),
        )
        .correlate(Letter)
    )
    return and_(
        Letter.needs_posting.is_(True),
        Letter.rdbm_may_view.is_(True),
        or_(Letter.kind != LetterKind.PACK, asked),
    )


def list_letters(session: ReadSession, query: Query) -> Listing[Row]:
    """Return one page of the letters that the RDBM may see (C105)."""
    matching = _matching(query)
    total = session.scalar(select(func.count()).select_from(matching.subquery())) or 0
    rows = session.execute(_sorted(matching, query).limit(query.page_size).offset(query.offset))
    return Listing(rows.all(), total, query)


def all_letters(session: ReadSession, query: Query) -> Iterator[Row]:
    """Return all letters of a list, for its download."""
    yield from session.execute(_sorted(_matching(query), query))


def letters_to_print(session: ReadSession | WriteSession) -> Sequence[Letter]:
    """Return the letters to post, the oldest first, as many as go into one PDF."""
    return session.scalars(
        select(Letter).where(to_post()).order_by(Letter.id).limit(MOST_PRINTED)
    ).all()


def chosen_letters(session: ReadSession | WriteSession, ids: Collection[int]) -> Sequence[Letter]:
    """Return those of `ids` that wait for posting, in the order in which they were made."""
    return session.scalars(
        select(Letter).where(Letter.id.in_(ids), to_post()).order_by(Letter.id)
    ).all()


def codes_of(session: ReadSession | WriteSession, letters: Sequence[Letter]) -> dict[int, str]:
    """Return the codes of the requests of some letters, by the request's key."""
    ids = {letter.contact_request_id for letter in letters if letter.contact_request_id}
    statement = select(ContactRequest.id, ContactRequest.code).where(ContactRequest.id.in_(ids))
    return dict(session.execute(statement).all())


def mark_posted(session: WriteSession, letter_id: int, *, user_id: int, now: datetime) -> bool:
    """Mark a letter as posted, once; false if it is not waiting (C107)."""
    return bool(
        session.change(
            update(Letter)
            .where(
                Letter.id == letter_id,
                Letter.needs_posting.is_(True),
                Letter.rdbm_may_view.is_(True),
                Letter.posted_at.is_(None),
            )
            .values(needs_posting=False, posted_at=now, posted_by_id=user_id)
        )
    )


def _matching(query: Query) -> Select[Letter, str, str]:
    poster = aliased(UserAccount)
    statement = (
        select(Letter, ContactRequest.code, poster.username)
        .outerjoin(ContactRequest, ContactRequest.id == Letter.contact_request_id)
        .outerjoin(poster, poster.id == Letter.posted_by_id)
        .where(Letter.rdbm_may_view.is_(True))
    )
    match query.filters.get("state"):
        case "all":
            pass
        case "posted":
            statement = statement.where(Letter.posted_at.is_not(None))
        case _:
            statement = statement.where(to_post())
    for name, column in (("addressee", Letter.addressee), ("kind", Letter.kind)):
        if wanted := query.filters.get(name):
            statement = statement.where(column == wanted)
    if query.search:
        statement = statement.where(
            ContactRequest.code.icontains(query.search.upper(), autoescape=True)
        )
    return statement


def _sorted(statement: Select[Letter, str, str], query: Query) -> Select[Letter, str, str]:
    column = {
        "made": Letter.created_at,
        "kind": Letter.kind,
        "request": ContactRequest.code,
    }[query.sort]
    order = column.desc() if query.descending else column.asc()
    return statement.order_by(order, Letter.id)
