"""What happens at a log-in: throttle, check, session, audit."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from crate_core.audit import AuditKind, record
from crate_core.database import WriteSession
from crate_core.models.users import UserAccount
from crate_core.telemetry.logs import get_logger
from crate_core.telemetry.metrics import LOGINS
from crate_web.auth import queries
from crate_web.auth.throttle import must_wait
from crate_web.requests import PageRequest

log = get_logger(__name__)


class Outcome(StrEnum):
    """What came of a log-in; a label of `crate_logins_total`."""

    SUCCESS = "success"
    FAILED = "failed"
    THROTTLED = "throttled"


@dataclass(frozen=True, slots=True)
class Attempt:
    """The outcome, and the token of the new session where there is one."""

    outcome: Outcome
    token: str = ""


def attempt(request: PageRequest, username: str, password: str) -> Attempt:
    """Try to sign somebody in (C120); raises TemporaryError when the database is away."""
    site, now, address = request.site, request.now, request.address
    outcome, user, name_hash = check(request, username, password)
    if outcome is not Outcome.SUCCESS or user is None:
        return _told(outcome, user)
    new_hash = (
        site.passwords.hash(password) if site.passwords.is_outdated(user.password_hash) else None
    )
    user_id = user.id

    def begin(session: WriteSession) -> str:
        account = session.get_one(UserAccount, user_id)
        if new_hash:
            account.password_hash = new_hash
        if request.visitor:
            site.sessions.end(session, request.visitor.session_id, now)
        queries.forget_failures(session, username_hash=name_hash, before=_since(request))
        record(session, AuditKind.LOGIN, actor=account, address=address)
        return site.sessions.begin(session, account, now=now, address=address)

    token = site.database.write(begin)
    return Attempt(_told(Outcome.SUCCESS, user).outcome, token)


def check(
    request: PageRequest, username: str, password: str
) -> tuple[Outcome, UserAccount | None, str]:
    """Say whether the password is right, unless it was wrong too often; note it when it is wrong (C120).

    Returns:
        What it was, the account of that name if there is one, and the keyed hash of its name.
    """
    site = request.site
    with site.database.read() as session:
        user = queries.find_user(session, username)
        # Databases take other spellings (accents, case) for one name: each must not be tried anew.
        name = user.username if user else username
        name_hash = site.name_signer.keyed_hash(name.casefold())
        failures = queries.count_failures(
            session, username_hash=name_hash, address=request.address, since=_since(request)
        )
    if must_wait(failures, site.settings.login_failures_allowed):
        return Outcome.THROTTLED, user, name_hash
    # No connection is held while the password is hashed.
    if not site.passwords.is_right(user.password_hash if user else None, password) or user is None:
        last_try = failures.of_name + 1 == site.settings.login_failures_allowed
        site.database.write(
            lambda session: _note_failure(session, request, user, name_hash, now_waits=last_try)
        )
        return Outcome.FAILED, user, name_hash
    return Outcome.SUCCESS, user, name_hash


def _since(request: PageRequest) -> datetime:
    return request.now - timedelta(minutes=request.site.settings.login_failure_minutes)


def _note_failure(
    session: WriteSession,
    request: PageRequest,
    user: UserAccount | None,
    name_hash: str,
    *,
    now_waits: bool,
) -> None:
    queries.add_failure(session, username_hash=name_hash, address=request.address, now=request.now)
    # What was typed may be a password in the wrong field: only names of accounts are written down.
    who = user.username if user else ""
    record(
        session,
        AuditKind.LOGIN_FAILED,
        actor=who,
        address=request.address,
        detail={"name_hash": name_hash[:16]},
    )
    if now_waits:
        record(session, AuditKind.LOGIN_THROTTLED, actor=who, address=request.address)


def _told(outcome: Outcome, user: UserAccount | None) -> Attempt:
    LOGINS.labels(outcome=outcome).inc()
    log.info("log-in", outcome=outcome, user=user.id if user else None)
    return Attempt(outcome)
