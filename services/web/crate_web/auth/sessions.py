"""Sessions: a random token in a cookie, its hash and its times in the database."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select, update

from crate_core.database import Database, WriteSession
from crate_core.domain.roles import Role
from crate_core.models.users import LoginSession, UserAccount, UserRole
from crate_web.signing import hash_token, random_token
from crate_web.visitor import Visitor

_SEEN_EVERY = timedelta(minutes=1)
_TOKEN_LENGTH = 43

# Session, person and roles in one question: it is asked on every page.
_LOAD = (
    select(
        LoginSession.id,
        LoginSession.last_seen_at,
        LoginSession.expires_at,
        LoginSession.last_visit_at,
        UserAccount.id.label("user_id"),
        UserAccount.username,
        UserAccount.title,
        UserAccount.first_name,
        UserAccount.last_name,
        UserAccount.rows_per_page,
        UserRole.role,
    )
    .join(UserAccount, UserAccount.id == LoginSession.user_id)
    .outerjoin(UserRole, UserRole.user_id == UserAccount.id)
    .where(
        LoginSession.token_hash == bindparam("token_hash"),
        LoginSession.revoked_at.is_(None),
        UserAccount.is_active,
    )
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long sessions live."""

    idle: timedelta
    absolute: timedelta

    def is_live(self, *, last_seen_at: datetime, expires_at: datetime, now: datetime) -> bool:
        """Say whether a session still counts."""
        return now < expires_at and now - last_seen_at < self.idle


class Sessions:
    """Begins, finds and ends sessions."""

    def __init__(self, database: Database, *, idle_minutes: int, hours: int) -> None:
        """Keep the limits: unused for `idle_minutes`, or begun `hours` ago, a session is over."""
        self._database = database
        self.limits = Limits(timedelta(minutes=idle_minutes), timedelta(hours=hours))

    def load(self, token: str, now: datetime, *, in_use: bool = True) -> Visitor | None:
        """Return who is signed in by `token`, or None when that is over or never was.

        Args:
            token: from the cookie.
            now: the moment of the request.
            in_use: false for a page that brings itself up to date: no person keeps the session alive.
        """
        if len(token) != _TOKEN_LENGTH:
            return None
        token_hash = hash_token(token)
        rows = self._database.rows(_LOAD, {"token_hash": token_hash})
        if not rows:
            return None
        row = rows[0]
        if not self.limits.is_live(
            last_seen_at=row.last_seen_at, expires_at=row.expires_at, now=now
        ):
            return None
        if in_use and now - row.last_seen_at >= _SEEN_EVERY:
            self._note_seen(row.id, now)
        name = " ".join(part for part in (row.title, row.first_name, row.last_name) if part)
        return Visitor(
            user_id=row.user_id,
            username=row.username,
            full_name=name or row.username,
            roles=frozenset(Role(each.role) for each in rows if each.role is not None),
            rows_per_page=row.rows_per_page,
            session_id=row.id,
            session_hash=token_hash,
            last_visit_at=row.last_visit_at,
        )

    def begin(
        self,
        session: WriteSession,
        user: UserAccount,
        *,
        now: datetime,
        address: str,
        until: datetime | None = None,
    ) -> str:
        """Begin a session of `user` and return the token for the cookie; nothing else knows it.

        Args:
            session: a transaction.
            user: who is signed in.
            now: the moment.
            address: the network address that it came from.
            until: its absolute end, where it goes on for one that began earlier.
        """
        token = random_token()
        last_visit_at = session.scalar(
            select(func.max(LoginSession.last_seen_at)).where(LoginSession.user_id == user.id)
        )
        session.add(
            LoginSession(
                token_hash=hash_token(token),
                user_id=user.id,
                created_at=now,
                last_seen_at=now,
                expires_at=until or now + self.limits.absolute,
                address=address,
                last_visit_at=last_visit_at,
            )
        )
        return token

    def end(self, session: WriteSession, session_id: int, now: datetime) -> None:
        """End one session at once, wherever it is used."""
        session.execute(
            update(LoginSession)
            .where(LoginSession.id == session_id, LoginSession.revoked_at.is_(None))
            .values(revoked_at=now)
        )

    def end_all_of(self, session: WriteSession, user_id: int, now: datetime) -> None:
        """End all sessions of one person."""
        session.execute(
            update(LoginSession)
            .where(LoginSession.user_id == user_id, LoginSession.revoked_at.is_(None))
            .values(revoked_at=now)
        )

    def _note_seen(self, session_id: int, now: datetime) -> None:
        # Several requests of one page arrive together: the first one writes.
        statement = (
            update(LoginSession)
            .where(LoginSession.id == session_id, LoginSession.last_seen_at <= now - _SEEN_EVERY)
            .values(last_seen_at=now)
        )
        self._database.write(
            lambda session: session.execute(
                statement, execution_options={"synchronize_session": False}
            )
        )
