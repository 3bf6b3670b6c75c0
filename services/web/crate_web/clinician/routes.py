"""Pages on which clinicians ask about own patients: the form, the list, each request (C96)."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response

from crate_core.database import ReadSession
from crate_core.domain.roles import Role
from crate_web import access
from crate_web.clinician import queries
from crate_web.clinician.asking import send, show_new
from crate_web.clinician.words import identifier_of, own_state
from crate_web.downloads import audited_download
from crate_web.feature import Feature, HomeSection, NavigationEntry
from crate_web.listing import Query, read_query
from crate_web.requests import PageRequest
from crate_web.routing import page
from crate_web.visitor import Visitor

_LATEST = 5
_LARGEST_FORM_BYTES = 2 * 1024 * 1024


def show_list(request: PageRequest) -> Response:
    """List the clinician's own requests."""
    query = _query(request)
    with request.site.database.read() as session:
        listing = queries.own_requests(session, request.user.user_id, query)
    return request.render(
        "clinician/list.html",
        listing=listing,
        rows=[(each, identifier_of(each), own_state(each).name) for each in listing.items],
    )


def download_list(request: PageRequest) -> Response:
    """Give the list as CSV."""
    with request.site.database.read() as session:
        rows = [
            (
                each.code,
                each.study.institutional_id,
                *identifier_of(each),
                each.created_at.isoformat(),
                own_state(each).name,
            )
            for each in queries.all_own_requests(session, request.user.user_id, _query(request))
        ]
    header = ("Request", "Study", "Kind", "Identifier", "Submitted", "State")
    return audited_download(request, "own-patients", _query(request), header, rows)


def show(request: PageRequest) -> Response:
    """Show one request: its state in words, and what happens next."""
    code = request.path_params["code"]
    with request.site.database.read() as session:
        found = queries.find_own_request(session, request.user.user_id, code)
    if found is None or found.own_patient is None:
        raise HTTPException(404)
    return request.render(
        "clinician/show.html",
        found=found,
        own=found.own_patient,
        identifier=identifier_of(found),
        state=own_state(found),
    )


def load_home(session: ReadSession, visitor: Visitor, _now: datetime) -> Mapping[str, object]:
    """Return what the home page of a clinician shows of their requests."""
    latest = queries.latest_own_requests(session, visitor.user_id, _LATEST)
    return {"latest_own_requests": [(each, own_state(each).name) for each in latest]}


def _query(request: PageRequest) -> Query:
    return read_query(
        request.query_params,
        sorts=queries.SORTS,
        default="-submitted",
        filters=queries.FILTERS,
        page_size=request.user.rows_per_page,
    )


_clinician = access.role(Role.CLINICIAN)
feature = Feature(
    name="clinician",
    title="Own patients",
    folder=Path(__file__).parent,
    routes=[
        page("/clinician/requests", show_list, access=_clinician, name="clinician.requests"),
        page(
            "/clinician/requests.csv",
            download_list,
            access=_clinician,
            name="clinician.requests.csv",
        ),
        page("/clinician/requests/new", show_new, access=_clinician, name="clinician.new"),
        page(
            "/clinician/requests/new",
            send,
            access=_clinician,
            name="clinician.new",
            methods=["POST"],
            max_body_bytes=_LARGEST_FORM_BYTES,
        ),
        page("/clinician/requests/{code}", show, access=_clinician, name="clinician.request"),
    ],
    navigation=[
        NavigationEntry("Own patients", "clinician.requests", frozenset({Role.CLINICIAN}), order=30)
    ],
    home=[
        HomeSection(Role.CLINICIAN, "Your own patients", "clinician/home.html", load_home, order=40)
    ],
)
