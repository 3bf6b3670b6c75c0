"""All SQL of the research pages. Every object is its owner's: others are not found."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Integer, Row, Select, bindparam, func, select, update

from crate_core.audit import AuditKind, record
from crate_core.database import ReadSession, WriteSession
from crate_core.jobs import Task, enqueue_first
from crate_core.jobs.rows import cancel_open
from crate_core.models.research import (
    ResearchColumn,
    ResearchQuery,
    ResearchRun,
    ResearchRunChunk,
    RunStatus,
)
from crate_core.models.users import UserAccount
from crate_core.settings.research import ResearchDatabase
from crate_web.listing import Listing, Query
from crate_web.research.databases import find_database
from crate_web.research.display import index_of
from crate_web.research.forms import SqlForm
from crate_web.research.refusal import Refusal
from crate_web.research.results import Cell, unpack

OPEN_STATES = (RunStatus.QUEUED, RunStatus.RUNNING)
# The home page asks: columns, not objects, by a statement that is built once.
_RECENT_RUNS = (
    select(
        ResearchRun.id,
        ResearchRun.sql,
        ResearchRun.status,
        ResearchRun.rows_total,
        ResearchRun.rows_kept,
        ResearchRun.database,
        ResearchRun.created_at,
    )
    .where(ResearchRun.owner_id == bindparam("owner_id"))
    .order_by(ResearchRun.created_at.desc(), ResearchRun.id.desc())
    .limit(bindparam("most", type_=Integer))
)


def save_query(
    session: WriteSession, owner_id: int, database: str, sql: str, now: datetime
) -> ResearchQuery:
    """Return the saved text; the same text of the same person is one entry (R38)."""
    digest = hashlib.sha256(sql.encode()).hexdigest()
    found = session.scalar(
        select(ResearchQuery).where(
            ResearchQuery.owner_id == owner_id,
            ResearchQuery.database == database,
            ResearchQuery.sql_sha256 == digest,
        )
    )
    if found is None:
        found = ResearchQuery(
            owner_id=owner_id, database=database, sql=sql, sql_sha256=digest, created_at=now
        )
        session.add(found)
    found.used_at = now
    session.flush()
    return found


def submit_run(
    session: WriteSession, form: SqlForm, *, owner_id: int, address: str, now: datetime
) -> int:
    """Write a run and its job, and return its id; a second post of the same form finds the first's."""
    submission = form.result_id()
    found = session.scalar(
        select(ResearchRun.id).where(
            ResearchRun.submission == submission, ResearchRun.owner_id == owner_id
        )
    )
    if found is not None:
        return found
    query = save_query(session, owner_id, form.database, form.sql, now)
    run = ResearchRun(
        owner_id=owner_id,
        query_id=query.id,
        database=form.database,
        sql=form.sql,
        submission=submission,
        address=address,
        created_at=now,
    )
    session.add(run)
    session.flush()
    enqueue_first(session, Task.RUN_QUERY, run.id)
    return run.id


def record_refusal(
    session: WriteSession, form: SqlForm, refusal: Refusal, *, owner_id: int, address: str
) -> None:
    """Write the audit of a text that the gate refused (R7)."""
    record(
        session,
        AuditKind.RUN_REJECTED,
        actor=session.get(UserAccount, owner_id),
        address=address,
        detail={
            "database": form.database,
            "sql": form.sql,
            "reason": refusal.reason,
            "words": refusal.words,
            "line": refusal.line,
            "column": refusal.column,
        },
    )


def find_run(session: ReadSession | WriteSession, run_id: int, owner_id: int) -> ResearchRun | None:
    """Return a run of this person, else None."""
    return session.scalar(
        select(ResearchRun).where(ResearchRun.id == run_id, ResearchRun.owner_id == owner_id)
    )


def find_query(session: ReadSession, query_id: int, owner_id: int) -> ResearchQuery | None:
    """Return a saved query of this person, else None."""
    return session.scalar(
        select(ResearchQuery).where(
            ResearchQuery.id == query_id, ResearchQuery.owner_id == owner_id
        )
    )


