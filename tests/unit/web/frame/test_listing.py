"""Lists: the address holds it all."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crate_web.listing import Listing, Query, neutral, read_query


def query(page_size: int = 10, **parameters: str) -> Query:
    return read_query(
        parameters, sorts=["code", "title"], default="-code", filters=["state"], page_size=page_size
    )


def test_without_parameters_the_defaults_hold() -> None:
    asked = query()
    assert (asked.search, asked.sort, asked.descending, asked.page) == ("", "code", True, 1)
    assert asked.link() == "?sort=-code"


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "9" * 30, "²"])
def test_a_page_that_is_none_is_the_first(page: str) -> None:
    assert query(page=page).page == 1


def test_only_known_columns_sort() -> None:
    assert query(sort="password_hash").sort == "code"
    assert query(sort="title").descending is False


def test_a_link_keeps_everything_but_what_it_changes() -> None:
    asked = query(q="a b", state="open", sort="title", page="3")
    assert asked.link(page=4) == "?q=a+b&state=open&sort=title&page=4"
    assert asked.link(state="") == "?q=a+b&sort=title"
    assert asked.sort_link("title") == "?q=a+b&state=open&sort=-title"
    assert asked.sort_link("code") == "?q=a+b&state=open&sort=code"
    assert asked.sorted_by("title") == "ascending"
    assert asked.sorted_by("code") == "none"


@pytest.mark.parametrize(
    ("total", "page", "numbers"),
    [
        (0, 1, [1]),
        (10, 1, [1]),
        (35, 1, [1, 2, 3, 4]),
        (200, 10, [1, None, 8, 9, 10, 11, 12, None, 20]),
        (200, 20, [1, None, 18, 19, 20]),
    ],
)
def test_page_numbers_show_both_ends_and_the_neighbours(
    total: int, page: int, numbers: list[int | None]
) -> None:
    assert Listing([], total, query(page=str(page))).numbers == numbers


@given(st.one_of(st.text(), st.integers(), st.none()))
def test_no_cell_of_a_download_is_a_formula(value: object) -> None:
    text = neutral(value)
    assert not text.startswith(("=", "@", "\t", "\r"))
    buffer = io.StringIO()
    csv.writer(buffer).writerow([text])


@pytest.mark.parametrize(
    ("value", "text"), [("=1+1", "'=1+1"), (-5, "-5"), ("-5", "'-5"), ("a", "a"), (None, "")]
)
def test_numbers_stay_numbers(value: object, text: str) -> None:
    assert neutral(value) == text
