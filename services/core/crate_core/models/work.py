"""Things for the research database manager that no other row stands for."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from crate_core.database.types import LongText
from crate_core.models.base import Base, Code, Key, Line

REPEAT_AFTER_VETO = "repeat_after_veto"
"""Kind of finding that holds a request until the RDBM confirms it: an earlier one was vetoed (C37)."""


class WorkItem(Base):
    """A finding that waits for the RDBM's attention (a serious stop, a part missing in a pack).

    Letters to post, replies to enter, mails and jobs that failed stand for themselves.
    """

    __tablename__ = "work_item"

    id: Mapped[Key]
    effect_key: Mapped[str] = mapped_column(String(100), unique=True)
    kind: Mapped[Code]
    serious: Mapped[bool] = mapped_column(default=False)
    summary: Mapped[Line]
    detail: Mapped[str] = mapped_column(LongText, default="")
    contact_request_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("contact_request.id"), index=True
    )
    consent_mode_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("consent_mode.id"))
    """The choice it is about, where it is about no request."""
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None] = mapped_column(index=True)
    done_by_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))
