"""Work to be done elsewhere or later: outbox, retry, reminder and schedule in one table."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from crate_core.database.types import LongText
from crate_core.models.base import Base, Code, Key, unique_where_set


class Job(Base):
    """One piece of work, written in the transaction that asks for it (design 4).

    `open_key` is "task:subject" until the job is done: its unique index allows one open job
    of a kind a subject. A failed job stays open, until somebody retries it.
    """

    __tablename__ = "job"
    __table_args__ = (
        unique_where_set("uq_job_open", "open_key"),
        Index("ix_job_publish", "next_publish_at"),
        Index("ix_job_claim", "claimed_by"),
    )

    id: Mapped[Key]
    task: Mapped[Code]
    subject_id: Mapped[int] = mapped_column(BigInteger)
    open_key: Mapped[str | None] = mapped_column(String(100))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    next_publish_at: Mapped[datetime | None]
    """When the relay publishes it (again); NULL once it is done or failed."""
    published_count: Mapped[int] = mapped_column(default=0)
    """How often it was published since it was last started."""
    claimed_by: Mapped[str | None] = mapped_column(String(32))
    """The batch of the relay that published it last; none once it is started."""
    attempts: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    """A worker has it until then; later it may be started again."""
    last_error: Mapped[str] = mapped_column(LongText, default="")
    done_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
