"""Keyed signatures with one key for each purpose, all made from the site's secret."""

import base64
import hashlib
import hmac
import secrets


def encode(data: bytes) -> str:
    """Return `data` as URL-safe text without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes | None:
    """Return what `encode` was given, or None when `text` is not of that form."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None


class Signer:
    """Signs and checks for one purpose; signatures of another purpose never match."""

    def __init__(self, secret: str, purpose: str) -> None:
        """Derive the key of `purpose` from the site's secret."""
        self._key = hmac.digest(secret.encode(), f"crate-web {purpose}".encode(), hashlib.sha256)

    def digest(self, data: bytes) -> bytes:
        """Return the 32 byte signature of `data`."""
        return hmac.digest(self._key, data, hashlib.sha256)

    def keyed_hash(self, text: str) -> str:
        """Return a hexadecimal hash of `text` that only this site can compute."""
        return self.digest(text.encode()).hex()

    def sign(self, data: bytes) -> str:
        """Return `data` with its signature, as URL-safe text."""
        return encode(self.digest(data) + data)

    def open(self, text: str) -> bytes | None:
        """Return the data of a text made by `sign`, or None when it is not ours."""
        raw = decode(text)
        if raw is None or len(raw) < hashlib.sha256().digest_size:
            return None
        signature, data = raw[:32], raw[32:]
        return data if hmac.compare_digest(signature, self.digest(data)) else None


def random_token() -> str:
    """Return 32 random bytes as URL-safe text."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """Return the form in which a random token is stored: SHA-256, hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()
