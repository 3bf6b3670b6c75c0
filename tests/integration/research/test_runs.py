"""Runs on real engines: what is executed, kept, stopped and audited (R4 to R14)."""

import resource
import threading
import time
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pymysql
import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr
from sqlalchemy import select, update

from crate_core.clock import utcnow
from crate_core.database import Database, WriteSession
from crate_core.jobs import Outcome, Task, enqueue, run_job
from crate_core.models.jobs import Job
from crate_core.models.research import ResearchRun, RunStatus
from crate_web.runner.engines.sqlite import SQLiteStatement
from crate_web.runner.tasks import handlers
from tests.integration.research.conftest import ENDLESS, ROWS_300_000, Laboratory
from tests.waiting import PATIENCE_SECONDS, wait_until


def test_r04_rows_and_their_number(lab: Laboratory) -> None:
    run = lab.run("SELECT note_id FROM note ORDER BY note_id")
    assert (run.status, run.rows_total, run.rows_kept) == (RunStatus.DONE, 4, 4)
    assert lab.rows(run) == [[1], [2], [3], [4]]
    assert run.columns == '["note_id"]'
    assert run.started_at is not None
    assert run.ended_at is not None


def test_r05_text_reaches_the_engine_verbatim(mariadb_lab: Laboratory) -> None:
    run = mariadb_lab.run("SELECT '100%', 7 % 2, DATE_FORMAT('2020-01-02','%Y')")
    assert mariadb_lab.rows(run) == [["100%", 1, "2020"]]


def test_r05_percent_signs_on_sqlite(sqlite_lab: Laboratory) -> None:
    run = sqlite_lab.run("SELECT '100%', 7 % 2, strftime('%Y', '2020-01-02')")
    assert sqlite_lab.rows(run) == [["100%", 1, "2020"]]


def test_r06_comments_and_blanks_are_kept(lab: Laboratory) -> None:
    run = lab.run("SELECT note_id, 'a  b' -- x\nFROM note")
    assert len(lab.rows(run)) == 4
    assert lab.rows(run)[0][1] == "a  b"
    assert lab.find(run.id).sql == "SELECT note_id, 'a  b' -- x\nFROM note"


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM lookup_thing",
        "CREATE TABLE z(a int)",
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "SELECT 1; DROP TABLE note",
        "SET SESSION TRANSACTION READ WRITE",
        "PRAGMA query_only=OFF",
        "SELECT * FROM secretdb.secret_map",
    ],
)
def test_r07_r08_r09_r10_the_runner_asks_the_gate_again(lab: Laboratory, sql: str) -> None:
    run = lab.run(sql)
    assert run.status == RunStatus.REJECTED
    assert run.message
    assert len(lab.rows(lab.run("SELECT note_id FROM note"))) == 4
    assert lab.audit("run_ended")[0].detail["status"] == "rejected"


