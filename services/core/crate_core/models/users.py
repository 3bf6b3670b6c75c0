"""People with an account, what they may do, and their sessions."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crate_core.domain.roles import Role
from crate_core.models.base import Base, Code, Key, Line, ShortText


class UserAccount(Base):
    """A person with an account. Accounts are disabled, never deleted: the audit names them."""

    __tablename__ = "user_account"

    id: Mapped[Key]
    username: Mapped[ShortText] = mapped_column(unique=True)
    password_hash: Mapped[Line] = mapped_column(deferred=True)
    """Read by the log-in alone: the accounts of other services on the database have no right to it."""
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]

    title: Mapped[Code] = mapped_column(default="")
    first_name: Mapped[ShortText] = mapped_column(default="")
    last_name: Mapped[ShortText] = mapped_column(default="")
    email: Mapped[Line] = mapped_column(default="")
    email_verified_at: Mapped[datetime | None]
    telephone: Mapped[Code] = mapped_column(default="")
    address: Mapped[str] = mapped_column(Unicode(800), default="")
    """Postal address, a line a row."""
    signatory_title: Mapped[Line] = mapped_column(default="")
    is_consultant: Mapped[bool] = mapped_column(default=False)

    rows_per_page: Mapped[int] = mapped_column(default=50)

    roles: Mapped[list["UserRole"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", passive_deletes=True
    )

    @property
    def role_set(self) -> frozenset[Role]:
        """The roles that this person holds."""
        return frozenset(Role(row.role) for row in self.roles)

    @property
    def full_name(self) -> str:
        """Title, first and last name as far as known, else the username."""
        name = " ".join(part for part in (self.title, self.first_name, self.last_name) if part)
        return name or self.username


class UserRole(Base):
    """One role of one person."""

    __tablename__ = "user_role"
    __table_args__ = (UniqueConstraint("user_id", "role"),)

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("user_account.id", ondelete="CASCADE")
    )
    role: Mapped[Code]


class LoginSession(Base):
    """A signed-in browser; only a hash of its cookie is known here."""

    __tablename__ = "login_session"

    id: Mapped[Key]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    """Absolute end; the idle limit is counted from `last_seen_at`."""
    revoked_at: Mapped[datetime | None]
    address: Mapped[Code] = mapped_column(default="")
    last_visit_at: Mapped[datetime | None]
    """When this person was seen last before this session; None at the first visit."""

    user: Mapped[UserAccount] = relationship()


class LoginFailure(Base):
    """A failed log-in, counted over all web processes to slow down guessing (C120)."""

    __tablename__ = "login_failure"
    __table_args__ = (
        Index("ix_login_failure_name_at", "username_hash", "at"),
        Index("ix_login_failure_address_at", "address", "at"),
    )

    id: Mapped[Key]
    username_hash: Mapped[str] = mapped_column(String(64))
    address: Mapped[Code]
    at: Mapped[datetime]
