"""Queries of researchers, their runs, stored results, and what the databases hold."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crate_core.database.types import LongBytes, LongText
from crate_core.models.base import Base, Code, Key, Line, ShortText
from crate_core.models.users import UserAccount


class RunStatus(StrEnum):
    """Where a run is (research spec 0)."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    REJECTED = "rejected"
    LOST = "lost"


class ResearchQuery(Base):
    """A saved text; saving the same text again finds the same row (R38)."""

    __tablename__ = "research_query"
    __table_args__ = (UniqueConstraint("owner_id", "database", "sql_sha256"),)

    id: Mapped[Key]
    owner_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    database: Mapped[ShortText]
    sql: Mapped[str] = mapped_column(LongText)
    sql_sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[Line] = mapped_column(default="")
    created_at: Mapped[datetime]
    used_at: Mapped[datetime]
    """When it was last saved or run; lists begin with the newest."""


class ResearchRun(Base):
    """One execution of one text."""

    __tablename__ = "research_run"
    __table_args__ = (
        CheckConstraint(
            "status IN ('queued', 'running', 'done', 'failed', 'cancelled', 'timed_out', "
            "'rejected', 'lost')",
            name="status_known",
        ),
        Index("ix_research_run_owner_created", "owner_id", "created_at"),
        Index("ix_research_run_status", "status"),
    )

    id: Mapped[Key]
    owner_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"))
    query_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("research_query.id"))
    database: Mapped[ShortText]
    sql: Mapped[str] = mapped_column(LongText)
    """The text as given, byte for byte (R5, R6)."""
    submission: Mapped[Code] = mapped_column(unique=True)
    """The form's own number: a second post of the same form finds this run."""
    address: Mapped[Code] = mapped_column(default="")
    status: Mapped[Code] = mapped_column(default=RunStatus.QUEUED)
    message: Mapped[str] = mapped_column(LongText, default="")
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    cancel_requested_at: Mapped[datetime | None]
    columns: Mapped[str] = mapped_column(LongText, default="[]")
    """JSON list of the columns' names."""
    rows_kept: Mapped[int] = mapped_column(default=0)
    rows_total: Mapped[int | None] = mapped_column(BigInteger)
    """All rows that the statement gave; none when they were not counted to the end."""
    bytes_kept: Mapped[int] = mapped_column(BigInteger, default=0)

    owner: Mapped[UserAccount] = relationship()


class ResearchRunChunk(Base):
    """Some consecutive rows of a result, compressed."""

    __tablename__ = "research_run_chunk"
    __table_args__ = (UniqueConstraint("run_id", "first_row"),)

    id: Mapped[Key]
    run_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("research_run.id"))
    first_row: Mapped[int]
    """Number of its first row, from 0."""
    row_count: Mapped[int]
    content: Mapped[bytes] = mapped_column(LongBytes)


class ResearchColumn(Base):
    """A column of a research database, as the runner last read it."""

    __tablename__ = "research_column"
    __table_args__ = (UniqueConstraint("database", "table_name", "column_name"),)

    id: Mapped[Key]
    database: Mapped[ShortText]
    table_name: Mapped[ShortText]
    column_name: Mapped[ShortText]
    position: Mapped[int]
    data_type: Mapped[ShortText]
    comment: Mapped[str] = mapped_column(LongText, default="")
    read_at: Mapped[datetime]
