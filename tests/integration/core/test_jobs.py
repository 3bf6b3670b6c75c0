"""Jobs: nothing is lost, nothing is done twice (design 4; C124 to C128, C131)."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from crate_core.clock import utcnow
from crate_core.database import Database, WriteSession
from crate_core.errors import DatabaseAwayError, PermanentError, TemporaryError
from crate_core.jobs import (
    Handler,
    JobView,
    Outcome,
    Relay,
    RetryPolicy,
    ask_again,
    enqueue,
    retry_failed,
    run_job,
)
from crate_core.models import Job
from tests.integration.core.sample_jobs import (
    POLICY,
    TASK,
    Broker,
    ask,
    effect,
    effects,
    handlers,
    mark,
    row,
)


def test_finished_work_waits_for_a_database_that_restarts(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crate_core.jobs.running._PAUSE_SECONDS", 0.0)
    performed: list[int] = []
    refusals = iter([True, True, False])

    def hand_over(job: JobView) -> Callable[[WriteSession], None]:
        performed.append(job.id)

        def changes(session: WriteSession) -> None:
            if next(refusals):
                raise DatabaseAwayError("it restarts")
            effect(job)(session)

        return changes

    job_id = ask(database)
    assert run_job(database, handlers(hand_over), job_id) is Outcome.DONE
    assert performed == [job_id]
    assert effects(database) == [f"effect:{job_id}"]


def test_c127_job_run_twice_has_its_effect_once(database: Database) -> None:
    job_id = ask(database)
    assert run_job(database, handlers(), job_id) is Outcome.DONE
    assert run_job(database, handlers(), job_id) is Outcome.SKIPPED
    assert effects(database) == [f"effect:{job_id}"]


def test_job_of_a_process_whose_clock_is_ahead_is_done_when_it_comes(database: Database) -> None:
    job_id, due_at = ask(database), utcnow() + timedelta(seconds=0.5)
    database.write(lambda session: session.change(update(Job).values(due_at=due_at)))
    assert run_job(database, handlers(), job_id) is Outcome.DONE
    assert utcnow() >= due_at
    assert effects(database) == [f"effect:{job_id}"]


def test_c127_job_run_by_many_workers_at_once_has_its_effect_once(database: Database) -> None:
    job_id = ask(database)
    outcomes: list[Outcome] = []
    gate = threading.Barrier(6)

    def work() -> None:
        gate.wait()
        outcomes.append(run_job(database, handlers(), job_id))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == sorted([Outcome.DONE] + [Outcome.SKIPPED] * 5)
    assert effects(database) == [f"effect:{job_id}"]


def test_asking_again_for_an_open_job_adds_none(database: Database) -> None:
    first = ask(database)
    assert ask(database) == first
    run_job(database, handlers(), first)
    assert ask(database) != first


def test_asking_at_the_same_moment_adds_one_job(database: Database) -> None:
    threads = [threading.Thread(target=ask, args=(database,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 1


def test_asking_while_the_job_is_ending_is_never_lost(database: Database) -> None:
    """Whoever changes something and asks has it seen: by the job that ends now, or by one after it."""
    seen: list[int] = []
    state = {"changes": 0}

    def perform(_job: JobView) -> Callable[[WriteSession], None]:
        return lambda _session: seen.append(state["changes"])

    for number in range(1, 11):
        database.write(lambda session: enqueue(session, TASK, 1))
        with database.read() as session:
            job_id = session.scalars(select(Job.id).where(Job.open_key.is_not(None))).one()
        runner = threading.Thread(target=run_job, args=(database, handlers(perform), job_id))
        runner.start()

        def change(session: WriteSession, number: int = number) -> None:
            enqueue(session, TASK, 1)
            state["changes"] = number

        database.write(change)
        runner.join()
        with database.read() as session:
            left = session.scalars(select(Job.id).where(Job.open_key.is_not(None))).all()
        for job in left:
            run_job(database, handlers(perform), job)
        assert seen[-1] == number


def test_temporary_error_puts_the_job_off_and_keeps_the_reason(database: Database) -> None:
    def away(_job: JobView) -> Callable[[WriteSession], None]:
        raise TemporaryError("the source is away")

    job_id = ask(database)
    before = utcnow()
    policy = RetryPolicy(lease_seconds=60, first_delay_seconds=60)
    assert run_job(database, handlers(away, policy), job_id) is Outcome.RETRY
    job = row(database, job_id)
    assert job.last_error == "the source is away"
    assert job.due_at > before
    assert job.failed_at is None
    assert run_job(database, handlers(), job_id) is Outcome.SKIPPED, "it is not due yet"


def test_c131_permanent_error_fails_the_job_at_once_and_marks_its_subject(
    database: Database,
) -> None:
    def wrong(_job: JobView) -> Callable[[WriteSession], None]:
        raise PermanentError("it cannot be")

    job_id = ask(database)
    assert run_job(database, handlers(wrong), job_id) is Outcome.FAILED
    assert row(database, job_id).failed_at is not None
    assert effects(database) == [f"failed:{job_id}"]


def test_failed_job_can_be_tried_again(database: Database) -> None:
    def wrong(_job: JobView) -> Callable[[WriteSession], None]:
        raise PermanentError("it cannot be")

    job_id = ask(database)
    run_job(database, handlers(wrong), job_id)
    assert database.write(lambda session: retry_failed(session, job_id))
    assert run_job(database, handlers(), job_id) is Outcome.DONE
    assert not database.write(lambda session: retry_failed(session, job_id))


def test_asking_again_for_a_job_that_gave_up_tries_it_again(database: Database) -> None:
    def wrong(_job: JobView) -> Callable[[WriteSession], None]:
        raise PermanentError("it cannot be")

    job_id = ask(database)
    run_job(database, handlers(wrong), job_id)
    database.write(lambda session: ask_again(session, TASK, 1))
    assert run_job(database, handlers(), job_id) is Outcome.DONE


def test_c131_job_that_takes_its_worker_down_each_time_is_failed(database: Database) -> None:
    class Killed(BaseException):
        """Stands for kill -9: nothing of the worker runs after it."""

    def kills(_job: JobView) -> Callable[[WriteSession], None]:
        raise Killed

    policy = RetryPolicy(lease_seconds=0, outage_attempts=3)
    job_id = ask(database)
    for _ in range(3):
        with pytest.raises(Killed):
            run_job(database, handlers(kills, policy), job_id)
    assert run_job(database, handlers(kills, policy), job_id) is Outcome.FAILED
    assert "3 times" in row(database, job_id).last_error


def test_worker_that_was_away_longer_than_its_lease_writes_nothing(database: Database) -> None:
    job_id = ask(database)
    policy = RetryPolicy(lease_seconds=0)

    def overtaken(job: JobView) -> Callable[[WriteSession], None]:
        run_job(database, handlers(policy=policy), job_id)
        return effect(job)

    assert run_job(database, handlers(overtaken, policy), job_id) is Outcome.SKIPPED
    assert effects(database) == [f"effect:{job_id}"]


def test_job_whose_worker_died_is_published_again_when_its_lease_ends(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = Broker()
    relay = Relay(database, broker, republish_after=timedelta(minutes=1))
    job_id = ask(database)
    relay.sweep()

    def dies(_job: JobView) -> Callable[[WriteSession], None]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_job(database, handlers(dies), job_id)
    assert relay.sweep() == 0
    later = utcnow() + timedelta(seconds=61)
    monkeypatch.setattr("crate_core.jobs.relay.utcnow", lambda: later)
    assert relay.sweep() == 1


def test_c131_job_whose_subject_cannot_be_marked_fails_all_the_same(database: Database) -> None:
    def perform(_job: JobView) -> Callable[[WriteSession], None]:
        raise PermanentError("the record is wrong")

    def cannot_mark(session: WriteSession, job: JobView, reason: str) -> None:
        mark(session, job, reason)
        session.flush()
        raise LookupError("the subject has gone")

    job_id = ask(database)
    broken = {TASK: Handler(perform, cannot_mark, POLICY)}
    assert run_job(database, broken, job_id) is Outcome.FAILED
    job = row(database, job_id)
    assert job.failed_at is not None
    assert job.next_publish_at is None
    assert job.last_error == (
        "the record is wrong (and could not be given up: LookupError: the subject has gone)"
    )
    assert effects(database) == []
    assert run_job(database, broken, job_id) is Outcome.SKIPPED


def test_job_whose_subject_is_busy_when_it_is_given_up_is_given_up_later(
    database: Database,
) -> None:
    busy = iter([True, False])

    def perform(_job: JobView) -> Callable[[WriteSession], None]:
        raise PermanentError("the record is wrong")

    def give_up(session: WriteSession, job: JobView, reason: str) -> None:
        if next(busy):
            raise TemporaryError("somebody is changing it")
        mark(session, job, reason)

    job_id, broken = ask(database), {TASK: Handler(perform, give_up, POLICY)}
    with pytest.raises(TemporaryError):
        run_job(database, broken, job_id)
    assert row(database, job_id).failed_at is None
    lease_ends = update(Job).values(leased_until=utcnow() - timedelta(seconds=1))
    database.write(lambda session: session.change(lease_ends))
    assert run_job(database, broken, job_id) is Outcome.FAILED
    assert effects(database) == [f"failed:{job_id}"]
