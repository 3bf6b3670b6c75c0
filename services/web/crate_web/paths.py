"""Addresses of pages: made from route names, and checked before somebody is sent to one."""

import re
from collections.abc import Iterable
from urllib.parse import quote, urlencode

from starlette.routing import Route

_PARAMETER = re.compile(r"{(\w+)}")
_OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


class Urls:
    """Addresses by route name, with the path prefix of the site.

    Parameters that the path does not hold become the query, those that are None are left out.
    """

    def __init__(self, routes: Iterable[Route], prefix: str) -> None:
        """Learn the names of `routes`; two routes of one name must have one path."""
        self.prefix = prefix
        self._patterns: dict[str, tuple[str, frozenset[str]]] = {}
        for route in routes:
            pattern = (route.path_format, frozenset(_PARAMETER.findall(route.path_format)))
            if self._patterns.setdefault(route.name, pattern) != pattern:
                message = f"two routes are named {route.name!r}"
                raise ValueError(message)

    def __call__(self, name: str, /, **parameters: object) -> str:
        """Return the address of the route `name`.

        Raises:
            KeyError: there is no such route, or a parameter of its path is missing.
        """
        path, in_path = self._patterns[name]
        if in_path:
            path = _PARAMETER.sub(lambda match: quote(str(parameters[match[1]]), safe=""), path)
        query = {
            key: value
            for key, value in parameters.items()
            if key not in in_path and value is not None
        }
        return (
            f"{self.prefix}{path}?{urlencode(query, doseq=True)}"
            if query
            else f"{self.prefix}{path}"
        )


def own_path(target: str | None, prefix: str, default: str) -> str:
    """Return `target` when it is a path of this site, else `default` (C119, R2).

    Args:
        target: what somebody put into `next=`.
        prefix: path prefix of the site, "" or "/crate".
        default: where to go instead.
    """
    if target is None or not _OWN_PATH.fullmatch(target):
        return default
    path = re.split(r"[?#]", target, maxsplit=1)[0]
    # Browsers take "%2e" for a dot here, too.
    if any(part.lower().replace("%2e", ".") in {".", ".."} for part in path.split("/")):
        return default
    return target if path.startswith(f"{prefix}/") else default
