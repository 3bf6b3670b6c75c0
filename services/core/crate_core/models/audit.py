"""The audit: who did what, append-only, sealed by a chain of hashes."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from crate_core.models.base import Base, Code, Key, Line, unique_where_set


class AuditEvent(Base):
    """Something that somebody did.

    Holds no foreign key, so that it survives everything else. `position` and `hash` are set
    by the sealer, in batches: `hash` covers the row and the hash before it.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        unique_where_set("uq_audit_event_position", "position"),
        Index("ix_audit_event_kind_at", "kind", "at"),
        Index("ix_audit_event_actor_at", "actor_id", "at"),
    )

    id: Mapped[Key]
    at: Mapped[datetime]
    kind: Mapped[Code]
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor: Mapped[Line] = mapped_column(default="")
    address: Mapped[Code] = mapped_column(default="")
    subject: Mapped[Line] = mapped_column(default="")
    """What it was done to, such as "request:7KQ4-..." or "patient:<keyed hash>"."""
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    position: Mapped[int | None] = mapped_column(BigInteger)
    hash: Mapped[str | None] = mapped_column(String(64))
