"""Lists of the research pages: own runs and saved queries, and the columns of a database; as CSV, too."""

from starlette.responses import Response

from crate_web.downloads import audited_download
from crate_web.listing import Query, read_query
from crate_web.requests import PageRequest
from crate_web.research import queries
from crate_web.research.choice import database_asked_for, database_options
from crate_web.research.display import STATUS_WORDS, title_of

_COLUMNS_A_PAGE = 200


def show_runs(request: PageRequest) -> Response:
    """List the person's runs."""
    query = _runs_query(request)
    with request.site.database.read() as session:
        listing = queries.list_runs(session, request.user.user_id, query)
    return request.render(
        "research/runs.html",
        listing=listing,
        words=STATUS_WORDS,
        state_options=[
            ("", "Any"),
            *((status, word) for status, (word, _) in STATUS_WORDS.items()),
        ],
        title_of=title_of,
    )


def download_runs(request: PageRequest) -> Response:
    """Give the runs as CSV, each with its whole text."""
    query = _runs_query(request)
    with request.site.database.read() as session:
        rows = [
            (
                run.id,
                run.sql,
                run.database,
                run.status,
                run.rows_kept,
                "" if run.rows_total is None else run.rows_total,
                run.created_at.isoformat(),
                run.ended_at.isoformat() if run.ended_at else "",
            )
            for run in queries.all_runs(session, request.user.user_id, query)
        ]
    header = ("Run", "Query", "Database", "State", "Rows kept", "Rows", "Started", "Ended")
    return audited_download(request, "runs", query, header, rows)


def show_queries(request: PageRequest) -> Response:
    """List the person's saved queries (R38)."""
    query = _queries_query(request)
    with request.site.database.read() as session:
        listing = queries.list_queries(session, request.user.user_id, query)
    return request.render("research/queries.html", listing=listing, title_of=title_of)


def download_queries(request: PageRequest) -> Response:
    """Give the saved queries as CSV."""
    query = _queries_query(request)
    with request.site.database.read() as session:
        rows = [
            (each.sql, each.database, each.used_at.isoformat(), each.created_at.isoformat())
            for each in queries.all_queries(session, request.user.user_id, query)
        ]
    header = ("Query", "Database", "Last used", "First used")
    return audited_download(request, "queries", query, header, rows)


def show_structure(request: PageRequest) -> Response:
    """List tables and columns of one database, as the runner last read them."""
    query = _structure_query(request)
    database = database_asked_for(request, query.filters["database"])
    with request.site.database.read() as session:
        listing = queries.list_columns(session, database.name, query)
    return request.render(
        "research/structure.html",
        listing=listing,
        database=database,
        databases=request.site.settings.research_databases,
        db_options=database_options(request),
    )


def download_structure(request: PageRequest) -> Response:
    """Give tables and columns as CSV."""
    query = _structure_query(request)
    database = database_asked_for(request, query.filters["database"])
    with request.site.database.read() as session:
        rows = [
            (each.table_name, each.column_name, each.data_type, each.comment)
            for each in queries.all_columns(session, database.name, query)
        ]
    return audited_download(request, "columns", query, ("Table", "Column", "Type", "Comment"), rows)


def _runs_query(request: PageRequest) -> Query:
    return read_query(
        request.query_params,
        sorts=["started", "rows"],
        default="-started",
        filters=["status"],
        page_size=request.user.rows_per_page,
    )


def _queries_query(request: PageRequest) -> Query:
    return read_query(
        request.query_params,
        sorts=["used", "created"],
        default="-used",
        page_size=request.user.rows_per_page,
    )


def _structure_query(request: PageRequest) -> Query:
    return read_query(
        request.query_params,
        sorts=["table"],
        default="table",
        filters=["database"],
        page_size=_COLUMNS_A_PAGE,
    )
