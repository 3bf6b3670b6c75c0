"""The relay: what is committed is published, once, whatever the broker does (design 4; C124, C125)."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import update

from crate_core.clock import utcnow
from crate_core.database import Database, WriteSession
from crate_core.database.sessions import Claim
from crate_core.errors import PermanentError, TemporaryError
from crate_core.jobs import (
    JobView,
    Outcome,
    Relay,
    RelayThread,
    enqueue,
    run_job,
)
from crate_core.jobs.rows import cancel_open
from crate_core.models import Job
from tests.integration.core.sample_jobs import (
    TASK,
    Broker,
    ask,
    handlers,
    row,
)


def test_c124_rolled_back_work_publishes_nothing_and_committed_work_one_job(
    database: Database,
) -> None:
    broker = Broker()
    relay = Relay(database, broker, republish_after=timedelta(minutes=1))

    def fails(session: WriteSession) -> None:
        enqueue(session, TASK, 1)
        raise PermanentError("no")

    with pytest.raises(PermanentError):
        database.write(fails)
    assert relay.sweep() == 0
    job_id = ask(database)
    assert relay.sweep() == 1
    assert relay.sweep() == 0
    assert broker.messages == [(TASK, job_id)]


def test_job_of_a_task_that_only_a_newer_version_knows_holds_up_no_other(
    database: Database,
) -> None:
    broker = Broker()
    relay = Relay(database, broker, republish_after=timedelta(minutes=1))
    newer, known = ask(database, 1), ask(database, 2)
    database.write(
        lambda session: session.change(
            update(Job).where(Job.id == newer).values(task="research.not_yet")
        )
    )
    assert relay.sweep() == 1
    assert broker.messages == [(TASK, known)]
    assert row(database, newer).published_count == 0


def test_c125_job_committed_while_the_broker_is_away_is_published_when_it_is_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = Broker()
    relay = Relay(database, broker, republish_after=timedelta(minutes=1))
    broker.away = True
    job_id = ask(database)
    with pytest.raises(TemporaryError):
        relay.sweep()
    broker.away = False
    later = utcnow() + timedelta(seconds=3)
    monkeypatch.setattr("crate_core.jobs.relay.utcnow", lambda: later)
    assert relay.sweep() == 1
    assert broker.messages == [(TASK, job_id)]


def test_c125_retried_job_that_could_not_be_published_does_not_wait_for_its_long_interval(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_job: JobView) -> Callable[[WriteSession], None]:
        raise TemporaryError("the source is away")

    broker = Broker()
    relay = Relay(database, broker, republish_after=timedelta(minutes=1))
    job_id = ask(database)
    relay.sweep()
    assert run_job(database, handlers(fails), job_id) is Outcome.RETRY
    assert row(database, job_id).published_count == 0
    moment = row(database, job_id).due_at
    monkeypatch.setattr("crate_core.jobs.relay.utcnow", lambda: moment)
    broker.away = True
    with pytest.raises(TemporaryError):
        relay.sweep()
    assert row(database, job_id).next_publish_at == moment + timedelta(seconds=2)


def test_job_published_but_not_started_is_published_again_at_growing_intervals(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = Broker()
    relay = Relay(database, broker, republish_after=timedelta(minutes=1))
    ask(database)
    start = utcnow()
    published_at = []
    for minute in range(130):
        moment = start + timedelta(minutes=minute, seconds=1)
        monkeypatch.setattr("crate_core.jobs.relay.utcnow", lambda moment=moment: moment)
        if relay.sweep():
            published_at.append(minute)
    assert published_at == [0, 1, 3, 7, 15, 31, 63, 123]


@contextmanager
def relay_of_the_process(database: Database, broker: Broker) -> Iterator[None]:
    thread = RelayThread(Relay(database, broker, republish_after=timedelta(minutes=1)))
    thread.start()
    database.relay_through(thread)
    try:
        yield
    finally:
        database.relay_through(None)
        thread.stop()


def test_c124_a_process_with_a_relay_publishes_what_it_commits_and_no_other_relay_does(
    database: Database,
) -> None:
    broker, other = Broker(), Broker()
    with relay_of_the_process(database, broker):
        asked = [ask(database, subject) for subject in range(5)]
    assert Relay(database, other, republish_after=timedelta(minutes=1)).sweep() == 0
    assert broker.messages == [(TASK, job_id) for job_id in asked]
    assert [run_job(database, handlers(), job_id) for job_id in asked] == [Outcome.DONE] * 5


def test_c124_a_process_with_a_relay_publishes_nothing_of_what_is_rolled_back_or_due_later(
    database: Database,
) -> None:
    broker = Broker()

    def fails(session: WriteSession) -> None:
        enqueue(session, TASK, 1)
        raise PermanentError("no")

    with relay_of_the_process(database, broker):
        with pytest.raises(PermanentError):
            database.write(fails)
        soon = utcnow() + timedelta(minutes=5)
        database.write(lambda session: enqueue(session, TASK, 2, due_at=soon))
    assert broker.messages == []


def test_c125_what_a_process_could_not_publish_is_published_by_another_relay(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker, other = Broker(), Broker()
    broker.away = True
    with relay_of_the_process(database, broker):
        job_id = ask(database)
    later = utcnow() + timedelta(seconds=3)
    monkeypatch.setattr("crate_core.jobs.relay.utcnow", lambda: later)
    assert Relay(database, other, republish_after=timedelta(minutes=1)).sweep() == 1
    assert other.messages == [(TASK, job_id)]


def test_c125_what_a_process_wrote_before_it_died_is_published_when_its_claim_ends(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = Broker()
    relay = Relay(database, broker, republish_after=timedelta(minutes=1))
    # Its relay never gets to run.
    database.relay_through(RelayThread(relay))
    job_id = ask(database)
    database.relay_through(None)
    assert relay.sweep() == 0
    later = utcnow() + timedelta(seconds=61)
    monkeypatch.setattr("crate_core.jobs.relay.utcnow", lambda: later)
    assert relay.sweep() == 1
    assert broker.messages == [(TASK, job_id)]


def test_a_job_that_was_cancelled_while_the_broker_was_away_is_not_published_any_more(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = Broker()
    relay = Relay(database, broker, republish_after=timedelta(minutes=1))
    database.relay_through(RelayThread(relay))
    claims: list[Claim] = []

    def work(session: WriteSession) -> None:
        enqueue(session, TASK, 1)
        assert session.claim
        claims.append(session.claim)

    database.write(work)
    database.relay_through(None)
    database.write(lambda session: cancel_open(session, TASK, 1))
    broker.away = True
    with pytest.raises(TemporaryError):
        relay.publish(claims)
    broker.away = False
    later = utcnow() + timedelta(hours=2)
    monkeypatch.setattr("crate_core.jobs.relay.utcnow", lambda: later)
    assert relay.sweep() == 0


def test_many_relays_publish_each_job_once(database: Database) -> None:
    for subject in range(100):
        ask(database, subject)
    brokers = [Broker() for _ in range(4)]
    relays = [Relay(database, broker, republish_after=timedelta(minutes=1)) for broker in brokers]
    threads = [threading.Thread(target=relay.sweep) for relay in relays]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    published = [job for broker in brokers for _, job in broker.messages]
    assert sorted(published) == sorted(set(published))
    assert len(published) == 100
