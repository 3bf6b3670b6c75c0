"""Pages of the audit: who did what, as a list and as CSV, and whether its chain is whole (R99)."""

import json
from collections.abc import Iterator
from pathlib import Path

from starlette.responses import Response

from crate_core.audit import AuditKind, verify
from crate_core.domain.roles import Role
from crate_core.models import AuditEvent
from crate_web import access
from crate_web.downloads import audited_download
from crate_web.feature import Feature, NavigationEntry
from crate_web.listing import Query, read_query
from crate_web.rdbm.audit_log import queries
from crate_web.requests import PageRequest
from crate_web.routing import page

# Lists of things; other lists of two are what stood there before a change and after it.
_SEVERAL = {"boxes", "codes", "roles"}


def show_list(request: PageRequest) -> Response:
    """List what people did, the newest first."""
    query = _query(request)
    with request.site.database.read() as session:
        listing = queries.list_events(session, query, request.site.settings.zone)
        actors = queries.actors(session)
    return request.render(
        "rdbm_audit/list.html",
        listing=listing,
        kinds=[(kind.value, kind_in_words(kind)) for kind in AuditKind],
        actors=[(actor, actor) for actor in actors],
        in_words=kind_in_words,
        detail_in_words=detail_in_words,
    )


def download_list(request: PageRequest) -> Response:
    """Give the list as CSV, however long it is."""
    database, query, zone = request.site.database, _query(request), request.site.settings.zone

    def rows() -> Iterator[tuple[object, ...]]:
        with database.read() as session:
            for event in queries.all_events(session, query, zone):
                yield _row(event)

    header = ("Position", "Time", "What", "By", "Address", "Subject", "Detail", "Hash")
    return audited_download(request, "audit", query, header, rows())


def show_chain(request: PageRequest) -> Response:
    """Walk the whole chain of hashes and tell whether every event still fits."""
    with request.site.database.read() as session:
        found = verify(session)
    return request.render("rdbm_audit/chain.html", found=found)


def kind_in_words(kind: str) -> str:
    """Return a kind of event as people read it."""
    return kind.replace("_", " ").capitalize()


def detail_in_words(event: AuditEvent) -> str:
    """Return the facts of an event as one line."""
    return "; ".join(
        f"{name.replace('_', ' ')}: {_value(name, value)}" for name, value in event.detail.items()
    )


def _value(name: str, value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case None:
            return "none"
        case [before, after] if name not in _SEVERAL or isinstance(before, list):
            return f"from {_joined(before)} to {_joined(after)}"
        case list():
            return _joined(value)
        case dict():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def _joined(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(each).replace("_", " ") for each in value) or "nothing"
    return str(value or "nothing")


def _row(event: AuditEvent) -> tuple[object, ...]:
    return (
        event.position or "",
        event.at.isoformat(),
        event.kind,
        event.actor,
        event.address,
        event.subject,
        json.dumps(event.detail, ensure_ascii=False, sort_keys=True),
        event.hash or "",
    )


def _query(request: PageRequest) -> Query:
    return read_query(
        request.query_params,
        sorts=queries.SORTS,
        default="-at",
        filters=queries.FILTERS,
        page_size=request.user.rows_per_page,
    )


_readers = access.role(Role.RDBM, Role.AUDITOR, Role.SUPERUSER)
feature = Feature(
    name="rdbm_audit",
    title="Manage",
    folder=Path(__file__).parent,
    routes=[
        page("/rdbm/audit", show_list, access=_readers, name="rdbm.audit"),
        page("/rdbm/audit.csv", download_list, access=_readers, name="rdbm.audit.csv"),
        page("/rdbm/audit/chain", show_chain, access=_readers, name="rdbm.audit.chain"),
    ],
    # The RDBM comes here by way of "Manage".
    navigation=[
        NavigationEntry("Audit", "rdbm.audit", frozenset({Role.AUDITOR, Role.SUPERUSER}), order=80)
    ],
)
