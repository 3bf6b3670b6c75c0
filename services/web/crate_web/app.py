"""Puts features, middleware and error pages together."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from itertools import chain

import anyio.to_thread
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from crate_core.errors import TemporaryError
from crate_web import refusals
from crate_web.access import NotSignedInError, RefusedError
from crate_web.assets import Assets
from crate_web.feature import Feature
from crate_web.middleware.metrics import MetricsMiddleware
from crate_web.middleware.prefix import PrefixMiddleware
from crate_web.middleware.request_id import RequestIdMiddleware
from crate_web.middleware.security_headers import SecurityHeadersMiddleware
from crate_web.routing import PageRoute
from crate_web.site import Site

Background = Callable[[], AbstractContextManager[object]]
"""Makes something that runs beside the pages of a process, from its start to its end."""


class Application:
    """The ASGI application, with its site for who starts or tests it."""

    def __init__(self, site: Site, starlette: Starlette) -> None:
        """Wrap `starlette` in what has to see its error pages too."""
        self.site = site
        self.routes: list[BaseRoute] = starlette.routes
        stack: ASGIApp = PrefixMiddleware(starlette, prefix=site.address.prefix)
        stack = SecurityHeadersMiddleware(stack, https=site.address.https)
        stack = MetricsMiddleware(stack)
        self._stack: ASGIApp = RequestIdMiddleware(stack)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await self._stack(scope, receive, send)


def all_routes(features: Sequence[Feature]) -> list[Route]:
    """Return the named routes of all features."""
    return [route for feature in features for route in feature.routes if isinstance(route, Route)]


def create_app(
    site: Site, assets: Assets, *, threads: int, background: Sequence[Background] = ()
) -> Application:
    """Return the application.

    Args:
        site: the collaborators.
        assets: what is served below /static.
        threads: pages answered at once.
        background: entered when the application starts, left when it stops.
    """
    for feature in site.features:
        for route in feature.routes:
            if isinstance(route, PageRoute):
                route.section = feature.title

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = threads
        with ExitStack() as stack:
            stack.callback(site.database.dispose)
            for start in background:
                stack.enter_context(start())
            yield

    starlette = Starlette(
        routes=[
            *chain.from_iterable(feature.routes for feature in site.features),
            Route("/static/{name:path}", _Static(assets), methods=["GET"], name="static"),
        ],
        exception_handlers={
            NotSignedInError: refusals.must_sign_in,
            RefusedError: refusals.refused,
            TemporaryError: refusals.unavailable,
            # No connection came free in time.
            PoolTimeoutError: refusals.unavailable,
            HTTPException: refusals.http_error,
            Exception: refusals.unexpected,
        },
        lifespan=lifespan,
    )
    starlette.state.site = site
    # A slash too many is a wrong address, not another page.
    starlette.router.redirect_slashes = False
    return Application(site, starlette)


class _Static:
    """An object, not a function, so that Starlette takes it for the ASGI application that it is."""

    def __init__(self, assets: Assets) -> None:
        self._assets = assets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._assets.serve(scope, receive, send)
