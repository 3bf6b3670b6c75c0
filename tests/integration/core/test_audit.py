"""The audit: written with what it tells, sealed by a chain in which every change shows."""

import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from crate_core.audit import (
    AuditKind,
    Verification,
    keyed_hash,
    record,
    seal,
    verify,
    verify_stretch,
)
from crate_core.database import Database, WriteSession
from crate_core.models import AuditEvent


def add_events(database: Database, number: int) -> None:
    def work(session: WriteSession) -> None:
        for place in range(number):
            record(session, AuditKind.LOGIN, actor="ann", address="192.0.2.1", detail={"n": place})

    database.write(work)


def verified(database: Database) -> Verification:
    with database.read() as session:
        return verify(session)


def test_sealed_events_verify(database: Database) -> None:
    add_events(database, 5)
    assert verified(database).unsealed == 5
    assert database.write(seal) == 5
    assert database.write(seal) == 0
    add_events(database, 2)
    database.write(seal)
    result = verified(database)
    assert (result.sealed, result.unsealed, result.broken_at) == (7, 0, None)


def test_event_of_rolled_back_work_is_not_there(database: Database) -> None:
    def fails(session: WriteSession) -> None:
        record(session, AuditKind.LOGIN, actor="ann")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        database.write(fails)
    assert verified(database).unsealed == 0


def counted(kind: AuditKind) -> float:
    return REGISTRY.get_sample_value("crate_audit_events_total", {"kind": kind}) or 0


def test_c134_events_are_counted_when_they_are_in_the_audit_and_once(database: Database) -> None:
    before, attempts = counted(AuditKind.LOGOUT), iter(range(2))

    def works_at_the_second_attempt(session: WriteSession) -> None:
        record(session, AuditKind.LOGOUT, actor="ann")
        record(session, AuditKind.LOGOUT, actor="bob")
        session.flush()
        assert counted(AuditKind.LOGOUT) == before
        if next(attempts) == 0:
            raise IntegrityError("INSERT", {}, Exception("somebody was faster"))

    def fails(session: WriteSession) -> None:
        record(session, AuditKind.LOGOUT, actor="ann")
        raise RuntimeError

    database.write(works_at_the_second_attempt)
    with pytest.raises(RuntimeError):
        database.write(fails)
    assert counted(AuditKind.LOGOUT) - before == 2
    assert verified(database).unsealed == 2


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "bob"},
        {"address": "192.0.2.9"},
        {"detail": {"n": 99}},
        {"kind": AuditKind.LOGOUT},
        {"subject": "somebody else"},
    ],
)
def test_changed_event_breaks_the_chain(database: Database, change: dict[str, object]) -> None:
    add_events(database, 4)
    database.write(seal)
    database.write(
        lambda session: session.change(
            update(AuditEvent).where(AuditEvent.position == 3).values(change)
        )
    )
    assert verified(database).broken_at == 3


def test_removed_event_breaks_the_chain(database: Database) -> None:
    add_events(database, 4)
    database.write(seal)
    database.write(
        lambda session: session.change(delete(AuditEvent).where(AuditEvent.position == 2))
    )
    assert verified(database).broken_at == 2


def test_removed_last_event_shows_in_the_head(database: Database) -> None:
    add_events(database, 4)
    database.write(seal)
    head = verified(database).head
    database.write(
        lambda session: session.change(delete(AuditEvent).where(AuditEvent.position == 4))
    )
    shortened = verified(database)
    assert shortened.broken_at is None
    assert shortened.head != head


def test_identifiers_stand_in_the_audit_as_keyed_hashes_only() -> None:
    key, other = SecretStr("k" * 40), SecretStr("o" * 40)
    assert keyed_hash(key, 9434765919) == keyed_hash(key, "9434765919")
    assert keyed_hash(key, 9434765919) != keyed_hash(other, 9434765919)
    assert "9434765919" not in keyed_hash(key, 9434765919)


def walk(database: Database, batch: int) -> list[bool]:
    """Walk along the whole chain in batches; return for each whether it fits."""
    after, fits = 0, []
    with database.read() as session:
        while True:
            found = verify_stretch(session, after, batch)
            fits.append(found.fits)
            if found.is_end or not found.fits:
                return fits
            after = found.reached


def test_walk_in_batches_meets_every_event(database: Database) -> None:
    add_events(database, 7)
    database.write(seal)
    assert walk(database, 3) == [True, True, True, True]
    database.write(
        lambda session: session.change(
            update(AuditEvent).where(AuditEvent.position == 6).values(actor="bob")
        )
    )
    assert walk(database, 3) == [True, True, False]


def test_walk_sees_a_removed_event(database: Database) -> None:
    add_events(database, 5)
    database.write(seal)
    database.write(
        lambda session: session.change(delete(AuditEvent).where(AuditEvent.position == 3))
    )
    assert walk(database, 3) == [False]