def cancel_run(
    session: WriteSession, run_id: int, *, owner_id: int, address: str, now: datetime
) -> bool:
    """Ask for a run to be stopped; one that waits is over at once. False if it is not this person's.

    A run that has ended stays as it is.
    """
    run = find_run(session, run_id, owner_id)
    if run is None:
        return False
    mine = (ResearchRun.id == run_id, ResearchRun.owner_id == owner_id)
    stopped = session.change(
        update(ResearchRun)
        .where(*mine, ResearchRun.status == RunStatus.QUEUED)
        .values(status=RunStatus.CANCELLED, cancel_requested_at=now, ended_at=now)
    )
    if stopped:
        cancel_open(session, Task.RUN_QUERY, run_id)
    asked = stopped or session.change(
        update(ResearchRun)
        .where(
            *mine,
            ResearchRun.status == RunStatus.RUNNING,
            ResearchRun.cancel_requested_at.is_(None),
        )
        .values(cancel_requested_at=now)
    )
    if asked:
        record(
            session,
            AuditKind.RUN_CANCELLED,
            actor=session.get(UserAccount, owner_id),
            address=address,
            subject=f"run {run_id}",
        )
    return True


def runs_before(session: ReadSession, run: ResearchRun) -> int:
    """Return how many runs wait in front of a waiting one."""
    found = session.scalar(
        select(func.count())
        .select_from(ResearchRun)
        .where(ResearchRun.status == RunStatus.QUEUED, ResearchRun.id < run.id)
    )
    return found or 0


def columns_of(run: ResearchRun) -> list[str]:
    """Return the names of the columns of a result."""
    names: list[str] = json.loads(run.columns)
    return names


def rows_between(
    session: ReadSession | WriteSession, run_id: int, first: int, end: int
) -> Iterator[list[Cell]]:
    """Give the stored rows from number `first` up to before `end`, both from 0 (R17).

    They are read a chunk at a time: a whole result may be larger than a process that answers pages.
    """
    chunks = session.execute(
        select(ResearchRunChunk.id, ResearchRunChunk.first_row)
        .where(
            ResearchRunChunk.run_id == run_id,
            ResearchRunChunk.first_row < end,
            ResearchRunChunk.first_row + ResearchRunChunk.row_count > first,
        )
        .order_by(ResearchRunChunk.first_row)
    ).all()
    for chunk_id, first_row in chunks:
        content = session.scalars(
            select(ResearchRunChunk.content).where(ResearchRunChunk.id == chunk_id)
        ).one()
        yield from unpack(content)[max(0, first - first_row) : end - first_row]


def rids_of_run(
    session: ReadSession | WriteSession,
    run_id: int,
    owner_id: int,
    *,
    databases: Sequence[ResearchDatabase],
    rows: Collection[int] = (),
) -> list[str]:
    """Return the distinct research IDs that a run kept, in the order of its rows.

    Args:
        session: of the site database.
        run_id: the run; of somebody else, it counts as having none.
        owner_id: who asks.
        databases: `settings.research_databases`.
        rows: numbers of the rows that were chosen, as the page shows them (from 1); empty for all.
    """
    run = find_run(session, run_id, owner_id)
    database = find_database(databases, run.database) if run else None
    position = index_of(columns_of(run), database.rid_column) if run and database else None
    if run is None or position is None:
        return []
    kept = enumerate(rows_between(session, run_id, 0, run.rows_kept), start=1)
    chosen = frozenset(rows)
    values = (row[position] for number, row in kept if not chosen or number in chosen)
    return list(dict.fromkeys(str(value) for value in values if value not in {None, ""}))


def list_runs(session: ReadSession, owner_id: int, query: Query) -> Listing[ResearchRun]:
    """Return a page of this person's runs."""
    return _page(session, _runs(owner_id, query), query)


