"""Honours the path prefix of the public address, whether or not the front proxy strips it."""

from starlette.types import ASGIApp, Receive, Scope, Send


class PrefixMiddleware:
    """Sets `root_path`, and gives paths their prefix back where it was stripped."""

    def __init__(self, app: ASGIApp, *, prefix: str) -> None:
        """Wrap `app`; `prefix` is "" or begins with a slash and ends without one."""
        self.app = app
        self.prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        prefix = self.prefix
        if prefix and scope["type"] == "http":
            path = scope["path"]
            if path == prefix:
                scope["path"] = f"{prefix}/"
            elif not path.startswith(f"{prefix}/"):
                scope["path"] = prefix + path
            scope["root_path"] = prefix
        await self.app(scope, receive, send)
