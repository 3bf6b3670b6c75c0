"""All SQL of signing in and of the own account."""

from datetime import datetime

from sqlalchemy import ColumnElement, case, delete, func, or_, select
from sqlalchemy.orm import undefer

from crate_core.database import ReadSession, WriteSession
from crate_core.models.users import LoginFailure, LoginSession, UserAccount
from crate_web.auth.throttle import Failures

Session = ReadSession | WriteSession


def find_user(session: Session, username: str) -> UserAccount | None:
    """Return the active account of that name, with the hash of its password."""
    return session.scalar(
        select(UserAccount)
        .where(UserAccount.username == username, UserAccount.is_active)
        .options(undefer(UserAccount.password_hash))
    )


def count_failures(
    session: Session, *, username_hash: str, address: str, since: datetime
) -> Failures:
    """Count failed log-ins since a moment, of the name and from the address."""
    of_name, from_address = session.execute(
        select(
            func.coalesce(func.sum(_one_if(LoginFailure.username_hash == username_hash)), 0),
            func.coalesce(func.sum(_one_if(LoginFailure.address == address)), 0),
        ).where(
            LoginFailure.at > since,
            or_(LoginFailure.username_hash == username_hash, LoginFailure.address == address),
        )
    ).one()
    return Failures(of_name=int(of_name), from_address=int(from_address))


def add_failure(session: WriteSession, *, username_hash: str, address: str, now: datetime) -> None:
    """Note a failed log-in."""
    session.add(LoginFailure(username_hash=username_hash, address=address, at=now))


def forget_failures(session: WriteSession, *, username_hash: str, before: datetime) -> None:
    """Forget failures of somebody who is in now, and everybody's that no longer count."""
    session.execute(
        delete(LoginFailure).where(
            or_(LoginFailure.username_hash == username_hash, LoginFailure.at <= before)
        )
    )


def live_sessions(
    session: Session, user_id: int, *, now: datetime, seen_after: datetime
) -> list[LoginSession]:
    """Return where a person is signed in, the latest use first."""
    return list(
        session.scalars(
            select(LoginSession)
            .where(
                LoginSession.user_id == user_id,
                LoginSession.revoked_at.is_(None),
                LoginSession.expires_at > now,
                LoginSession.last_seen_at > seen_after,
            )
            .order_by(LoginSession.last_seen_at.desc())
        )
    )


def _one_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)
