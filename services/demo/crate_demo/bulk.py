"""Fills tables quickly, and the same on every engine."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, insert

_BATCH = 10_000

Row = Sequence[Any]


def _batches(rows: Iterable[Row]) -> Iterator[list[tuple[Any, ...]]]:
    rows = iter(rows)
    while batch := [tuple(row) for row in islice(rows, _BATCH)]:
        yield batch


def insert_rows(connection: Connection, table: Table, rows: Iterable[Row]) -> int:
    """Insert `rows`, whose values stand in the order of the table's columns.

    The driver's own bulk insert is used, without a dictionary a row: loading all of Eunomia
    takes a third of the time. Dates therefore come as ISO text.

    Returns:
        How many rows were inserted.
    """
    names = [column.name for column in table.columns]
    statement = str(
        insert(table)
        .values(dict.fromkeys(names))
        .compile(dialect=connection.dialect, column_keys=names)
    )
    count = 0
    for batch in _batches(rows):
        connection.exec_driver_sql(statement, batch)
        count += len(batch)
    return count
