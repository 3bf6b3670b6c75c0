"""Pages of contact requests: list, story, and what may be done (C37, C45, C102, C106)."""

from collections.abc import Callable
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response

from crate_core.database import ReadSession
from crate_core.domain.contact import Status
from crate_core.domain.identifiers import format_nhs_number
from crate_core.domain.roles import Role
from crate_core.models import ContactRequest
from crate_core.models.work import REPEAT_AFTER_VETO
from crate_web import access
from crate_web.downloads import audited_download
from crate_web.feature import Feature, NavigationEntry
from crate_web.listing import Query, read_query
from crate_web.rdbm.jobs.queries import jobs_of_request
from crate_web.rdbm.leaving import EXPIRED, key_of, left_among
from crate_web.rdbm.mails.queries import mails_of_request
from crate_web.rdbm.patients.routes import open_patient
from crate_web.rdbm.stories import changes, queries
from crate_web.rdbm.stories.actions import WORDS, Actions, actions_for, status_in_words
from crate_web.rdbm.stories.reassigning import reassign, show_reassign
from crate_web.rdbm.stories.timeline import Happening, Sources, story
from crate_web.requests import PageRequest
from crate_web.routing import page


def show_list(request: PageRequest) -> Response:
    """List all requests with their true state."""
    query = _query(request)
    with request.site.database.read() as session:
        listing = queries.list_requests(session, query, request.now)
        studies = queries.studies(session)
    return request.render(
        "rdbm_stories/list.html",
        listing=listing,
        statuses=[(status.value, words) for status, words in WORDS.items()],
        studies=[
            (str(each.institutional_id), f"{each.institutional_id}: {each.title}")
            for each in studies
        ],
        in_words=status_in_words,
    )


def download_list(request: PageRequest) -> Response:
    """Give the list as CSV."""
    with request.site.database.read() as session:
        rows = [
            (
                each.code,
                each.study.institutional_id,
                each.requested_by.username,
                each.created_at.isoformat(),
                each.status,
                each.changed_at.isoformat(),
                each.stop_code or "",
            )
            for each in queries.all_requests(session, _query(request), request.now)
        ]
    header = ("Request", "Study", "By", "Submitted", "State", "Since", "Stopped because")
    return audited_download(request, "requests", _query(request), header, rows)


def show(request: PageRequest) -> Response:
    """Show the whole story of one request, and what may be done about it."""
    with request.site.database.read() as session:
        found = _find(session, request)
        happenings = _story(session, found)
        actions = _actions(session, found)
        failed = [
            job
            for job in jobs_of_request(session, found)
            if job.failed_at is not None and job.done_at is None
        ]
        items = queries.open_items(session, found.id)
    return request.render(
        "rdbm_stories/show.html",
        found=found,
        identifier=_identifier(found),
        state=status_in_words(found.status),
        happenings=happenings,
        actions=actions,
        failed_jobs=failed,
        items=items,
    )


def cancel(request: PageRequest) -> Response:
    """Cancel a request, after a page that repeats the facts."""
    return _act(request, changes.cancel, "cancel", "The request is cancelled.")


def reissue(request: PageRequest) -> Response:
    """Ask the clinician anew with a new link, after a page that says what it does (C45)."""
    return _act(request, changes.reissue, "reissue", "The clinician is asked anew.")


def confirm(request: PageRequest) -> Response:
    """Let a request go on in spite of an earlier veto (C37)."""
    return _act(request, changes.confirm, "confirm", "The request goes on.")


def leave(request: PageRequest) -> Response:
    """Decide that a question that expired is not asked again."""
    return _act(request, changes.leave_expired, "leave", "The request has left the work queue.")


def show_patient(request: PageRequest) -> Response:
    """Go to the choices of the patient whom a request is about; that is audited as a look-up."""
    with request.site.database.read() as session:
        found = _find(session, request)
    if found.nhs_number is None:
        request.flash("Nobody knows yet who this patient is.", "info")
        return request.redirect("rdbm.story", code=found.code)
    return open_patient(request, found.nhs_number, f"Contact request {found.code}")


