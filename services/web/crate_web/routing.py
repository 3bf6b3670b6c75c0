"""Routes of pages: each names its handler and its access rule.

Session, rule, CSRF check and handler run in one thread hop.
"""

from collections.abc import Callable, Sequence

import anyio.to_thread
from anyio import CapacityLimiter
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from crate_web import access, csrf
from crate_web.requests import PageRequest

Handler = Callable[[PageRequest], Response]
"""A plain function: it may read the database and wait, it runs in a thread."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_REFRESH = "x-refresh"
DEFAULT_BODY_BYTES = 1024 * 1024
UPLOAD_BODY_BYTES = 64 * 1024 * 1024
"""Of a form with PDFs; each of them is held to the site's own limit besides."""
_FORM_PART_BYTES = 1024 * 1024
_WAITING_FOR_PASSWORDS = 50


class PageRoute(Route):
    """A route with an access rule and a plain handler."""

    def __init__(
        self,
        path: str,
        handler: Handler,
        *,
        rule: access.Rule,
        methods: Sequence[str],
        name: str,
        max_body_bytes: int,
        hashes_passwords: bool,
    ) -> None:
        """See `page`."""
        self.handler = handler
        self.rule = rule
        self.max_body_bytes = max_body_bytes
        self.hashes_passwords = hashes_passwords
        self.section = ""
        super().__init__(path, self._answer, methods=methods, name=name)
        self.app = self._serve

    async def _answer(
        self, request: PageRequest
    ) -> Response:  # pragma: no cover - Starlette wants an endpoint
        raise NotImplementedError

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = PageRequest(scope, limited(scope, receive, self.max_body_bytes))
        request.section = self.section
        scope["page_request"] = request
        try:
            response = await self._respond(request)
            await response(scope, receive, send)
        finally:
            # Uploads are files; they are let go also when the page could not be made.
            await request.close()

    async def _respond(self, request: PageRequest) -> Response:
        if request.method in SAFE_METHODS:
            return await anyio.to_thread.run_sync(self._get, request)
        # Who may not post is refused before the body is read.
        await anyio.to_thread.run_sync(self._admit, request)
        request.form_data = await request.form(max_files=20, max_part_size=_FORM_PART_BYTES)
        return await anyio.to_thread.run_sync(self._post, request, limiter=self._limiter(request))

    def _limiter(self, request: PageRequest) -> CapacityLimiter | None:
        if not self.hashes_passwords:
            return None
        limiter = request.site.password_limiter
        if limiter.statistics().tasks_waiting >= _WAITING_FOR_PASSWORDS:
            raise HTTPException(503, headers={"Retry-After": "5"})
        return limiter

    def _admit(self, request: PageRequest) -> None:
        site = request.site
        token = request.cookies.get(site.cookies.session)
        if token:
            in_use = _REFRESH not in request.headers
            request.visitor = site.sessions.load(token, request.now, in_use=in_use)
        roles = request.visitor.roles if request.visitor else None
        decision = access.decide(self.rule, roles)
        if decision is access.Decision.MUST_SIGN_IN:
            raise access.NotSignedInError
        if decision is access.Decision.REFUSED:
            raise access.RefusedError(self.rule.roles)

    def _get(self, request: PageRequest) -> Response:
        self._admit(request)
        return request.finish(self.handler(request))

    def _post(self, request: PageRequest) -> Response:
        site = request.site
        token = request.form_data.get(csrf.FIELD) or request.headers.get(csrf.HEADER, "")
        if not (
            csrf.comes_from_here(request.headers, site.origins(request))
            and isinstance(token, str)
            and site.csrf.is_valid(token, request.csrf_binding)
        ):
            raise csrf.ForgedPostError
        return request.finish(self.handler(request))


def page(
    path: str,
    handler: Handler,
    *,
    access: access.Rule,
    name: str,
    methods: Sequence[str] = ("GET",),
    max_body_bytes: int = DEFAULT_BODY_BYTES,
    hashes_passwords: bool = False,
) -> PageRoute:
    """Return the route of a page.

    Args:
        path: pattern below the site's prefix, such as "/studies/{code}".
        handler: function that answers; GET must change nothing.
        access: who may come, from `crate_web.access`.
        name: for addresses (`urls("studies.show", code="S1")`); the GET and the POST of one path
            may share it.
        methods: most often one.
        max_body_bytes: more is refused with 413; raise it for uploads.
        hashes_passwords: run the post among the few threads that may use a password hash's memory.
    """
    return PageRoute(
        path,
        handler,
        rule=access,
        methods=methods,
        name=name,
        max_body_bytes=max_body_bytes,
        hashes_passwords=hashes_passwords,
    )


def limited(scope: Scope, receive: Receive, limit: int) -> Receive:
    """Return `receive` that refuses a body of more than `limit` bytes with 413, declared or not."""
    declared = next((value for key, value in scope["headers"] if key == b"content-length"), b"0")
    too_large = not declared.isdigit() or int(declared) > limit
    total = 0

    async def receive_limited() -> Message:
        nonlocal total
        if too_large:
            raise HTTPException(413)
        message = await receive()
        total += len(message.get("body", b""))
        if total > limit:
            raise HTTPException(413)
        return message

    return receive_limited
