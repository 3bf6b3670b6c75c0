"""The request as handlers see it: visitor, form, and ways to answer with a page."""

import base64
import json
import secrets
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from crate_core.clock import utcnow
from crate_web.access import NotSignedInError
from crate_web.cookies import clear_cookie, set_cookie
from crate_web.visitor import Visitor

if TYPE_CHECKING:
    from crate_web.site import Site

FlashKind = Literal["success", "info"]
_FLASH_LIMIT = 3000


class PageRequest(Request):
    """One request for a page, with what the frame knows about it."""

    visitor: Visitor | None = None
    """Who is signed in, loaded before the handler runs."""

    form_data: FormData = FormData()
    """What was posted; empty for GET. The frame has checked its CSRF token."""

    section: str = ""
    """Title of the feature, for the page's title."""

    @property
    def site(self) -> "Site":
        """The collaborators of this process."""
        site: Site = self.scope["app"].state.site
        return site

    @property
    def user(self) -> Visitor:
        """The signed-in person; for handlers of routes that ask for one."""
        if self.visitor is None:
            raise NotSignedInError
        return self.visitor

    @cached_property
    def now(self) -> datetime:
        """The moment of this request, the same wherever it is asked for."""
        return utcnow()

    @property
    def today(self) -> date:
        """The date of this request at the site."""
        return self.now.astimezone(self.site.settings.zone).date()

    @property
    def id(self) -> str:
        """The reference number of this request in the log."""
        request_id: str = self.scope.get("request_id", "")
        return request_id

    @property
    def address(self) -> str:
        """The visitor's network address, as far as trusted proxies tell it."""
        return self.client.host[:40] if self.client else ""

    @cached_property
    def visit(self) -> str:
        """The random value in the cookie of a visitor who is not signed in; a new one when there is none."""
        return self.cookies.get(self.site.cookies.visit) or secrets.token_urlsafe(16)

    @property
    def csrf_binding(self) -> str:
        """What CSRF tokens of this visitor are bound to."""
        return self.visitor.session_hash if self.visitor else self.visit

    @cached_property
    def csrf_token(self) -> str:
        """A CSRF token for the forms of the page that answers this request."""
        return self.site.csrf.make(self.csrf_binding)

    @cached_property
    def flashes(self) -> list[tuple[FlashKind, str]]:
        """Messages that the last request left for this page; reading them uses them up."""
        cookie = self.cookies.get(self.site.cookies.flash)
        data = self.site.flash_signer.open(cookie) if cookie else None
        return [(kind, text) for kind, text in json.loads(data)] if data else []

    @cached_property
    def _outgoing_flashes(self) -> list[tuple[FlashKind, str]]:
        return []

    def flash(self, text: str, kind: FlashKind = "success") -> None:
        """Show `text` on top of the next page: what was done. No identifiers of patients."""
        self._outgoing_flashes.append((kind, text[:_FLASH_LIMIT]))

    def render(self, template: str, *, status: int = 200, **context: object) -> HTMLResponse:
        """Return a page.

        A `FormState` with errors given as `form` puts "Error: " before the title and makes the status 422.
        """
        form = context.get("form")
        if status == 200 and getattr(form, "errors", None):  # noqa: PLR2004 (HTTP's number)
            status = 422
        return HTMLResponse(self.site.pages.render(self, template, context), status_code=status)

    def redirect(self, route: str, /, **parameters: object) -> RedirectResponse:
        """Return the redirect after a post (303) to the page `route`."""
        return self.redirect_to(self.site.urls(route, **parameters))

    def redirect_to(self, path: str) -> RedirectResponse:
        """Return the redirect after a post (303) to a path made by `urls` or checked by `own_path`."""
        return RedirectResponse(path, status_code=303)

    def finish(self, response: Response) -> Response:
        """Put the frame's cookies on the answer."""
        names = self.site.cookies
        if (
            "csrf_token" in self.__dict__
            and self.visitor is None
            and names.visit not in self.cookies
        ):
            set_cookie(response, names.visit, self.visit, secure=names.secure)
        if self._outgoing_flashes:
            data = json.dumps(self._outgoing_flashes).encode()
            set_cookie(
                response, names.flash, self.site.flash_signer.sign(data), secure=names.secure
            )
        elif "flashes" in self.__dict__ and names.flash in self.cookies:
            clear_cookie(response, names.flash, secure=names.secure)
        return response


def data_url(svg: str) -> str:
    """Return an SVG image as an address that an `img` may have: scripts in it do not run."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