def _act(
    request: PageRequest,
    change: Callable[[PageRequest, ContactRequest], bool],
    action: str,
    done: str,
) -> Response:
    with request.site.database.read() as session:
        found = _find(session, request)
        is_possible = getattr(_actions(session, found), action)
    if is_possible and action in changes.CHECKS and not request.form_data.get("confirmed"):
        return _check_page(request, found, action)
    if is_possible and change(request, found):
        request.flash(done)
    else:
        request.flash("Nothing was changed: the request has moved on meanwhile.", "info")
    return request.redirect("rdbm.story", code=found.code)


def _check_page(request: PageRequest, found: ContactRequest, action: str) -> Response:
    check = changes.CHECKS[action]
    asked = found.clinician_response
    facts = [
        ("Request", found.code),
        ("Study", f"{found.study.institutional_id}: {found.study.title}"),
        ("Now", status_in_words(found.status)),
        *([("Clinician", f"{asked.name}, {asked.email}")] if asked else []),
        ("What will happen", check.follows),
    ]
    return request.render(
        "rdbm_stories/check.html",
        found=found,
        check=check,
        facts=facts,
        action=request.site.urls(f"rdbm.story.{action}", code=found.code),
    )


def _story(session: ReadSession, found: ContactRequest) -> list[Happening]:
    letters = queries.letters_of(session, found.id)
    mails = mails_of_request(session, found.id)
    asked, replied = found.clinician_response, found.patient_response
    people = {letter.posted_by_id for letter in letters}
    people |= {attempt.by_id for mail in mails for attempt in mail.transmissions}
    people |= {replied.recorded_by_id} if replied else set()
    return story(
        Sources(
            request=found,
            letters=letters,
            mails=mails,
            jobs=jobs_of_request(session, found),
            links=queries.links_of(session, asked.id) if asked else [],
            audit=queries.audit_of(session, found.code),
            usernames=queries.usernames(session, people),
        )
    )


def _actions(session: ReadSession, found: ContactRequest) -> Actions:
    asked, replied = found.clinician_response, found.patient_response
    key = key_of(EXPIRED, found.id, found.changed_at)
    return actions_for(
        Status(found.status),
        answered=asked is not None and asked.answered_at is not None,
        held=any(item.kind == REPEAT_AFTER_VETO for item in queries.open_items(session, found.id)),
        replied=replied is not None and replied.agreed is not None,
        left=bool(left_among(session, [key])),
    )


def _find(session: ReadSession, request: PageRequest) -> ContactRequest:
    found = queries.find_request(session, request.path_params["code"])
    if found is None:
        raise HTTPException(404)
    return found


def _identifier(found: ContactRequest) -> tuple[str, str]:
    if found.lookup_kind == "nhs_number":
        return "NHS number", format_nhs_number(int(found.lookup_value))
    return found.lookup_kind.upper(), found.lookup_value


def _query(request: PageRequest) -> Query:
    return read_query(
        request.query_params,
        sorts=queries.SORTS,
        default="-submitted",
        filters=queries.FILTERS,
        page_size=request.user.rows_per_page,
    )


_REASSIGN = "/rdbm/requests/{code}/reassign"
_rdbm = access.role(Role.RDBM)
_POSTS = {
    "cancel": cancel,
    "reissue": reissue,
    "confirm": confirm,
    "leave": leave,
    "patient": show_patient,
}
feature = Feature(
    name="rdbm_stories",
    title="All requests",
    folder=Path(__file__).parent,
    routes=[
        page("/rdbm/requests", show_list, access=_rdbm, name="rdbm.stories"),
        page("/rdbm/requests.csv", download_list, access=_rdbm, name="rdbm.stories.csv"),
        page("/rdbm/requests/{code}", show, access=_rdbm, name="rdbm.story"),
        page(_REASSIGN, show_reassign, access=_rdbm, name="rdbm.story.reassign"),
        page(_REASSIGN, reassign, access=_rdbm, name="rdbm.story.reassign", methods=["POST"]),
        *(
            page(
                f"/rdbm/requests/{{code}}/{name}",
                handler,
                access=_rdbm,
                name=f"rdbm.story.{name}",
                methods=["POST"],
            )
            for name, handler in _POSTS.items()
        ),
    ],
    navigation=[NavigationEntry("All requests", "rdbm.stories", frozenset({Role.RDBM}), order=40)],
)
