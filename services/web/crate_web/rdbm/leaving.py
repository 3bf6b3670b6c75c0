"""Letting a thing rest: a mail that failed, or a question that expired, needs nothing more.

The row that tells of it stays as it is; a finished work item says that somebody decided so. It is
about this occasion only: should the same mail fail again later, it waits again.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from crate_core.database import ReadSession, WriteSession
from crate_core.models import WorkItem
from crate_web.requests import PageRequest

MAIL = "mail"
EXPIRED = "expired"
_KIND = "left"


def key_of(what: str, row_id: int, since: datetime) -> str:
    """Return what stands for one occasion: a mail that failed or a request that expired at `since`."""
    return f"{_KIND}:{what}:{row_id}:{since:%Y%m%d%H%M%S%f}"


def left_among(session: ReadSession | WriteSession, keys: Collection[str]) -> frozenset[str]:
    """Return the keys of those occasions about which somebody decided that nothing more is needed."""
    if not keys:
        return frozenset()
    statement = select(WorkItem.effect_key).where(WorkItem.effect_key.in_(keys))
    return frozenset(session.scalars(statement))


def leave(
    session: WriteSession,
    request: PageRequest,
    key: str,
    summary: str,
    *,
    contact_request_id: int | None,
) -> None:
    """Note that nothing more is needed; a second time changes nothing."""
    if left_among(session, [key]):
        return
    session.add(
        WorkItem(
            effect_key=key,
            kind=_KIND,
            summary=summary,
            contact_request_id=contact_request_id,
            created_at=request.now,
            done_at=request.now,
            done_by_id=request.user.user_id,
        )
    )
    session.flush()
