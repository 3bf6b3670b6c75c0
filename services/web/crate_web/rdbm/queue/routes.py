"""The work queue, home of the RDBM, and the pages of single findings."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response

from crate_core.audit import AuditKind
from crate_core.database import ReadSession, WriteSession
from crate_core.domain.roles import Role
from crate_core.models import WorkItem
from crate_web import access
from crate_web.downloads import audited_download
from crate_web.feature import Feature, HomeSection, NavigationEntry
from crate_web.listing import Listing, Query, read_query
from crate_web.rdbm.noting import note, number_in_path
from crate_web.rdbm.patients.routes import open_patient
from crate_web.rdbm.queue import queries
from crate_web.rdbm.queue.waiting import WORDS, Kind, Waiting, counts
from crate_web.requests import PageRequest
from crate_web.routing import page
from crate_web.visitor import Visitor

_SHOWN_AT_HOME = 10


def show_queue(request: PageRequest) -> Response:
    """Show everything that waits for a person, by kind with counts, the oldest first."""
    query = _query(request)
    waiting = _read(request)
    matching = _matching(waiting, query)
    page_of = matching[query.offset : query.offset + query.page_size]
    return request.render(
        "rdbm_queue/queue.html",
        listing=Listing(page_of, len(matching), query),
        waiting_count=len(waiting),
        waiting_counts=counts(waiting),
        kinds=[(kind.value, WORDS[kind].many) for kind in Kind],
    )


def download_queue(request: PageRequest) -> Response:
    """Give the queue as CSV."""
    rows = [
        (each.since.isoformat(), each.kind_name, each.title, each.note, each.overdue(request.now))
        for each in _matching(_read(request), _query(request))
    ]
    return audited_download(
        request, "work-queue", _query(request), ("Since", "Kind", "What", "Note", "Overdue"), rows
    )


def show_item(request: PageRequest) -> Response:
    """Show one finding, with what there is to know about it."""
    with request.site.database.read() as session:
        item, code = _item(session, request)
    return request.render("rdbm_queue/item.html", item=item, code=code)


def open_patient_of_item(request: PageRequest) -> Response:
    """Go to the page of the patient whose choice a finding is about; audited as looking them up."""
    with request.site.database.read() as session:
        item, _code = _item(session, request)
        nhs_number = queries.patient_of_item(session, item)
    if nhs_number is None:
        raise HTTPException(404)
    return open_patient(request, nhs_number, item.summary)


def finish_item(request: PageRequest) -> Response:
    """Note that a finding has been dealt with, once."""

    def work(session: WriteSession) -> bool:
        item, code = _item(session, request)
        if item.done_at is not None:
            return False
        item.done_at, item.done_by_id = request.now, request.user.user_id
        subject = f"request:{code}" if code else f"work:{item.id}"
        note(session, request, AuditKind.WORK_DONE, subject, item=item.id, kind=item.kind)
        return True

    if request.site.database.write(work):
        request.flash("Marked as done.")
    else:
        request.flash("This was marked as done before.", "info")
    return request.redirect("rdbm")


def load_home(session: ReadSession, _visitor: Visitor, now: datetime) -> Mapping[str, object]:
    """Return what the home page shows of the queue: the counts, and what waits longest."""
    waiting = queries.everything_waiting(session, now)
    return {
        "waiting_count": len(waiting),
        "waiting_counts": counts(waiting),
        "waiting_longest": waiting[:_SHOWN_AT_HOME],
    }


def _item(session: ReadSession | WriteSession, request: PageRequest) -> tuple[WorkItem, str | None]:
    try:
        return queries.find_item(session, number_in_path(request, "item"))
    except LookupError as error:
        raise HTTPException(404) from error


def _read(request: PageRequest) -> list[Waiting]:
    with request.site.database.read() as session:
        return queries.everything_waiting(session, request.now)


def _matching(waiting: list[Waiting], query: Query) -> list[Waiting]:
    kind = query.filters["kind"]
    matching = [each for each in waiting if kind in ("", each.kind) and each.matches(query.search)]
    if query.sort == "kind":
        matching.sort(key=lambda each: list(Kind).index(each.kind))
    return matching[::-1] if query.descending else matching


def _query(request: PageRequest) -> Query:
    return read_query(
        request.query_params,
        sorts=("since", "kind"),
        default="since",
        filters=("kind",),
        page_size=request.user.rows_per_page,
    )


_rdbm = access.role(Role.RDBM)
feature = Feature(
    name="rdbm_queue",
    title="Work queue",
    folder=Path(__file__).parent,
    routes=[
        page("/rdbm", show_queue, access=_rdbm, name="rdbm"),
        page("/rdbm.csv", download_queue, access=_rdbm, name="rdbm.csv"),
        page("/rdbm/work/{item:int}", show_item, access=_rdbm, name="rdbm.work"),
        page(
            "/rdbm/work/{item:int}/patient",
            open_patient_of_item,
            access=_rdbm,
            name="rdbm.work.patient",
            methods=["POST"],
        ),
        page(
            "/rdbm/work/{item:int}/done",
            finish_item,
            access=_rdbm,
            name="rdbm.work.done",
            methods=["POST"],
        ),
    ],
    navigation=[NavigationEntry("Work queue", "rdbm", frozenset({Role.RDBM}), order=5)],
    home=[HomeSection(Role.RDBM, "Work queue", "rdbm_queue/home.html", load_home, order=20)],
)
