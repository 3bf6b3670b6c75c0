"""Addresses of a patient's pages: the NHS number in them is encrypted, and opens in one session only."""

import base64
import hmac

from cryptography.fernet import Fernet, InvalidToken
from starlette.exceptions import HTTPException

from crate_web.requests import PageRequest

_PURPOSE = b"crate-web patient links|"


def patient_link(request: PageRequest, nhs_number: int) -> str:
    """Return what stands for a patient in addresses, for this session only.

    Whoever finds it in a log or a history of a browser learns nothing.
    """
    return _cipher(request).encrypt(str(nhs_number).encode()).decode().rstrip("=")


def patient_of(request: PageRequest) -> int:
    """Return the NHS number behind the address.

    Raises:
        HTTPException: 404 when it was made for another session, or by nobody.
    """
    link: str = request.path_params["patient"]
    try:
        return int(_cipher(request).decrypt(link + "=" * (-len(link) % 4)))
    except (InvalidToken, ValueError) as error:
        raise HTTPException(404) from error


def _cipher(request: PageRequest) -> Fernet:
    secret = request.site.settings.secret_key
    assert secret is not None  # noqa: S101 (`require` has checked it)
    binding = _PURPOSE + request.user.session_hash.encode()
    key = hmac.digest(secret.get_secret_value().encode(), binding, "sha256")
    return Fernet(base64.urlsafe_b64encode(key))
