"""The site's cookies: the session, the visit of somebody not signed in, and messages for the next page."""

from dataclasses import dataclass

from starlette.responses import Response


@dataclass(frozen=True, slots=True)
class CookieNames:
    """Names of the cookies; `__Host-` where HTTPS allows it, so that no other host can set them."""

    session: str
    visit: str
    flash: str
    secure: bool

    @classmethod
    def for_site(cls, *, https: bool) -> "CookieNames":
        """Return the names for a site with or without HTTPS."""
        prefix = "__Host-" if https else ""
        return cls(f"{prefix}session", f"{prefix}visit", f"{prefix}flash", https)


def set_cookie(response: Response, name: str, value: str, *, secure: bool) -> None:
    """Set a cookie that ends with the browser and that scripts and other sites do not get."""
    response.set_cookie(name, value, path="/", secure=secure, httponly=True, samesite="lax")


def clear_cookie(response: Response, name: str, *, secure: bool) -> None:
    """Take a cookie away."""
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")
