"""The schema: up from empty, down one, equal to the models, and one upgrade at a time."""

import logging
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Column, Integer, Table, create_mock_engine, inspect, text
from sqlalchemy.dialects import mssql

from crate_core.database import make_engine
from crate_core.migrations import current_state, downgrade, upgrade, writing
from crate_core.migrations.running import config
from crate_core.models import Base


def test_upgrade_from_empty_gives_the_schema_of_the_models(database_url: str) -> None:
    engine = make_engine(database_url)
    assert not current_state(engine).is_usable
    upgrade(engine)
    assert current_state(engine).is_usable
    with engine.connect() as connection:
        command.check(config(connection))
    engine.dispose()


def test_looking_at_the_schema_says_nothing_in_the_log(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    engine = make_engine(database_url)
    upgrade(engine)
    with caplog.at_level(logging.INFO):
        caplog.clear()
        assert current_state(engine).is_usable
    assert not [record for record in caplog.records if record.name.startswith("alembic")]
    engine.dispose()


def test_downgrade_takes_the_last_migration_back_and_upgrade_brings_it_again(
    database_url: str,
) -> None:
    engine = make_engine(database_url)
    upgrade(engine)
    downgrade(engine, "-1")
    assert not current_state(engine).is_usable
    upgrade(engine)
    assert current_state(engine).is_usable
    engine.dispose()


def test_schema_of_a_later_version_is_usable_and_left_as_it_is(database_url: str) -> None:
    engine = make_engine(database_url)
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    assert current_state(engine).is_usable
    upgrade(engine)
    state = current_state(engine)
    assert (state.found, str(state)) == ("later", "schema later, of a later version")
    engine.dispose()


def test_upgrades_at_the_same_moment_wait_for_each_other(database_url: str) -> None:
    program = (
        "import sys; from crate_core.database import make_engine; "
        "from crate_core.migrations import upgrade; upgrade(make_engine(sys.argv[1]))"
    )
    upgrades = [
        subprocess.Popen([sys.executable, "-c", program, database_url], stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for process in upgrades:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()
    engine = make_engine(database_url)
    assert {table.name for table in Base.metadata.sorted_tables} <= set(
        inspect(engine).get_table_names()
    )
    engine.dispose()


def test_the_next_migration_has_what_the_models_have_more(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(Path(writing.__file__).parent, folder)
    known = {path.name for path in (folder / "versions").glob("*.py")}
    more = Table("more", Base.metadata, Column("id", Integer, primary_key=True))
    try:
        written = writing.write_migration("Add more", folder)
    finally:
        Base.metadata.remove(more)
    assert written.parent == folder / "versions"
    assert written.name not in known
    assert written.name.endswith("_add_more.py")
    assert 'op.create_table("more"' in written.read_text().replace("\n    ", "").replace("'", '"')


@pytest.fixture
def mssql_ddl() -> str:
    statements: list[str] = []
    engine = create_mock_engine(
        "mssql+pyodbc://",
        lambda statement, *_args: statements.append(
            str(statement.compile(dialect=mssql.dialect()))  # type: ignore[no-untyped-call]
        ),
    )
    Base.metadata.create_all(engine, checkfirst=False)
    return "\n".join(statements)


def test_sql_server_allows_many_nulls_in_the_unique_indexes_of_open_and_current_rows(
    mssql_ddl: str,
) -> None:
    for column in ("open_key", "current_nhs_number", "position"):
        assert f"WHERE {column} IS NOT NULL" in mssql_ddl


def test_sql_server_keeps_letters_of_every_language_and_microseconds(mssql_ddl: str) -> None:
    assert "last_name NVARCHAR(100)" in mssql_ddl
    assert "created_at DATETIME2(6)" in mssql_ddl
    assert "content VARBINARY(max)" in mssql_ddl
    assert "created_at DATETIME " not in mssql_ddl
    for outdated in (" NTEXT", " IMAGE"):
        assert outdated not in mssql_ddl
