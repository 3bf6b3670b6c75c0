"""The site database: a connection that has died is noticed, units of work are run again."""

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.exc import DatabaseError

from crate_core.clock import utcnow
from crate_core.consent_modes import record_choice
from crate_core.database import Database, WriteSession, make_engine
from crate_core.errors import TemporaryError
from crate_core.models import ConsentModeRow, WorkItem
from tests.servers import MariaDBServer


def test_connection_that_idled_over_a_restart_is_replaced_unnoticed(tmp_path: Path) -> None:
    with MariaDBServer(tmp_path / "m") as server:
        database = Database.open(server.create_database())
        with database.read() as session:
            assert session.scalar(text("SELECT 1")) == 1
        server.stop()
        server.start()
        time.sleep(2.1)
        with database.read() as session:
            assert session.scalar(text("SELECT 1")) == 1
        database.dispose()


def test_database_that_is_away_is_a_temporary_error(tmp_path: Path) -> None:
    with MariaDBServer(tmp_path / "m") as server:
        database = Database.open(server.create_database())
        server.stop()
        with pytest.raises(TemporaryError), database.read() as session:
            session.scalar(text("SELECT 1"))
        with pytest.raises(TemporaryError):
            database.rows(select(WorkItem.id), {})
        with pytest.raises(TemporaryError):
            database.change(update(WorkItem).values(detail=""), {})
        with pytest.raises(TemporaryError):
            database.write(lambda session: session.scalar(text("SELECT 1")))
        database.dispose()


def test_transaction_of_a_client_that_fell_silent_is_ended_by_the_server(mariadb_url: str) -> None:
    silent = make_engine(mariadb_url, socket_seconds=1)
    with silent.connect() as connection:
        connection.execute(text("CREATE TABLE held (id int PRIMARY KEY)"))
        connection.execute(text("INSERT INTO held VALUES (1)"))
        connection.commit()
        connection.execute(text("UPDATE held SET id = 2"))
        other = make_engine(mariadb_url)
        with other.begin() as second:
            # It waits for the lock of the first, which nobody but the server gives up.
            second.execute(text("SET innodb_lock_wait_timeout = 25"))
            second.execute(text("UPDATE held SET id = 3"))
        other.dispose()
        connection.invalidate()
    silent.dispose()


def choice() -> ConsentModeRow:
    now = utcnow()
    return ConsentModeRow(
        nhs_number=9434765919,
        mode="green",
        patient_signed=True,
        source="user_entry",
        decided_at=now,
        created_at=now,
    )


def test_c72_twenty_choices_saved_at_once_leave_one_current_row(database: Database) -> None:
    errors: list[Exception] = []

    def save() -> None:
        def work(session: WriteSession) -> None:
            record_choice(session, choice())

        try:
            database.write(work)
        except Exception as error:  # noqa: BLE001 - shown below
            errors.append(error)

    threads = [threading.Thread(target=save) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with database.read() as session:
        rows = select(func.count()).select_from(ConsentModeRow)
        assert session.scalar(rows) == 20
        assert session.scalar(rows.where(ConsentModeRow.current_nhs_number.is_not(None))) == 1


def work_item(key: str) -> WorkItem:
    return WorkItem(effect_key=key, kind="test", summary="before", created_at=utcnow())


def test_a_single_guarded_change_is_committed_and_tells_how_many_rows_it_matched(
    database: Database,
) -> None:
    database.write(lambda session: session.add_now(work_item("one")))
    guarded = (
        update(WorkItem)
        .where(WorkItem.effect_key == bindparam("key"), WorkItem.summary == "before")
        .values(summary="after")
    )
    assert database.change(guarded, {"key": "one"}) == 1
    assert database.change(guarded, {"key": "one"}) == 0
    (row,) = database.rows(
        select(WorkItem.summary).where(WorkItem.effect_key == bindparam("key")), {"key": "one"}
    )
    assert row.summary == "after"


def test_a_single_change_waits_for_the_transaction_that_holds_its_row(database: Database) -> None:
    database.write(lambda session: session.add_now(work_item("one")))
    change = update(WorkItem).where(WorkItem.effect_key == "one").values(detail=WorkItem.summary)
    held = threading.Event()

    def hold(session: WriteSession) -> None:
        session.change(update(WorkItem).values(summary="held"))
        held.set()
        time.sleep(0.3)

    holder = threading.Thread(target=database.write, args=(hold,))
    holder.start()
    held.wait()
    assert database.change(change, {}) == 1
    holder.join()
    assert [row.detail for row in database.rows(select(WorkItem.detail), {})] == ["held"]


def test_what_is_added_now_is_held_with_its_id_and_its_defaults(database: Database) -> None:
    def work(session: WriteSession) -> None:
        item = session.add_now(work_item("one"))
        assert session.get_one(WorkItem, item.id) is item
        assert item.serious is False
        item.summary = "after"

    database.write(work)
    assert [row.summary for row in database.rows(select(WorkItem.summary), {})] == ["after"]


def test_errors_do_not_repeat_what_was_written(sqlite_database: Database) -> None:
    name = "Zebedee Quillfeather"
    with sqlite_database.read() as session, pytest.raises(DatabaseError) as refused:
        session.execute(text("INSERT INTO no_such_table VALUES (:name)"), {"name": name})
    assert name not in str(refused.value)
