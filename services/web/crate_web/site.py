"""The collaborators of one web process, made once by `bootstrap` and reached through `request.site`."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from anyio import CapacityLimiter
from starlette.requests import Request

from crate_core.database import Database
from crate_core.settings import Settings
from crate_web.auth.hashing import PasswordHashing
from crate_web.auth.sessions import Sessions
from crate_web.cookies import CookieNames
from crate_web.csrf import CsrfTokens
from crate_web.feature import Feature
from crate_web.pages import Pages
from crate_web.paths import Urls
from crate_web.signing import Signer


@dataclass(frozen=True, slots=True)
class Address:
    """The public address of the site, taken apart."""

    origin: str
    prefix: str
    https: bool

    @classmethod
    def of(cls, public_url: str) -> "Address":
        """Take `CRATE_PUBLIC_URL` apart; a default port is left out of the origin, as browsers do."""
        parts = urlsplit(public_url)
        default = {"http": 80, "https": 443}[parts.scheme]
        port = "" if parts.port in {None, default} else f":{parts.port}"
        return cls(
            f"{parts.scheme}://{parts.hostname}{port}",
            parts.path.rstrip("/"),
            parts.scheme == "https",
        )


@dataclass(frozen=True, slots=True)
class Site:
    """Everything that handlers use."""

    settings: Settings
    database: Database
    address: Address
    features: tuple[Feature, ...]
    urls: Urls
    pages: Pages
    sessions: Sessions
    passwords: PasswordHashing
    password_limiter: CapacityLimiter
    csrf: CsrfTokens
    cookies: CookieNames
    flash_signer: Signer
    name_signer: Signer
    """For keyed hashes of user names of failed log-ins."""

    def origins(self, request: Request) -> frozenset[str]:
        """Return the origins of this site's forms: the public one, and the one that was asked."""
        host = request.headers.get("host", "")
        return frozenset({self.address.origin, f"{request.url.scheme}://{host}"})
