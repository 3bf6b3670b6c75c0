"""Saving accounts: the row, its roles and the audit of what changed, in one transaction."""

from collections.abc import Mapping

from crate_core.audit import AuditKind
from crate_core.database import WriteSession
from crate_core.models import UserAccount, UserRole
from crate_web.rdbm.noting import note
from crate_web.rdbm.users.forms import AccountForm, NewAccountForm
from crate_web.rdbm.users.queries import find_by_name
from crate_web.requests import PageRequest

_PLAIN = (
    "title",
    "first_name",
    "last_name",
    "telephone",
    "address",
    "signatory_title",
    "is_consultant",
)


def create(
    session: WriteSession, request: PageRequest, form: NewAccountForm, password_hash: str
) -> int | None:
    """Make an account; None when the username is somebody's already.

    The same name for the same person is the second post of one form: the first one's account is the result.
    """
    existing = find_by_name(session, form.username)
    if existing is not None:
        same = (existing.last_name, existing.email) == (form.last_name, form.email)
        return existing.id if same else None
    account = UserAccount(
        username=form.username,
        password_hash=password_hash,
        created_at=request.now,
        email="",
        roles=[],
    )
    session.add(account)
    _fill(account, request, form)
    session.flush()
    _note_change(session, request, account, {"created": True, "roles": sorted(account.role_set)})
    return account.id


def change(session: WriteSession, request: PageRequest, account_id: int, form: AccountForm) -> None:
    """Change an account, and tell the audit what it was before."""
    account = session.get_one(UserAccount, account_id)
    before = _facts(account)
    _fill(account, request, form)
    session.flush()
    after = _facts(account)
    changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if changed:
        _note_change(session, request, account, changed)


def set_active(
    session: WriteSession, request: PageRequest, account_id: int, *, active: bool
) -> bool:
    """Disable an account and end its sessions, or enable it; false if it is so already."""
    account = session.get_one(UserAccount, account_id)
    if account.is_active == active:
        return False
    account.is_active = active
    if not active:
        request.site.sessions.end_all_of(session, account.id, request.now)
    _note_change(session, request, account, {"is_active": [not active, active]})
    return True


def set_password(
    session: WriteSession, request: PageRequest, account_id: int, password_hash: str
) -> None:
    """Give an account another password and end its sessions."""
    account = session.get_one(UserAccount, account_id)
    account.password_hash = password_hash
    request.site.sessions.end_all_of(session, account.id, request.now)
    _note_change(session, request, account, {"password": "reset"})


def _fill(account: UserAccount, request: PageRequest, form: AccountForm) -> None:
    for name in _PLAIN:
        setattr(account, name, getattr(form, name))
    if not form.email_checked:
        account.email_verified_at = None
    elif account.email_verified_at is None or account.email != form.email:
        account.email_verified_at = request.now
    account.email = form.email
    account.address = "\n".join(form.address.splitlines())
    kept = [row for row in account.roles if row.role in form.roles]
    added = set(form.roles) - {row.role for row in kept}
    account.roles = [*kept, *(UserRole(role=role) for role in sorted(added))]


def _facts(account: UserAccount) -> dict[str, object]:
    return {
        **{name: getattr(account, name) for name in _PLAIN},
        "email": account.email,
        "email_checked": account.email_verified_at is not None,
        "roles": sorted(account.role_set),
    }


def _note_change(
    session: WriteSession,
    request: PageRequest,
    account: UserAccount,
    detail: Mapping[str, object],
) -> None:
    note(
        session,
        request,
        AuditKind.USER_CHANGED,
        f"user:{account.id}",
        username=account.username,
        **detail,
    )
