"""All SQL about studies and leaflets."""

from collections.abc import Iterator, Sequence

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Row,
    Select,
    bindparam,
    func,
    or_,
    select,
)
from sqlalchemy.orm import joinedload, lazyload

from crate_core.audit import AuditKind
from crate_core.database import ReadSession, WriteSession
from crate_core.domain.roles import Role
from crate_core.models import (
    AuditEvent,
    Document,
    Leaflet,
    Study,
    StudyResearcher,
    UserAccount,
    UserRole,
)
from crate_web.listing import Listing, Query
from crate_web.visitor import Visitor

SORTS = ("number", "title", "lead")
_MOST_HISTORY = 100


def may_see(visitor: Visitor) -> ColumnElement[bool]:
    """Return the condition for studies that somebody may see: own ones, all for the RDBM (C2, C3)."""
    if visitor.has(Role.RDBM):
        return Study.id.is_not(None)
    return works_on(visitor.user_id)


def works_on(user_id: int | BindParameter[int]) -> ColumnElement[bool]:
    """Return the condition for studies on which somebody is a researcher."""
    listed = select(StudyResearcher.study_id).where(StudyResearcher.user_id == user_id)
    return or_(Study.lead_researcher_id == user_id, Study.id.in_(listed))


# The home page asks: columns, not objects, by a statement that is built once.
_OWN = (
    select(Study.id, Study.institutional_id, Study.title)
    .where(works_on(bindparam("user_id", type_=BigInteger)))
    .order_by(Study.institutional_id)
)


def studies_of(session: ReadSession | WriteSession, visitor: Visitor) -> Sequence[Study]:
    """Return all studies that somebody may see, by number."""
    return session.scalars(
        select(Study)
        .where(may_see(visitor))
        .options(
            joinedload(Study.lead_researcher).lazyload(UserAccount.roles),
            lazyload(Study.researchers),
        )
        .order_by(Study.institutional_id)
    ).all()


def own_studies(session: ReadSession, user_id: int) -> Sequence[Row[int, int, str]]:
    """Return id, number and title of the studies on which somebody is a researcher, by number."""
    return session.rows(_OWN, {"user_id": user_id})


def titles_of_studies(
    session: ReadSession | WriteSession, visitor: Visitor
) -> Sequence[tuple[int, str]]:
    """Return number and title of all studies that somebody may see, by number."""
    found = session.execute(
        select(Study.institutional_id, Study.title)
        .where(may_see(visitor))
        .order_by(Study.institutional_id)
    )
    return [(number, title) for number, title in found]


def list_studies(session: ReadSession, visitor: Visitor, query: Query) -> Listing[Study]:
    """Return one page of the studies that somebody may see."""
    matching = _matching(visitor, query)
    total = session.scalar(select(func.count()).select_from(matching.subquery())) or 0
    rows = session.scalars(
        _sorted(matching, query)
        .options(joinedload(Study.lead_researcher))
        .limit(query.page_size)
        .offset(query.offset)
    ).all()
    return Listing(rows, total, query)


def all_studies(session: ReadSession, visitor: Visitor, query: Query) -> Iterator[Study]:
    """Return all studies of a list, for its download."""
    statement = _sorted(_matching(visitor, query), query)
    yield from session.scalars(statement.options(joinedload(Study.lead_researcher)))


def _matching(visitor: Visitor, query: Query) -> Select[Study]:
    statement = select(Study).where(may_see(visitor))
    if query.search:
        conditions: list[ColumnElement[bool]] = [
            Study.title.icontains(query.search, autoescape=True)
        ]
        if query.search.isascii() and query.search.isdigit():
            conditions.append(Study.institutional_id == int(query.search[:9]))
        statement = statement.where(or_(*conditions))
    return statement


def _sorted(statement: Select[Study], query: Query) -> Select[Study]:
    if query.sort == "lead":
        statement = statement.join(UserAccount, UserAccount.id == Study.lead_researcher_id)
    column = {
        "number": Study.institutional_id,
        "title": Study.title,
        "lead": UserAccount.last_name,
    }[query.sort]
    order = column.desc() if query.descending else column.asc()
    return statement.order_by(order, Study.institutional_id)


def find_study(session: ReadSession | WriteSession, visitor: Visitor, number: int) -> Study | None:
    """Return a study by its number, if the visitor may see it."""
    return session.scalar(
        select(Study).where(Study.institutional_id == number, may_see(visitor)).options(*_LOADED)
    )


def study_by_number(session: ReadSession | WriteSession, number: int) -> Study | None:
    """Return a study by its number, whoever asks."""
    return session.scalar(select(Study).where(Study.institutional_id == number).options(*_LOADED))


_LOADED = (
    joinedload(Study.lead_researcher),
    joinedload(Study.details_document),
    joinedload(Study.form_document),
)


def people(session: ReadSession, also: frozenset[int] = frozenset()) -> Sequence[UserAccount]:
    """Return who may lead or work on a study: active researchers, and those in `also`."""
    researchers = select(UserRole.user_id).where(UserRole.role == Role.RESEARCHER)
    active = UserAccount.is_active & UserAccount.id.in_(researchers)
    return session.scalars(
        select(UserAccount)
        .where(or_(active, UserAccount.id.in_(also)))
        .order_by(UserAccount.last_name, UserAccount.first_name, UserAccount.id)
    ).all()


def names_of(session: ReadSession, ids: frozenset[int]) -> dict[int, str]:
    """Return the full names of some people by id."""
    accounts = session.scalars(select(UserAccount).where(UserAccount.id.in_(ids)))
    return {account.id: account.full_name for account in accounts}


def history(session: ReadSession, study: Study) -> Sequence[AuditEvent]:
    """Return what the audit tells of changes to a study, the newest first."""
    # Requests about the study are audited under it, too; they are no change of it.
    return session.scalars(
        select(AuditEvent)
        .where(
            AuditEvent.subject == f"study:{study.id}",
            AuditEvent.kind == AuditKind.STUDY_CHANGED,
        )
        .order_by(AuditEvent.id.desc())
        .limit(_MOST_HISTORY)
    ).all()


def find_leaflet(session: ReadSession, name: str) -> Leaflet | None:
    """Return a leaflet that has a PDF."""
    return session.scalar(
        select(Leaflet)
        .where(Leaflet.name == name)
        .join(Document, Document.id == Leaflet.document_id)
    )
