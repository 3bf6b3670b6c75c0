"""Protection against posts from other sites: a token, and what browsers say of the origin."""

import hmac
import secrets

from starlette.datastructures import Headers

from crate_web.access import RefusedError
from crate_web.signing import Signer, decode, encode

FIELD = "csrf_token"
HEADER = "x-csrf-token"
_NONCE_BYTES = 16


class ForgedPostError(RefusedError):
    """A post that did not come from a page of this site, or from one that is too old."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            reason="Go back, load the page again, and send it once more.",
            heading="This form is no longer valid",
        )


class CsrfTokens:
    """Makes and checks tokens; each is different, so that compressed pages do not give it away."""

    def __init__(self, signer: Signer) -> None:
        """Use `signer`, of the purpose "csrf"."""
        self._signer = signer

    def make(self, binding: str) -> str:
        """Return a new token for the visitor that `binding` (a session or visit cookie) stands for."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return encode(nonce + self._signer.digest(nonce + binding.encode()))

    def is_valid(self, token: str, binding: str) -> bool:
        """Say whether `token` was made for `binding`."""
        raw = decode(token)
        if raw is None or not binding:
            return False
        nonce, signature = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
        return hmac.compare_digest(signature, self._signer.digest(nonce + binding.encode()))


def comes_from_here(headers: Headers, origins: frozenset[str]) -> bool:
    """Say whether a browser's headers allow that a page of this site sent the request.

    Sec-Fetch-Site decides where the browser sends it. Our pages send no referrer, which makes browsers say
    "Origin: null" even for own forms, so that value says nothing; the token is asked for in any case.

    Args:
        headers: of the request.
        origins: this site's origins, such as "https://research.example.org".
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin in {None, "null"} or origin in origins
