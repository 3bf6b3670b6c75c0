"""All SQL about accounts."""

from collections.abc import Iterator

from sqlalchemy import Select, func, or_, select

from crate_core.database import ReadSession, WriteSession
from crate_core.domain.roles import Role
from crate_core.models import UserAccount, UserRole
from crate_web.listing import Listing, Query

SORTS = ("username", "name", "created")
FILTERS = ("role", "state")


def list_accounts(session: ReadSession, query: Query) -> Listing[UserAccount]:
    """Return one page of accounts."""
    matching = _matching(query)
    total = session.scalar(select(func.count()).select_from(matching.subquery())) or 0
    rows = session.scalars(_sorted(matching, query).limit(query.page_size).offset(query.offset))
    return Listing(rows.all(), total, query)


def all_accounts(session: ReadSession, query: Query) -> Iterator[UserAccount]:
    """Return all accounts of a list, for its download."""
    yield from session.scalars(_sorted(_matching(query), query))


def find_by_name(session: ReadSession | WriteSession, username: str) -> UserAccount | None:
    """Return the account of a username, whatever capitals it is written with."""
    return session.scalar(
        select(UserAccount).where(func.lower(UserAccount.username) == username.lower())
    )


def _matching(query: Query) -> Select[UserAccount]:
    statement = select(UserAccount)
    role = query.filters.get("role")
    if role in set(Role):
        holders = select(UserRole.user_id).where(UserRole.role == role)
        statement = statement.where(UserAccount.id.in_(holders))
    if state := query.filters.get("state"):
        statement = statement.where(UserAccount.is_active.is_(state != "disabled"))
    if query.search:
        columns = (
            UserAccount.username,
            UserAccount.first_name,
            UserAccount.last_name,
            UserAccount.email,
        )
        statement = statement.where(
            or_(*(column.icontains(query.search, autoescape=True) for column in columns))
        )
    return statement


def _sorted(statement: Select[UserAccount], query: Query) -> Select[UserAccount]:
    column = {
        "username": UserAccount.username,
        "name": UserAccount.last_name,
        "created": UserAccount.created_at,
    }[query.sort]
    order = column.desc() if query.descending else column.asc()
    return statement.order_by(order, UserAccount.id)
