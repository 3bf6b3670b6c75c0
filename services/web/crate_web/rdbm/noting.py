"""Who acts: the signed-in account, and what it did, in the audit."""

from starlette.exceptions import HTTPException

from crate_core.audit import AuditKind, keyed_hash, record
from crate_core.database import WriteSession
from crate_core.models import UserAccount
from crate_web.requests import PageRequest


def account_of(session: WriteSession, request: PageRequest) -> UserAccount:
    """Return the account of the person who asks."""
    return session.get_one(UserAccount, request.user.user_id)


def note(
    session: WriteSession,
    request: PageRequest,
    kind: AuditKind,
    subject: str,
    /,
    **detail: object,
) -> None:
    """Audit what the signed-in person does, in the transaction that does it."""
    record(
        session,
        kind,
        actor=account_of(session, request),
        address=request.address,
        subject=subject,
        detail=detail,
    )


def patient_subject(request: PageRequest, nhs_number: int) -> str:
    """Return how the audit names a patient: by a hash that only this site can make."""
    key = request.site.settings.secret_key
    assert key is not None  # noqa: S101 (`require` has checked it)
    return f"patient:{keyed_hash(key, nhs_number)}"


def number_in_path(request: PageRequest, name: str) -> int:
    """Return a number of the address.

    Raises:
        HTTPException: 404 for one that no key can be.
    """
    number: int = request.path_params[name]
    if number >= 2**63:
        raise HTTPException(404)
    return number
