"""Gives every request an id, which stands in each log line and on error pages."""

import re
import secrets

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from crate_core.telemetry.logs import get_logger

log = get_logger(__name__)

HEADER = b"x-request-id"
_ACCEPTED = re.compile(rb"[A-Za-z0-9._-]{8,64}")


class RequestIdMiddleware:
    """Outermost: takes the front proxy's id or makes one, and logs what nothing inside has caught."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == HEADER), b"")
        request_id = given if _ACCEPTED.fullmatch(given) else secrets.token_hex(8).encode()
        scope["request_id"] = request_id.decode()

        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], (HEADER, request_id)]
            await send(message)

        with bound_contextvars(request=scope["request_id"]):
            try:
                await self.app(scope, receive, send_with_id)
            except Exception:
                # The page with this reference was sent inside, unless that failed too.
                log.exception("request failed", method=scope["method"], route=route_pattern(scope))
                if not started:
                    text = f"Something went wrong. Reference number: {scope['request_id']}\n"
                    await PlainTextResponse(text, status_code=500)(scope, receive, send_with_id)


def route_pattern(scope: Scope) -> str:
    """Return the pattern of the route that answered, never the path itself: paths hold tokens."""
    route = scope.get("route")
    return getattr(route, "path", "") or "unmatched"
