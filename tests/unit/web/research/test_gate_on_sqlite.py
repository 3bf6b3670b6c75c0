"""What the gate lets pass does nothing but read, by the word of a real engine."""

import sqlite3

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crate_web.research.gate import Place, refusal_of

PLACE = Place("sqlite", "main")
READING = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}

PIECES = st.sampled_from(
    [
        "SELECT", "*", "a", "1", "FROM", "t", "u", "main.t", "x.t", "temp.t", "sqlite_master",
        "pragma_database_list", "(", ")", ",", ";", "WHERE", "AS", "WITH", "c", "UNION", "'b'",
        '"a"', "[a]", "`t`", "-- d\n", "/* e */", "INSERT INTO t", "DELETE FROM t", "VALUES", "(1)",
        "UPDATE t SET a = 1", "DROP TABLE t", "PRAGMA", "query_only", "=", "ATTACH", "ABS", "hex",
        "load_extension", "'sqlite_master'", "IN", "RETURNING", "JOIN", "ON", "ORDER BY", "LIMIT", "NOT", "||", ".", "?", ":p",
    ]
)  # fmt: skip


def _actions(sql: str) -> list[tuple[int, str | None, str | None]]:
    """Return what the engine is asked to allow when it prepares `sql`."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("ATTACH ':memory:' AS x")
        for table in ("t", "u", "x.t"):
            connection.execute(f"CREATE TABLE {table} (a INTEGER, b TEXT)")
        asked: list[tuple[int, str | None, str | None]] = []

        def authorize(
            action: int, first: str | None, _second: str | None, schema: str | None, _by: str | None
        ) -> int:
            asked.append((action, first, schema))
            return sqlite3.SQLITE_OK

        connection.set_authorizer(authorize)
        try:
            connection.execute(f"EXPLAIN {sql}").fetchall()
        except (sqlite3.Error, sqlite3.Warning):
            return []
        return asked
    finally:
        connection.close()


def _assert_only_reads(sql: str) -> None:
    for action, name, schema in _actions(sql):
        assert action in READING, sql
        if action == sqlite3.SQLITE_READ:
            assert not (name or "").lower().startswith(("sqlite_", "pragma_")), sql
            assert schema in {"main", None, ""}, sql


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, min_size=2, max_size=14).map(" ".join))
@example("SELECT a FROM main.t WHERE a IN (SELECT a FROM u)")
@example("SELECT name FROM t, 'sqlite_master'")
@example("SELECT ('a', 'b', 'c', 1, 'd') IN sqlite_master")
@example("WITH c AS (SELECT a FROM t) SELECT hex(a) FROM c UNION SELECT 'b'")
def test_r07_r09_r10_what_passes_only_reads_the_own_schema(sql: str) -> None:
    if refusal_of(sql, PLACE) is None:
        _assert_only_reads(sql)


@pytest.mark.parametrize(
    "sql", ["DELETE FROM t", "SELECT * FROM x.t", "SELECT * FROM sqlite_master"]
)
def test_the_check_itself_would_notice(sql: str) -> None:
    with pytest.raises(AssertionError):
        _assert_only_reads(sql)
