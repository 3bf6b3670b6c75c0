"""Lists: search, filter, order and page as the address says, and the links that change one."""

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from starlette.responses import StreamingResponse

T = TypeVar("T")

_WINDOW = 2
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Query:
    """What the reader asked a list for."""

    search: str
    filters: Mapping[str, str]
    sort: str
    descending: bool
    page: int
    page_size: int

    @property
    def offset(self) -> int:
        """Rows to skip."""
        return (self.page - 1) * self.page_size

    def link(self, **changes: str | int) -> str:
        """Return the address ("?...") of this list with changes.

        A change of anything but the page begins at page 1.
        """
        order = f"-{self.sort}" if self.descending else self.sort
        state: dict[str, str | int] = {
            "q": self.search,
            **self.filters,
            "sort": order,
            "page": self.page,
        }
        if "page" not in changes:
            state["page"] = 1
        state.update(changes)
        return "?" + urlencode(
            {key: value for key, value in state.items() if value not in ("", 1) or key == "sort"}
        )

    def sort_link(self, column: str) -> str:
        """Return the address that sorts by `column`, the other way round when it is sorted so already."""
        return self.link(
            sort=f"-{column}" if self.sort == column and not self.descending else column
        )

    def sorted_by(self, column: str) -> str:
        """Return the aria-sort value of a column."""
        if self.sort != column:
            return "none"
        return "descending" if self.descending else "ascending"


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """One page of a list."""

    items: Sequence[T]
    total: int
    query: Query

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, math.ceil(self.total / self.query.page_size))

    @property
    def numbers(self) -> list[int | None]:
        """Page numbers to link to; None stands for a gap."""
        return pages_to_link(self.query.page, self.pages)


def pages_to_link(current: int, last: int) -> list[int | None]:
    """Return the numbers of the first, the last, and the pages near the current one; None for a gap."""
    near = range(current - _WINDOW, current + _WINDOW + 1)
    shown = sorted({1, last, *(number for number in near if 1 <= number <= last)})
    numbers: list[int | None] = []
    for number in shown:
        if numbers and number - (numbers[-1] or 0) > 1:
            numbers.append(None)
        numbers.append(number)
    return numbers


def read_query(
    parameters: Mapping[str, str],
    *,
    sorts: Sequence[str],
    default: str,
    filters: Iterable[str] = (),
    page_size: int = 50,
) -> Query:
    """Read a list's state from the query of the address; what is not allowed counts as not given.

    Args:
        parameters: the query parameters.
        sorts: columns that may be sorted by.
        default: the order without one, with "-" in front for descending.
        filters: names of filters.
        page_size: rows on a page.
    """
    order = parameters.get("sort", default)
    if order.lstrip("-") not in sorts:
        order = default
    page = parameters.get("page", "1")
    return Query(
        search=parameters.get("q", "").strip()[:200],
        filters={name: parameters.get(name, "")[:200] for name in filters},
        sort=order.lstrip("-"),
        descending=order.startswith("-"),
        page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 7 else 1,  # noqa: PLR2004
        page_size=page_size,
    )


def neutral(value: object) -> str:
    """Return a cell's text such that no spreadsheet takes it for a formula."""
    text = "" if value is None else str(value)
    return (
        f"'{text}"
        if text.startswith(_FORMULA_STARTS) and not isinstance(value, int | float)
        else text
    )


def csv_download(
    name: str, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> StreamingResponse:
    """Return a list as a CSV file that spreadsheets open well; rows are taken as they are written out."""

    def lines() -> Iterator[bytes]:
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        yield "\ufeff".encode()
        writer.writerow(header)
        for row in rows:
            writer.writerow([neutral(value) for value in row])
            if buffer.tell() > 32_768:  # noqa: PLR2004 (bytes of one chunk)
                yield buffer.getvalue().encode()
                buffer.seek(0)
                buffer.truncate()
        yield buffer.getvalue().encode()

    return StreamingResponse(
        lines(),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}.csv"'},
    )
