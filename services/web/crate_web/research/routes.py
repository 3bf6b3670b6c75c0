"""The SQL page, runs and their results, saved queries, structure."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response

from crate_core.database import ReadSession
from crate_core.domain.roles import Role
from crate_core.models.research import ResearchRun, RunStatus
from crate_web import access
from crate_web.feature import Feature, HomeSection, NavigationEntry
from crate_web.forms import FormState, parse
from crate_web.requests import PageRequest
from crate_web.research import lists, queries
from crate_web.research.choice import database_asked_for, database_options
from crate_web.research.databases import find_database, place_of
from crate_web.research.display import (
    STATUS_WORDS,
    example,
    index_of,
    mark,
    show_cell,
    table_to_begin_with,
    title_of,
)
from crate_web.research.forms import SqlForm
from crate_web.research.gate import refusal_of
from crate_web.research.paging import PER_PAGE_CHOICES, per_page_of, result_page
from crate_web.routing import page
from crate_web.visitor import Visitor

_TABLES_SHOWN = 60
_RECENT_RUNS = 5
_LARGEST_ID = 2**62


def _id(request: PageRequest) -> int:
    number = int(request.path_params["id"])
    if number > _LARGEST_ID:
        raise HTTPException(404)
    return number


# --- The editor


def show_editor(request: PageRequest) -> Response:
    """Show an editor: empty, or with the text of `?query=` (saved), `?run=`, or `?example=`."""
    parameters = request.query_params
    values: dict[str, str | list[str]] = {"database": parameters.get("database", "")}
    found = _text_asked_for(request)
    if found is not None:
        values = {"database": found[0], "sql": found[1]}
    return _render_editor(request, FormState(values))


def _text_asked_for(request: PageRequest) -> tuple[str, str] | None:
    parameters = request.query_params
    for name, find in (("run", queries.find_run), ("query", queries.find_query)):
        number = parameters.get(name, "")
        if number.isascii() and number.isdigit() and int(number) <= _LARGEST_ID:
            with request.site.database.read() as session:
                found = find(session, int(number), request.user.user_id)
            if found is None:
                raise HTTPException(404)
            return found.database, found.sql
    return None


def _render_editor(request: PageRequest, form: FormState, **context: object) -> Response:
    database = database_asked_for(request, form.value("database"))
    with request.site.database.read() as session:
        tables = queries.tables_of(session, database.name, _TABLES_SHOWN)
    columns = {table: [row.column_name for row in rows] for table, rows in tables.items()}
    first = table_to_begin_with(columns, [database.rid_column, database.mrid_column])
    shown = example(place_of(database), first) if first else None
    if shown and request.query_params.get("example") and not form.value("sql"):
        form = FormState({**form.values, "sql": shown})
    return request.render(
        "research/editor.html",
        form=form,
        database=database,
        databases=request.site.settings.research_databases,
        db_options=database_options(request),
        tables=tables,
        tables_shown=_TABLES_SHOWN,
        example=shown,
        marked=context.pop("marked", None),
        refusal=context.pop("refusal", None),
    )


def submit(request: PageRequest) -> Response:
    """Let the gate read the text; write a run and its job, or show what was refused (R7)."""
    form = parse(SqlForm, request.form_data)
    if isinstance(form, FormState):
        return _render_editor(request, form)
    state = FormState({"database": form.database, "sql": form.sql, "submission": form.submission})
    database = find_database(request.site.settings.research_databases, form.database)
    if database is None:
        return _render_editor(request, state.refuse("database", "Choose a database"))
    owner_id, address, now = request.user.user_id, request.address, request.now
    refusal = refusal_of(form.sql, place_of(database))
    if refusal is not None:
        request.site.database.write(
            lambda session: queries.record_refusal(
                session, form, refusal, owner_id=owner_id, address=address
            )
        )
        state.refuse("sql", refusal.sentence())
        return _render_editor(request, state, marked=mark(form.sql, refusal), refusal=refusal)
    run_id = request.site.database.write(
        lambda session: queries.submit_run(
            session, form, owner_id=owner_id, address=address, now=now
        )
    )
    return request.redirect("research.run", id=run_id)


# --- Runs


def _run(request: PageRequest, session: ReadSession) -> ResearchRun:
    run = queries.find_run(session, _id(request), request.user.user_id)
    if run is None:
        raise HTTPException(404)
    return run


def show_run(request: PageRequest) -> Response:
    """Show how far a run is, or one page of what it gave (R4, R11, R14, R17 to R22)."""
    parameters = request.query_params
    per_page = per_page_of(parameters.get("per_page"), usual=request.user.rows_per_page)
    if per_page is None:
        choices = ", ".join(map(str, PER_PAGE_CHOICES))
        raise HTTPException(400, f"Rows on a page can be {choices}.")
    with request.site.database.read() as session:
        run = _run(request, session)
        if run.status in queries.OPEN_STATES:
            return _render_open(request, session, run, "research/progress.html")
        shown = result_page(parameters.get("page", "1"), rows=run.rows_kept, per_page=per_page)
        # What a page shows of a value is bounded, the value is not.
        rows = [
            [show_cell(value) for value in row]
            for row in queries.rows_between(session, run.id, shown.first, shown.end)
        ]
    columns = queries.columns_of(run)
    database = find_database(request.site.settings.research_databases, run.database)
    rid = index_of(columns, database.rid_column) if database else None
    return request.render(
        "research/result.html",
        run=run,
        words=STATUS_WORDS,
        database=database.label if database else run.database,
        columns=columns,
        rows=rows,
        shown=shown,
        choice_options=[(str(choice), str(choice)) for choice in PER_PAGE_CHOICES],
        rid_at=rid if request.user.has(Role.RESEARCHER) and rows else None,
        title_of=title_of,
    )


def _render_open(
    request: PageRequest, session: ReadSession, run: ResearchRun, template: str
) -> Response:
    database = find_database(request.site.settings.research_databases, run.database)
    begun = run.started_at or run.created_at
    return request.render(
        template,
        run=run,
        words=STATUS_WORDS,
        database=database.label if database else run.database,
        before=queries.runs_before(session, run) if run.status == RunStatus.QUEUED else 0,
        seconds=max(0, int((request.now - begun).total_seconds())),
        most_seconds=request.site.settings.run_timeout_seconds,
        title_of=title_of,
    )


def show_state(request: PageRequest) -> Response:
    """Answer the progress page's question how far the run is."""
    with request.site.database.read() as session:
        run = _run(request, session)
        response = _render_open(request, session, run, "research/state.html")
    if run.status not in queries.OPEN_STATES:
        response.headers["hx-refresh"] = "true"
    return response


