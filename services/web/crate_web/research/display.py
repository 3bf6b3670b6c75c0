"""Values of results as a page shows them: NULL is no text, long text is folded, nothing is lost unseen."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal

from crate_core.models.research import RunStatus
from crate_web.research.gate import Place
from crate_web.research.refusal import Refusal
from crate_web.research.results import Cell

Kind = Literal["null", "text", "number", "long"]

LONGEST_SHOWN = 10_000
_FOLDED_FROM_CHARACTERS = 400
_FOLDED_FROM_LINES = 5
_SUMMARY = 80
_TITLE = 80

STATUS_WORDS = {
    RunStatus.QUEUED: ("Waiting", "grey"),
    RunStatus.RUNNING: ("Running", "blue"),
    RunStatus.DONE: ("Done", "green"),
    RunStatus.FAILED: ("Failed", "red"),
    RunStatus.CANCELLED: ("Cancelled", "grey"),
    RunStatus.TIMED_OUT: ("Timed out", "orange"),
    RunStatus.REJECTED: ("Refused", "red"),
    RunStatus.LOST: ("Lost", "orange"),
}
"""How a run stands, in a word and a colour."""


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A value on a page. `hidden` is how many characters were cut from the end."""

    kind: Kind
    text: str = ""
    summary: str = ""
    hidden: int = 0


def show_cell(value: Cell) -> ShownCell:
    """Return how a value is shown (R21 to R24)."""
    if value is None:
        return ShownCell("null")
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return ShownCell("number", str(value))
    text = _text(value)
    if len(text) < _FOLDED_FROM_CHARACTERS and text.count("\n") + 1 < _FOLDED_FROM_LINES:
        return ShownCell("text", text)
    summary = " ".join(text[: _SUMMARY * 2].split())[:_SUMMARY]
    return ShownCell("long", text[:LONGEST_SHOWN], summary, max(0, len(text) - LONGEST_SHOWN))


def _text(value: str | bool | bytes | date | time | datetime | timedelta | float | Decimal) -> str:
    match value:
        case bytes():
            return f"0x{value.hex().upper()}"
        case datetime():
            return value.isoformat(sep=" ")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return _clock(value)
        case _:
            return str(value)


def _clock(length: timedelta) -> str:
    """As databases write a length of time, and take it back: "-01:30:00", "26:00:00"."""
    seconds, rest = divmod(abs(length), timedelta(seconds=1))
    fraction = f".{rest.microseconds:06}" if rest else ""
    sign = "-" if length < timedelta() else ""
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}"


def title_of(sql: str) -> str:
    """Return a text in one short line, for lists and titles."""
    line = " ".join(sql[:1000].split())
    return line if len(line) <= _TITLE else f"{line[: _TITLE - 1]}…"


@dataclass(frozen=True, slots=True)
class Marked:
    """A refused text around the words that were refused."""

    before: str
    words: str
    after: str


def mark(sql: str, refusal: Refusal) -> Marked:
    """Return the refused text in three parts, with the lines around the words only."""
    start = sql.rfind("\n", 0, sql.rfind("\n", 0, refusal.start) if refusal.start else 0) + 1
    start = max(start, refusal.start - 300)
    end = sql.find("\n", sql.find("\n", refusal.end) + 1) if "\n" in sql[refusal.end :] else -1
    end = min(len(sql) if end < 0 else end, refusal.end + 300)
    return Marked(
        sql[start : refusal.start], sql[refusal.start : refusal.end][:300], sql[refusal.end : end]
    )


def index_of(columns: Sequence[str], name: str) -> int | None:
    """Return where the column of this name stands in a result, in any case of letters."""
    wanted = name.casefold()
    return next((i for i, column in enumerate(columns) if column.casefold() == wanted), None)


def table_to_begin_with(tables: Mapping[str, Collection[str]], ids: Sequence[str]) -> str | None:
    """Return the table whose rows are most likely people: the first that holds most kinds of IDs.

    Args:
        tables: names of columns, by table.
        ids: names of the columns that hold research IDs and master research IDs.
    """
    wanted = {name.casefold() for name in ids}

    def held(table: str) -> int:
        return len(wanted & {column.casefold() for column in tables[table]})

    return max(tables, key=held, default=None)


def example(place: Place, table: str) -> str:
    """Return a first query for a table, as its engine wants it written."""
    if place.dialect == "tsql":
        return f"SELECT TOP (10) *\nFROM {table}"
    return f"SELECT *\nFROM {table}\nLIMIT 10"
