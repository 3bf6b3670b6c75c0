"""The engine of SQL Server, exercised through real ODBC drivers of MariaDB and SQLite."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote_plus

import pyodbc
import pytest
from sqlalchemy.engine import URL, make_url

from crate_core.settings.research import ResearchDatabase
from crate_web.runner.engines import StatementError, UnreachableError
from crate_web.runner.engines.sqlserver import SqlServerStatement
from tests.integration.research.conftest import ENDLESS

MARIADB = "MariaDB Unicode"


class _Statement(SqlServerStatement):
    _PREPARE = ()


def _address(odbc: str) -> URL:
    return make_url(f"mssql+pyodbc:///?odbc_connect={quote_plus(odbc)}")


@pytest.fixture
def address(alpha_mariadb: ResearchDatabase) -> URL:
    if MARIADB not in pyodbc.drivers():
        pytest.skip(f"no ODBC driver {MARIADB}")
    url = alpha_mariadb.address
    assert url is not None
    return _address(
        f"DRIVER={{{MARIADB}}};SERVER={url.host};PORT={url.port};UID={url.username};"
        f"PWD={url.password};DATABASE={url.database}"
    )


def test_r05_rows_come_verbatim_and_in_pieces(address: URL) -> None:
    statement = _Statement(address, 30)
    names = statement.execute("SELECT note_id, '100%' AS a, '?' AS b FROM note ORDER BY note_id")
    assert names == ["note_id", "a", "b"]
    assert [tuple(row) for row in statement.fetch(3)] == [
        (1, "100%", "?"),
        (2, "100%", "?"),
        (3, "100%", "?"),
    ]
    assert len(statement.fetch(3)) == 1
    assert len(statement.fetch(3)) == 0
    statement.close()


def test_r11_error_is_the_engines(address: URL) -> None:
    statement = _Statement(address, 30)
    with pytest.raises(StatementError, match="nosuch"):
        statement.execute("SELECT * FROM nosuch")
    statement.close()


def test_value_that_the_driver_cannot_read_fails_the_statement(address: URL) -> None:
    statement = _Statement(address, 30)
    statement.execute("SELECT CAST('2020-00-00' AS DATE) AS d")
    with pytest.raises(StatementError, match="value that cannot be read here: month must be"):
        statement.fetch(1)
    statement.close()


@contextmanager
def _stopped_from_outside(statement: _Statement) -> Iterator[None]:
    """Stop again and again, as the runner does: before a statement has begun, that stops nothing."""
    over = threading.Event()

    def stop() -> None:
        while not over.wait(0.25):
            statement.stop()

    stopping = threading.Thread(target=stop)
    stopping.start()
    try:
        yield
    finally:
        over.set()
        stopping.join()


def test_r13_cancel_stops_the_statement(address: URL) -> None:
    statement = _Statement(address, 60)
    started = time.monotonic()
    with _stopped_from_outside(statement), pytest.raises(StatementError):
        statement.execute(ENDLESS)
    # Sooner than the time-out of a minute would end it.
    assert time.monotonic() - started < 30
    statement.close()


def test_nothing_is_committed(address: URL) -> None:
    statement = _Statement(address, 30)
    statement.execute("DELETE FROM lookup_thing")
    statement.close()
    statement = _Statement(address, 30)
    statement.execute("INSERT INTO lookup_thing VALUES ('a', 'b')")
    statement.close()
    statement = _Statement(address, 30)
    statement.execute("SELECT COUNT(*) FROM lookup_thing")
    assert statement.fetch(1)[0][0] == 0
    statement.close()


def test_server_that_is_away_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError):
        _Statement(_address("DRIVER={nothing};SERVER=127.0.0.1"), 30)
