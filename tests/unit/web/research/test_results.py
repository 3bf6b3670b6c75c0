"""Keeping rows, finding pages and showing values: pure parts of the research pages."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crate_web.research.display import (
    LONGEST_SHOWN,
    index_of,
    mark,
    show_cell,
    table_to_begin_with,
    title_of,
)
from crate_web.research.gate import Place, refusal_of
from crate_web.research.paging import ResultPage, per_page_of, result_page
from crate_web.research.results import Cell, encode_row, pack, unpack

CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.binary(),
    st.decimals(allow_nan=False),
    st.dates(),
    st.times(),
    st.datetimes(timezones=st.sampled_from([None, UTC])),
    st.timedeltas(),
)


@given(st.lists(st.lists(CELLS, max_size=6), max_size=6))
def test_r21_what_is_kept_comes_back_with_its_type(rows: list[list[Cell]]) -> None:
    found = unpack(pack([encode_row(row) for row in rows]))
    expected = [
        [c.encode("utf-8", "replace").decode() if isinstance(c, str) else c for c in r]
        for r in rows
    ]
    assert found == expected
    kinds = [[type(cell) for cell in row] for row in found]
    assert kinds == [[type(cell) for cell in row] for row in rows]


def test_not_a_number_and_infinity_are_kept() -> None:
    ((first, second),) = unpack(pack([encode_row([float("nan"), float("inf")])]))
    assert str(first) == "nan"
    assert second == float("inf")


def test_unknown_types_become_text() -> None:
    assert unpack(pack([encode_row([{1}])])) == [["{1}"]]


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ("1", 1),
        ("3", 3),
        ("99", 3),
        ("-1", 3),
        ("0", 3),
        ("abc", 1),
        ("", 1),
        ("9" * 50, 3),
        ("a" * 50, 1),
    ],
)
def test_r18_a_page_beyond_the_ends_is_the_last_and_what_is_no_number_the_first(
    asked: str, number: int
) -> None:
    assert result_page(asked, rows=120, per_page=50).number == number


def test_r17_r20_pages_cover_all_rows_once() -> None:
    pages = [result_page(str(number), rows=120, per_page=50) for number in (1, 2, 3)]
    assert [(page.first, page.end) for page in pages] == [(0, 50), (50, 100), (100, 120)]
    assert ResultPage(1, 50, 0).pages == 1
    assert result_page("5", rows=1000, per_page=50).links == [1, None, 3, 4, 5, 6, 7, None, 20]


@pytest.mark.parametrize(
    ("asked", "usual", "found"),
    [
        (None, 20, 20),
        (None, 33, 50),
        ("20", 50, 20),
        ("33", 50, None),
        ("x", 50, None),
        ("-1", 50, None),
    ],
)
def test_r19_rows_a_page_are_those_on_offer_or_the_persons_own(
    asked: str | None, usual: int, found: int | None
) -> None:
    assert per_page_of(asked, usual=usual) == found


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, "null", ""),
        ("", "text", ""),
        ("NULL", "text", "NULL"),
        (0, "number", "0"),
        (True, "text", "True"),
        (Decimal("1.50"), "number", "1.50"),
        (b"\x00\xff", "text", "0x00FF"),
        (datetime(2026, 5, 3, 4, 5), "text", "2026-05-03 04:05:00"),  # noqa: DTZ001 - as engines give it
        (date(2026, 5, 3), "text", "2026-05-03"),
        (time(4, 5), "text", "04:05:00"),
        (timedelta(hours=26), "text", "26:00:00"),
        (-timedelta(hours=1, minutes=30), "text", "-01:30:00"),
        (-timedelta(microseconds=1), "text", "-00:00:00.000001"),
        (timedelta(0), "text", "00:00:00"),
    ],
)
def test_r21_values_are_shown_as_what_they_are(value: Cell, kind: str, text: str) -> None:
    shown = show_cell(value)
    assert (shown.kind, shown.text) == (kind, text)


@pytest.mark.parametrize(
    ("text", "kind"), [("a\nb\nc\nd", "text"), ("a\nb\nc\nd\ne", "long"), ("x" * 400, "long")]
)
def test_r24_long_text_is_folded(text: str, kind: str) -> None:
    assert show_cell(text).kind == kind


def test_cut_on_screen_is_told() -> None:
    shown = show_cell("x" * (LONGEST_SHOWN + 5))
    assert (len(shown.text), shown.hidden) == (LONGEST_SHOWN, 5)


def test_refused_words_are_marked_within_their_lines() -> None:
    sql = "SELECT a\nFROM t\nWHERE b = 1\nINTO OUTFILE 'x'\n-- end\n-- more"
    refusal = refusal_of(sql, Place("mysql", "research"))
    assert refusal is not None
    marked = mark(sql, refusal)
    assert (marked.before, marked.words) == ("WHERE b = 1\n", "INTO")
    assert marked.after == " OUTFILE 'x'\n-- end"


@given(st.text(max_size=60))
def test_any_refused_text_can_be_marked(sql: str) -> None:
    refusal = refusal_of(sql, Place("mysql", "research"))
    if refusal is not None:
        marked = mark(sql, refusal)
        assert marked.before + marked.words + marked.after in sql


def test_title_is_one_short_line() -> None:
    assert title_of("SELECT a\n  FROM t") == "SELECT a FROM t"
    assert len(title_of("x" * 500)) == 80


def test_research_id_column_is_found_in_any_case() -> None:
    assert index_of(["a", "BRCID"], "brcid") == 1
    assert index_of(["a"], "brcid") is None


def test_first_example_is_about_people() -> None:
    tables = {"concept": ["concept_id"], "note": ["RID", "text"], "person": ["rid", "MRID"]}
    assert table_to_begin_with(tables, ["rid", "mrid"]) == "person"
    assert table_to_begin_with({"a": ["x"], "b": ["y"]}, ["rid"]) == "a"
    assert table_to_begin_with({}, ["rid"]) is None