def all_runs(session: ReadSession, owner_id: int, query: Query) -> Sequence[ResearchRun]:
    """Return all runs of this person that the list has."""
    return session.scalars(_runs(owner_id, query)).all()


def _runs(owner_id: int, query: Query) -> Select[ResearchRun]:
    wanted = select(ResearchRun).where(ResearchRun.owner_id == owner_id)
    if query.search:
        wanted = wanted.where(ResearchRun.sql.icontains(query.search, autoescape=True))
    if query.filters["status"]:
        wanted = wanted.where(ResearchRun.status == query.filters["status"])
    order = {"started": ResearchRun.created_at, "rows": ResearchRun.rows_kept}[query.sort]
    ordered = order.desc() if query.descending else order
    return wanted.order_by(ordered, ResearchRun.id.desc())


def recent_runs(session: ReadSession, owner_id: int, most: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return what a list shows of this person's last runs, the newest first."""
    return session.rows(_RECENT_RUNS, {"owner_id": owner_id, "most": most})


def list_queries(session: ReadSession, owner_id: int, query: Query) -> Listing[ResearchQuery]:
    """Return a page of this person's saved queries."""
    return _page(session, _queries(owner_id, query), query)


def all_queries(session: ReadSession, owner_id: int, query: Query) -> Sequence[ResearchQuery]:
    """Return all saved queries of this person that the list has."""
    return session.scalars(_queries(owner_id, query)).all()


def _queries(owner_id: int, query: Query) -> Select[ResearchQuery]:
    wanted = select(ResearchQuery).where(ResearchQuery.owner_id == owner_id)
    if query.search:
        wanted = wanted.where(ResearchQuery.sql.icontains(query.search, autoescape=True))
    order = {"used": ResearchQuery.used_at, "created": ResearchQuery.created_at}[query.sort]
    ordered = order.desc() if query.descending else order
    return wanted.order_by(ordered, ResearchQuery.id.desc())


def list_columns(session: ReadSession, database: str, query: Query) -> Listing[ResearchColumn]:
    """Return a page of the columns of a database, by table, in the order of the database."""
    return _page(session, _columns(database, query), query)


def all_columns(session: ReadSession, database: str, query: Query) -> Sequence[ResearchColumn]:
    """Return all columns of a database that the list has."""
    return session.scalars(_columns(database, query)).all()


def _columns(database: str, query: Query) -> Select[ResearchColumn]:
    wanted = select(ResearchColumn).where(ResearchColumn.database == database)
    if query.search:
        wanted = wanted.where(
            ResearchColumn.table_name.icontains(query.search, autoescape=True)
            | ResearchColumn.column_name.icontains(query.search, autoescape=True)
            | ResearchColumn.comment.icontains(query.search, autoescape=True)
        )
    return wanted.order_by(ResearchColumn.table_name, ResearchColumn.position)


def tables_of(session: ReadSession, database: str, most: int) -> dict[str, list[ResearchColumn]]:
    """Return the columns of the first `most` tables of a database, by table."""
    names = (
        select(ResearchColumn.table_name)
        .where(ResearchColumn.database == database)
        .distinct()
        .order_by(ResearchColumn.table_name)
        .limit(most)
    )
    shown = list(session.scalars(names).all())
    columns = session.scalars(
        select(ResearchColumn)
        .where(ResearchColumn.database == database, ResearchColumn.table_name.in_(shown))
        .order_by(ResearchColumn.table_name, ResearchColumn.position)
    )
    tables: dict[str, list[ResearchColumn]] = defaultdict(list)
    for column in columns:
        tables[column.table_name].append(column)
    return dict(tables)


T = TypeVar("T")


def _page(session: ReadSession, found: Select[T], query: Query) -> Listing[T]:
    total = session.scalar(select(func.count()).select_from(found.order_by(None).subquery())) or 0
    items = session.scalars(found.offset(query.offset).limit(query.page_size)).all()
    return Listing(items, total, query)
