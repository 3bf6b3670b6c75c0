"""Pages for what cannot be answered: who must sign in, what is refused, not there, or down."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from crate_core.domain.roles import Role
from crate_core.errors import TemporaryError
from crate_core.telemetry.logs import get_logger
from crate_web.access import RefusedError
from crate_web.requests import PageRequest
from crate_web.routing import SAFE_METHODS

log = get_logger(__name__)

RETRY_SECONDS = 10
ROLE_NAMES = {
    Role.RESEARCHER: "researcher",
    Role.CLINICIAN: "clinician",
    Role.RDBM: "research database manager",
    Role.DEVELOPER: "developer",
    Role.SUPERUSER: "superuser",
    Role.ARCHIVE: "archive reader",
    Role.AUDITOR: "auditor",
}
_TITLES = {
    400: "This request could not be understood",
    404: "Page not found",
    405: "This page cannot be used in that way",
    413: "This is too large",
    503: "The site is busy",
}


def must_sign_in(connection: Request, _error: Exception) -> Response:
    """Send somebody who is not signed in to the log-in page, and back afterwards (C118, R1)."""
    request = _page_request(connection)
    target = connection.url.path
    if connection.method in SAFE_METHODS:
        if connection.url.query:
            target = f"{target}?{connection.url.query}"
    elif not _can_be_read(connection):
        target = ""
    return RedirectResponse(request.site.urls("login", next=target or None), status_code=303)


def refused(connection: Request, error: Exception) -> Response:
    """Say which role is needed and whom to ask (C118, R3)."""
    request = _page_request(connection)
    assert isinstance(error, RefusedError)  # noqa: S101 (registered for this type only)
    roles, reason = error.roles, error.reason
    log.warning(
        "refused",
        user=request.visitor.user_id if request.visitor else None,
        needs=sorted(roles),
        reason=reason,
        method=connection.method,
    )
    return request.render(
        "errors/403.html",
        status=403,
        role_names=[ROLE_NAMES[role] for role in Role if role in roles],
        reason=reason,
        heading=error.heading,
    )


def http_error(connection: Request, error: Exception) -> Response:
    """Answer an HTTP error with a page in words; 404 says the same for "not yours" and "not there"."""
    assert isinstance(error, HTTPException)  # noqa: S101 (registered for this type only)
    headers = dict(error.headers or {})
    if error.status_code == 405:  # noqa: PLR2004 (HTTP's number)
        headers["Allow"] = ", ".join(sorted(_methods(connection)))
    request = _page_request(connection)
    response = request.render(
        "errors/http.html",
        status=error.status_code,
        status_code=error.status_code,
        heading=_TITLES.get(error.status_code, "This request was refused"),
    )
    response.headers.update(headers)
    return response


def unavailable(connection: Request, error: Exception) -> Response:
    """Say that the database is away or overrun, that nothing is lost, and try again by itself."""
    log.error(
        "temporarily unavailable", reason=str(error), error=type(error.__cause__ or error).__name__
    )
    request = _page_request(connection, look_up=False)
    response = request.render(
        "errors/503.html",
        status=503,
        retry_seconds=RETRY_SECONDS,
        may_reload=connection.method in SAFE_METHODS,
    )
    response.headers["retry-after"] = str(RETRY_SECONDS)
    return response


def unexpected(connection: Request, _error: Exception) -> Response:
    """Give a reference number; the outermost middleware writes the log line that holds it."""
    return _page_request(connection, look_up=False).render("errors/500.html", status=500)


def _page_request(connection: Request, *, look_up: bool = True) -> PageRequest:
    """Return the request of the page that failed, or a new one where no page was reached."""
    existing = connection.scope.get("page_request")
    if isinstance(existing, PageRequest):
        return existing
    request = PageRequest(connection.scope)
    token = request.cookies.get(request.site.cookies.session)
    if token and look_up:
        try:
            request.visitor = request.site.sessions.load(token, request.now)
        except TemporaryError:
            log.warning("error page without its visitor: the database is away")
    return request


def _methods(connection: Request) -> set[str]:
    """Return the methods of all routes that have this path."""
    path = connection.scope["route"].path
    return {
        method
        for route in connection.app.routes
        if getattr(route, "path", None) == path
        for method in (route.methods or ())
    }


def _can_be_read(connection: Request) -> bool:
    return "GET" in _methods(connection)
