"""A browser without a screen: keeps cookies, fills in CSRF tokens, follows no redirects by itself."""

import html
import re
from collections.abc import Mapping
from http.cookies import SimpleCookie
from types import TracebackType
from typing import Self

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

from crate_core.clock import utcnow
from crate_core.models.users import UserAccount
from crate_web.app import Application

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


class Browser:
    """Talks to an application in this process, without a socket.

    with Browser(app) as browser:
        browser.sign_in_as(user)
        page = browser.get("/studies")
    """

    def __init__(self, app: Application, *, address: str = "192.0.2.1") -> None:
        self.app = app
        self._portal_context = start_blocking_portal()
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, client=(address, 1234)),
            base_url=app.site.address.origin + app.site.address.prefix,
        )
        self.cookies: dict[str, str] = {}
        self._hidden: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._portal: BlockingPortal = self._portal_context.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._portal.call(self._client.aclose)
        self._portal_context.__exit__(kind, error, trace)

    def request(
        self,
        method: str,
        path: str,
        *,
        data: Mapping[str, str | list[str]] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())

        async def send() -> httpx.Response:
            return await self._client.request(
                method,
                self._path(path),
                data=data,
                files=files,
                headers={"cookie": cookie, **(headers or {})},
                content=content,
            )

        response = self._portal.call(send)
        self._keep_cookies(response)
        if response.headers.get("content-type", "").startswith("text/html"):
            self._hidden = {
                name: html.unescape(value) for name, value in _HIDDEN.findall(response.text)
            }
        return response

    def get(self, path: str) -> httpx.Response:
        return self.request("GET", path)

    def post(
        self,
        path: str,
        data: Mapping[str, str | list[str]] | None = None,
        *,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> httpx.Response:
        """Send a form: hidden fields of the last page that was seen go with it."""
        return self.request("POST", path, data={**self._hidden, **(data or {})}, files=files)

    def follow(self, response: httpx.Response) -> httpx.Response:
        """Go where a redirect leads."""
        assert response.status_code == 303, (response.status_code, response.text)
        return self.get(response.headers["location"])

    def sign_in_as(self, user: UserAccount) -> None:
        """Begin a session without the log-in page."""
        site = self.app.site
        token = site.database.write(
            lambda session: site.sessions.begin(session, user, now=utcnow(), address="192.0.2.1")
        )
        self.cookies[site.cookies.session] = token

    def _keep_cookies(self, response: httpx.Response) -> None:
        self._client.cookies.clear()
        for header in response.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(header).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value

    def _path(self, path: str) -> str:
        # Addresses in pages have the site's prefix already.
        prefix = self.app.site.address.prefix
        return path.removeprefix(prefix) if prefix and path.startswith(f"{prefix}/") else path
