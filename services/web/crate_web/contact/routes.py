"""Pages on which patients are asked for: the form, its check, the list, each request and its letters."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response

from crate_core.database import ReadSession
from crate_core.domain.contact import CoarseStatus, Status, is_final
from crate_core.domain.roles import Role
from crate_core.models import ContactRequest
from crate_core.settings.texts import fill
from crate_web import access, formatting
from crate_web.contact import queries
from crate_web.contact.opening import show_letter, show_mail
from crate_web.contact.sending import send, show_new
from crate_web.contact.visibility import (
    coarse_of,
    identifier_shown,
    shown_kind,
    submitter_shown,
    words_of,
)
from crate_web.downloads import audited_download
from crate_web.feature import Feature, HomeSection, NavigationEntry
from crate_web.listing import Query, read_query
from crate_web.requests import PageRequest
from crate_web.routing import page
from crate_web.studies.queries import own_studies, titles_of_studies
from crate_web.visitor import Visitor

_LATEST = 5
_LARGEST_FORM_BYTES = 2 * 1024 * 1024


def show_list(request: PageRequest) -> Response:
    """List requests with one coarse state each (C103)."""
    query = _query(request)
    with request.site.database.read() as session:
        listing = queries.list_requests(session, request.user, query)
        studies = titles_of_studies(session, request.user)
    return request.render(
        "contact/list.html",
        listing=listing,
        rows=[_row(each, request.user) for each in listing.items],
        statuses=[(status.value, words_of(status).name) for status in CoarseStatus],
        studies=[(str(number), title) for number, title in studies],
    )


def download_list(request: PageRequest) -> Response:
    """Give the list as CSV."""
    with request.site.database.read() as session:
        rows = [
            (
                each.code,
                each.study.institutional_id,
                *(identifier_shown(each, request.user) or ("", "")),
                each.created_at.isoformat(),
                submitter_shown(each, request.user),
                "yes" if each.direct_approach else "no",
                coarse_of(each),
            )
            for each in queries.all_requests(session, request.user, _query(request))
        ]
    header = (
        "Request", "Study", "Kind", "Identifier", "Submitted", "By", "Direct approach", "State",
    )  # fmt: skip
    return audited_download(request, "contact-requests", _query(request), header, rows)


def show(request: PageRequest) -> Response:
    """Show one request: its state in words, what happens next, and after approval its letter."""
    with request.site.database.read() as session:
        found = queries.find_request(session, request.user, request.path_params["code"])
        if found is None:
            raise HTTPException(404)
        state = coarse_of(found)
        kind = shown_kind(state)
        letters = queries.letters_of(session, found, kind)
        mails = queries.mails_of(session, found, kind)
        usual = queries.usual_days(session, request.now)
    return request.render(
        "contact/show.html",
        found=found,
        state=state,
        words=words_of(state),
        identifier=identifier_shown(found, request.user),
        submitter=submitter_shown(found, request.user),
        # The day and no more: by the minute, one could tell who or what decided.
        decided_on=_day(request, found.news_at) if is_final(Status(found.status)) else None,
        letters=letters,
        mails=mails,
        usual_days=usual,
        rules=_rules(request, found),
    )


def _rules(request: PageRequest, found: ContactRequest) -> list[str]:
    """Return the rules of the approval letter, filled in without saying who the patient is."""
    wording = request.site.settings.site
    values = {
        "study": found.study.title,
        "patient": "the patient",
        "trust": wording.trust_name,
        "manager": wording.manager.name,
        "manager_telephone": wording.manager.telephone,
        "manager_email": wording.manager.email,
        "date": formatting.day(_day(request, found.news_at)),
        "code": found.code,
    }
    return [fill(rule, values) for rule in wording.letters.researcher.rules]


def _day(request: PageRequest, moment: datetime) -> date:
    return moment.astimezone(request.site.settings.zone).date()


def load_home(session: ReadSession, visitor: Visitor, _now: datetime) -> Mapping[str, object]:
    """Return what the home page of a researcher shows of requests and studies."""
    studies = own_studies(session, visitor.user_id)
    latest = queries.latest_requests(session, [study.id for study in studies], _LATEST)
    return {
        "latest_requests": [
            (each, words_of(coarse_of(each)).name, _is_news(each.news_at, visitor))
            for each in latest
        ],
        "own_studies": studies,
    }


def _is_news(moment: datetime, visitor: Visitor) -> bool:
    return visitor.last_visit_at is not None and moment > visitor.last_visit_at


def _row(
    found: ContactRequest, visitor: Visitor
) -> tuple[ContactRequest, tuple[str, str] | None, str, str]:
    state = words_of(coarse_of(found)).name
    return found, identifier_shown(found, visitor), state, submitter_shown(found, visitor)


def _query(request: PageRequest) -> Query:
    return read_query(
        request.query_params,
        sorts=queries.SORTS,
        default="-submitted",
        filters=queries.FILTERS,
        page_size=request.user.rows_per_page,
    )


_users = access.role(Role.RESEARCHER, Role.RDBM)
feature = Feature(
    name="contact",
    title="Contact requests",
    folder=Path(__file__).parent,
    routes=[
        page("/contact/requests", show_list, access=_users, name="contact"),
        page("/contact/requests.csv", download_list, access=_users, name="contact.csv"),
        page("/contact/requests/new", show_new, access=_users, name="contact.new"),
        page(
            "/contact/requests/new",
            send,
            access=_users,
            name="contact.new",
            methods=["POST"],
            max_body_bytes=_LARGEST_FORM_BYTES,
        ),
        page("/contact/requests/{code}", show, access=_users, name="contact.show"),
        page(
            "/contact/requests/{code}/letters/{letter:int}.pdf",
            show_letter,
            access=_users,
            name="contact.letter",
        ),
        page(
            "/contact/requests/{code}/mails/{mail:int}",
            show_mail,
            access=_users,
            name="contact.mail",
        ),
    ],
    navigation=[NavigationEntry("Requests", "contact", frozenset({Role.RESEARCHER}), order=40)],
    home=[
        HomeSection(Role.RESEARCHER, "Asking patients", "contact/home.html", load_home, order=60)
    ],
)