def cancel(request: PageRequest) -> Response:
    """Stop a run (R13)."""
    run_id, owner_id, address, now = (
        _id(request),
        request.user.user_id,
        request.address,
        request.now,
    )
    found = request.site.database.write(
        lambda session: queries.cancel_run(
            session, run_id, owner_id=owner_id, address=address, now=now
        )
    )
    if not found:
        raise HTTPException(404)
    return request.redirect("research.run", id=run_id)


# --- Home


def _load_home(session: ReadSession, visitor: Visitor, _now: datetime) -> Mapping[str, object]:
    return {
        "runs": queries.recent_runs(session, visitor.user_id, _RECENT_RUNS),
        "words": STATUS_WORDS,
        "title_of": title_of,
    }


_ROLES = frozenset({Role.RESEARCHER, Role.CLINICIAN, Role.RDBM})
_allowed = access.role(*_ROLES)

feature = Feature(
    name="research",
    title="Researching",
    folder=Path(__file__).parent,
    routes=[
        page("/research/sql", show_editor, access=_allowed, name="research.sql"),
        page("/research/sql", submit, access=_allowed, name="research.sql", methods=["POST"]),
        page("/research/runs", lists.show_runs, access=_allowed, name="research.runs"),
        page("/research/runs.csv", lists.download_runs, access=_allowed, name="research.runs.csv"),
        page("/research/runs/{id:int}", show_run, access=_allowed, name="research.run"),
        page("/research/runs/{id:int}/state", show_state, access=_allowed, name="research.state"),
        page(
            "/research/runs/{id:int}/cancel",
            cancel,
            access=_allowed,
            name="research.cancel",
            methods=["POST"],
        ),
        page("/research/queries", lists.show_queries, access=_allowed, name="research.queries"),
        page(
            "/research/queries.csv",
            lists.download_queries,
            access=_allowed,
            name="research.queries.csv",
        ),
        page(
            "/research/structure", lists.show_structure, access=_allowed, name="research.structure"
        ),
        page(
            "/research/structure.csv",
            lists.download_structure,
            access=_allowed,
            name="research.structure.csv",
        ),
    ],
    navigation=[NavigationEntry("Query", "research.sql", _ROLES, order=10)],
    home=[HomeSection(Role.RESEARCHER, "Researching", "research/home.html", _load_home, order=10)],
)
