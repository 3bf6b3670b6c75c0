"""The chain of hashes: a changed, removed or inserted event shows."""

import hashlib
import json
from dataclasses import dataclass

import structlog
from sqlalchemy import func, select

from crate_core.database.sessions import ReadSession, WriteSession
from crate_core.models.audit import AuditEvent

log = structlog.get_logger()

SEAL_BATCH = 1000
"""Events that one call of `seal` chains at most."""
_GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` found.

    Attributes:
        sealed: events in the chain.
        unsealed: events not yet sealed.
        broken_at: position of the first event that does not fit, or None if all fit.
        head: hash of the last sealed event; compare it with the one logged when it was sealed.
    """

    sealed: int
    unsealed: int
    broken_at: int | None
    head: str


def seal(session: WriteSession) -> int:
    """Chain the events that are not sealed yet, oldest first, a batch at most.

    Only one sealer may run (it is a job, of which one is open); the unique index on the position
    makes a second one fail rather than fork the chain.

    Returns:
        How many were sealed.
    """
    last = session.execute(
        select(AuditEvent.position, AuditEvent.hash)
        .where(AuditEvent.position.is_not(None))
        .order_by(AuditEvent.position.desc())
        .limit(1)
    ).first()
    position, previous = (last.position or 0, last.hash or "") if last else (0, _GENESIS)
    events = session.scalars(
        select(AuditEvent)
        .where(AuditEvent.position.is_(None))
        .order_by(AuditEvent.id)
        .limit(SEAL_BATCH)
    ).all()
    for event in events:
        position += 1
        event.position = position
        event.hash = previous = _link(previous, event)
    if events:
        # The log leaves this machine: who rewrites the whole chain still differs from it.
        log.info("audit sealed", events=len(events), position=position, head=previous)
    return len(events)


@dataclass(frozen=True, slots=True)
class Stretch:
    """What `verify_stretch` found.

    Attributes:
        reached: position of the last event that was looked at; that before it if there is none.
        fits: whether every event follows from the one before it.
        is_end: whether the chain ends there.
    """

    reached: int
    fits: bool
    is_end: bool


def verify_stretch(
    session: ReadSession | WriteSession, after: int, batch: int = SEAL_BATCH
) -> Stretch:
    """Tell whether the events after position `after` fit, `batch` at most; 0 begins the chain."""
    events = session.scalars(
        select(AuditEvent)
        .where(AuditEvent.position >= max(after, 1))
        .order_by(AuditEvent.position)
        .limit(batch)
    ).all()
    previous, position = _GENESIS, 0
    if after and events:
        previous, position = events[0].hash or "", after
        if events[0].position != after:
            return Stretch(after, fits=False, is_end=False)
    for event in events[1 if after else 0 :]:
        position += 1
        if event.position != position or event.hash != _link(previous, event):
            return Stretch(position, fits=False, is_end=False)
        previous = event.hash
    fits = bool(events) or not after
    return Stretch(position, fits=fits, is_end=len(events) < batch)


def verify(session: ReadSession) -> Verification:
    """Walk the whole chain and tell whether every event still fits."""
    previous = _GENESIS
    broken_at = None
    events = session.scalars(
        select(AuditEvent)
        .where(AuditEvent.position.is_not(None))
        .order_by(AuditEvent.position)
        .execution_options(yield_per=SEAL_BATCH)
    )
    for expected, event in enumerate(events, start=1):
        if event.position != expected or event.hash != _link(previous, event):
            broken_at = expected
            break
        previous = event.hash
    sealed = session.scalar(
        select(func.count()).select_from(AuditEvent).where(AuditEvent.position.is_not(None))
    )
    unsealed = session.scalar(
        select(func.count()).select_from(AuditEvent).where(AuditEvent.position.is_(None))
    )
    return Verification(sealed or 0, unsealed or 0, broken_at, previous)


def _link(previous: str, event: AuditEvent) -> str:
    content = [
        previous,
        event.id,
        event.position,
        event.at.isoformat(timespec="microseconds"),
        event.kind,
        event.actor_id,
        event.actor,
        event.address,
        event.subject,
        event.detail,
    ]
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
