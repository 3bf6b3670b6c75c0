"""All SQL about the audit; nothing here changes it."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta, tzinfo

from sqlalchemy import Select, func, or_, select

from crate_core.database import ReadSession
from crate_core.models import AuditEvent
from crate_web.listing import Listing, Query

SORTS = ("at", "kind", "actor")
FILTERS = ("kind", "actor", "since", "until")


def list_events(session: ReadSession, query: Query, zone: tzinfo) -> Listing[AuditEvent]:
    """Return one page of what people did."""
    matching = _matching(query, zone)
    total = session.scalar(select(func.count()).select_from(matching.subquery())) or 0
    rows = session.scalars(_sorted(matching, query).limit(query.page_size).offset(query.offset))
    return Listing(rows.all(), total, query)


def all_events(session: ReadSession, query: Query, zone: tzinfo) -> Iterator[AuditEvent]:
    """Return all events of a list, for its download."""
    statement = _sorted(_matching(query, zone), query)
    yield from session.scalars(statement.execution_options(yield_per=1000))


def actors(session: ReadSession) -> Sequence[str]:
    """Return everybody who did something, by name."""
    statement = select(AuditEvent.actor).where(AuditEvent.actor != "").distinct()
    return sorted(session.scalars(statement))


def _matching(query: Query, zone: tzinfo) -> Select[AuditEvent]:
    statement = select(AuditEvent)
    if kind := query.filters.get("kind"):
        statement = statement.where(AuditEvent.kind == kind)
    if actor := query.filters.get("actor"):
        statement = statement.where(AuditEvent.actor == actor)
    if since := _day(query.filters.get("since", "")):
        statement = statement.where(AuditEvent.at >= _begin(since, zone))
    if until := _day(query.filters.get("until", "")):
        statement = statement.where(AuditEvent.at < _begin(until + timedelta(days=1), zone))
    if query.search:
        statement = statement.where(
            or_(
                AuditEvent.subject.icontains(query.search, autoescape=True),
                AuditEvent.address == query.search,
            )
        )
    return statement


def _sorted(statement: Select[AuditEvent], query: Query) -> Select[AuditEvent]:
    column = {"at": AuditEvent.at, "kind": AuditEvent.kind, "actor": AuditEvent.actor}[query.sort]
    if query.descending:
        return statement.order_by(column.desc(), AuditEvent.id.desc())
    return statement.order_by(column.asc(), AuditEvent.id.asc())


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _begin(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone)