@pytest.mark.parametrize(
    "sql", ["DELETE FROM note", "CREATE TABLE z (a INTEGER)", "DROP TABLE note"]
)
def test_r09_session_refuses_to_write_even_without_the_gate(
    lab: Laboratory, sql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crate_web.runner.tasks.refusal_of", lambda _sql, _place: None)
    run = lab.run(sql)
    assert run.status == RunStatus.FAILED
    assert len(lab.rows(lab.run("SELECT note_id FROM note"))) == 4


@pytest.mark.parametrize(
    "sql",
    [
        "ATTACH DATABASE ':memory:' AS x",
        "PRAGMA query_only = OFF",
        "SELECT * FROM sqlite_master",
        "SELECT load_extension('x')",
    ],
)
def test_r09_sqlite_reads_nothing_but_tables(
    sqlite_lab: Laboratory, sql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crate_web.runner.tasks.refusal_of", lambda _sql, _place: None)
    run = sqlite_lab.run(sql)
    assert run.status == RunStatus.FAILED


def test_r11_engine_error_names_the_table_and_is_audited(lab: Laboratory) -> None:
    run = lab.run("SELECT * FROM nosuch")
    assert run.status == RunStatus.FAILED
    assert "nosuch" in run.message
    (event,) = lab.audit("run_ended")
    assert event.detail["status"] == "failed"
    assert "nosuch" in str(event.detail["error"])


def _statements(lab: Laboratory) -> list[str]:
    address = lab.research.address
    assert address is not None
    with (
        pymysql.connect(
            host=address.host,
            port=address.port or 3306,
            user=address.username,
            password=address.password or "",
        ) as connection,
        connection.cursor() as cursor,
    ):
        # Those on the own database: other tests use the same server at the same time.
        cursor.execute(
            "SELECT info FROM information_schema.processlist WHERE db = %s AND info LIKE '%%digit%%'"
            " AND id != CONNECTION_ID()",
            (address.database,),
        )
        return [str(info) for (info,) in cursor.fetchall()]


def test_r12_time_out_stops_the_statement(lab: Laboratory) -> None:
    started = time.monotonic()
    run = lab.with_settings(run_timeout_seconds=2).run(ENDLESS)
    assert time.monotonic() - started < 30
    assert run.status == RunStatus.TIMED_OUT
    assert "Timed out" in run.message
    if lab.research.engine_name == "mysql":
        assert _statements(lab) == []


def _cancel(database: Database, run_id: int) -> None:
    database.write(
        lambda session: session.change(
            update(ResearchRun).where(ResearchRun.id == run_id).values(cancel_requested_at=utcnow())
        )
    )


def test_r13_cancel_stops_the_statement(lab: Laboratory) -> None:
    run_id = lab.submit(ENDLESS)
    worker = threading.Thread(target=lab.work, args=(run_id,))
    worker.start()
    wait_until(lambda: lab.find(run_id).status == RunStatus.RUNNING)
    if lab.research.engine_name == "mysql":
        wait_until(lambda: _statements(lab) != [])
    _cancel(lab.database, run_id)
    # Sooner than the time-out of a minute would end it.
    worker.join(timeout=30)
    assert lab.find(run_id).status == RunStatus.CANCELLED
    if lab.research.engine_name == "mysql":
        wait_until(lambda: _statements(lab) == [])


def test_r14_rows_beyond_the_cap_are_counted_not_kept(lab: Laboratory) -> None:
    lab = lab.with_settings(run_max_rows=1_000)
    lab.run("SELECT 1")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run = lab.run(ROWS_300_000)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert (run.status, run.rows_kept, run.rows_total) == (RunStatus.DONE, 1_000, 300_000)
    assert len(lab.rows(run)) == 1_000
    assert grown < 50 * 1024


def test_r14_more_than_can_be_counted_is_told_as_unknown(
    lab: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crate_web.runner.execution._COUNT_ROWS", 5_000)
    run = lab.with_settings(run_max_rows=1_000).run(ROWS_300_000)
    assert (run.status, run.rows_kept, run.rows_total) == (RunStatus.DONE, 1_000, None)


def test_r14_rows_beyond_the_bytes_that_are_kept_are_counted_not_kept(
    lab: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crate_web.runner.execution._MOST_KEPT", 1_000)
    run = lab.run("SELECT a.d FROM digit a, digit b, digit c")
    assert (run.status, run.rows_total) == (RunStatus.DONE, 1_000)
    assert 0 < run.rows_kept < 1_000
    assert len(lab.rows(run)) == run.rows_kept


def test_r14_total_holds_rows_that_were_fetched_when_the_keeping_ended(
    lab: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crate_web.runner.execution._MOST_KEPT", 1_000)
    # Ends a chunk between two fetches' ends.
    monkeypatch.setattr("crate_web.runner.execution._LARGEST_CHUNK", 63)
    run = lab.run("SELECT a.d FROM digit a, digit b, digit c")
    assert (run.status, run.rows_total) == (RunStatus.DONE, 1_000)
    assert 0 < run.rows_kept < 1_000


def test_r14_large_rows_are_fetched_few_at_once(
    sqlite_lab: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []
    fetch = SQLiteStatement.fetch

    def weighed(statement: SQLiteStatement, count: int) -> Sequence[Sequence[Any]]:
        rows = fetch(statement, count)
        held.append(sum(len(row[0]) for row in rows))
        return rows

    monkeypatch.setattr(SQLiteStatement, "fetch", weighed)
    lab = sqlite_lab.with_settings(run_max_rows=60)
    run = lab.run("SELECT printf('%.*c', 200000, 'x') FROM digit a, digit b, digit c")
    assert (run.status, run.rows_kept, run.rows_total) == (RunStatus.DONE, 60, 1_000)
    assert max(held) < 5_000_000


@pytest.mark.parametrize(("most", "total"), [(3, 4), (4, 4), (5, 4)])
def test_r14_total_is_exact_around_the_cap(lab: Laboratory, most: int, total: int) -> None:
    run = lab.with_settings(run_max_rows=most).run("SELECT note_id FROM note")
    assert (run.rows_kept, run.rows_total) == (min(most, total), total)


def test_r16_one_run_is_in_the_audit_once(lab: Laboratory) -> None:
    run_id = lab.submit("SELECT 1 AS one")
    assert lab.work(run_id) is Outcome.DONE
    assert lab.work(run_id) is Outcome.SKIPPED
    (begun,) = lab.audit("run_started")
    (ended,) = lab.audit("run_ended")
    assert (begun.actor, begun.address) == ("alice", "192.0.2.1")
    assert begun.detail == {"database": "alpha", "sql": "SELECT 1 AS one"}
    assert ended.detail["rows_total"] == 1


def test_r21_null_empty_and_text_null_stay_distinct(lab: Laboratory) -> None:
    run = lab.run("SELECT NULL, '', 'NULL', val FROM note WHERE note_id = 2")
    assert lab.rows(run) == [[None, "", "NULL", None]]


def test_types_survive_the_keeping(mariadb_lab: Laboratory) -> None:
    run = mariadb_lab.run(
        "SELECT note_datetime, val, CAST('2020-01-02 03:04:05.5' AS DATETIME(1)), X'00FF', 1.5e0, "
        "CAST('26:00:00' AS TIME) FROM note WHERE note_id = 1"
    )
    row = mariadb_lab.rows(run)[0]
    assert row[0] == date(2020, 1, 1)
    assert row[1] == Decimal("1.5")
    assert str(row[2]) == "2020-01-02 03:04:05.500000"
    assert row[3:] == [b"\x00\xff", 1.5, timedelta(hours=26)]


def test_two_runs_of_one_person_at_once_and_the_third_follows(lab: Laboratory) -> None:
    first, second, third = (lab.submit(ENDLESS) for _ in range(3))
    workers = [threading.Thread(target=lab.work, args=(run_id,)) for run_id in (first, second)]
    for worker in workers:
        worker.start()
    wait_until(lambda: all(lab.find(r).status == RunStatus.RUNNING for r in (first, second)))
    assert lab.work(third) is Outcome.RETRY
    assert lab.find(third).status == RunStatus.QUEUED
    _cancel(lab.database, first)
    wait_until(lambda: lab.find(first).status == RunStatus.CANCELLED)
    # The place that became free makes the third due at once.
    with lab.database.read() as session:
        job = session.get_one(Job, lab.job_id(third))
    assert job.due_at <= utcnow()
    _cancel(lab.database, second)
    _cancel(lab.database, third)
    for worker in workers:
        worker.join(timeout=PATIENCE_SECONDS)
    lab.work(third)
    assert lab.find(third).status == RunStatus.CANCELLED


def test_structure_that_cannot_be_read_is_read_the_next_day(
    lab: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_database: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr("crate_web.runner.tasks.read_structure", fails)
    work = handlers(lab.database, lab.settings)

    def structure_jobs(session: WriteSession) -> list[Job]:
        jobs = select(Job).where(Job.task == Task.READ_STRUCTURE).order_by(Job.id)
        return list(session.scalars(jobs))

    def ask_for_the_last_time(session: WriteSession) -> int:
        enqueue(session, Task.READ_STRUCTURE, 0)
        (job,) = structure_jobs(session)
        job.attempts = work[Task.READ_STRUCTURE].policy.max_attempts - 1
        return job.id

    job_id = lab.database.write(ask_for_the_last_time)
    assert run_job(lab.database, work, job_id) is Outcome.FAILED
    failed, tomorrow = lab.database.write(structure_jobs)
    assert (failed.id, failed.failed_at is not None) == (job_id, True)
    assert tomorrow.due_at > utcnow()


def test_run_whose_runner_died_is_lost_and_not_run_again(lab: Laboratory) -> None:
    run_id = lab.submit("SELECT 1")
    lab.database.write(
        lambda session: session.change(
            update(ResearchRun)
            .where(ResearchRun.id == run_id)
            .values(status=RunStatus.RUNNING, started_at=utcnow())
        )
    )
    lab.work(run_id)
    run = lab.find(run_id)
    assert run.status == RunStatus.LOST
    assert lab.rows(run) == []
    assert lab.audit("run_started") == []


def test_run_that_lost_its_job_stops_and_leaves_the_row_to_the_next(
    lab: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crate_web.runner.watcher._RENEW_SECONDS", 0.1)
    run_id = lab.submit(ENDLESS)
    outcome: list[Outcome] = []
    worker = threading.Thread(target=lambda: outcome.append(lab.work(run_id)))
    worker.start()
    wait_until(lambda: lab.find(run_id).status == RunStatus.RUNNING)
    lab.database.write(lambda session: session.change(update(Job).values(started_at=utcnow())))
    worker.join(timeout=PATIENCE_SECONDS)
    assert outcome == [Outcome.SKIPPED]
    assert lab.find(run_id).status == RunStatus.RUNNING


def test_database_that_is_away_fails_the_run_with_its_name(mariadb_lab: Laboratory) -> None:
    research = mariadb_lab.research
    away = research.model_copy(update={"url": SecretStr("mysql+pymysql://x@127.0.0.1:1/x")})
    run = mariadb_lab.with_settings(research_databases=[away]).run("SELECT 1")
    assert run.status == RunStatus.FAILED
    assert "alpha cannot be reached" in run.message
    assert _is_up("alpha") == 0
    assert mariadb_lab.run("SELECT 1").status == RunStatus.DONE
    assert _is_up("alpha") == 1


def _is_up(database: str) -> float | None:
    return REGISTRY.get_sample_value("crate_database_up", {"database": database})


def test_site_database_on_the_server_too(server_lab: Laboratory) -> None:
    run = server_lab.with_settings(run_max_rows=450).run(
        "SELECT a.d FROM digit a, digit b, digit c ORDER BY a.d"
    )
    assert (run.status, run.rows_kept, run.rows_total) == (RunStatus.DONE, 450, 1000)
    assert len(server_lab.rows(run)) == 450


def test_modes_that_change_the_reading_are_off(mariadb_lab: Laboratory) -> None:
    research = mariadb_lab.research
    assert research.address is not None
    # As if they were the server's own, which other tests use at the same time.
    modes = "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,STRICT_TRANS_TABLES'"
    address = research.address.update_query_dict({"init_command": modes})
    url = SecretStr(address.render_as_string(hide_password=False))
    lab = mariadb_lab.with_settings(research_databases=[research.model_copy(update={"url": url})])
    run = lab.run("SELECT 'it\\'s', \"text\"")
    assert lab.rows(run) == [["it's", "text"]]
