"""The database fixtures give what they promise."""

from datetime import UTC, datetime
from pathlib import Path

import pymysql
import pytest
from sqlalchemy import inspect, select, text

from crate_core.database import Database, WriteSession, make_engine
from crate_core.models import Base, Job
from tests.servers import MariaDBServer

MAY = datetime(2026, 5, 3, tzinfo=UTC)


def test_fresh_database_has_no_tables(database_url: str) -> None:
    engine = make_engine(database_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


@pytest.mark.parametrize("turn", [1, 2])
def test_site_database_is_empty_though_another_test_wrote(database: Database, turn: int) -> None:
    assert set(Base.metadata.tables) <= set(inspect(database.engine).get_table_names())

    def write_one(session: WriteSession) -> int:
        session.add(Job(task="mail.send", subject_id=1, created_at=MAY, due_at=MAY))
        session.flush()
        return len(session.scalars(select(Job)).all())

    assert database.write(write_one) == 1


def test_killed_mariadb_comes_back_with_what_was_committed(tmp_path: Path) -> None:
    with MariaDBServer(tmp_path / "mariadb") as server:
        engine = make_engine(server.create_database())
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE kept (id INTEGER)"))
        engine.dispose()
        server.kill()
        assert not server.answers()
        server.start()
        assert inspect(engine).get_table_names() == ["kept"]
        engine.dispose()
        server.wipe()
        server.start()
        with pytest.raises(pymysql.OperationalError, match="Unknown database"):
            server.execute(f"USE {engine.url.database}")
