"""Pages of a stored result: which page is meant, which rows it holds (R17 to R20)."""

import math
from dataclasses import dataclass

from crate_web.listing import pages_to_link

PER_PAGE_CHOICES = (10, 20, 50, 100, 200, 500, 1000)
DEFAULT_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class ResultPage:
    """One page of a result of `rows` rows; pages and row numbers count from 1."""

    number: int
    per_page: int
    rows: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, math.ceil(self.rows / self.per_page))

    @property
    def first(self) -> int:
        """Number of the first row of this page, from 0, as rows are stored."""
        return (self.number - 1) * self.per_page

    @property
    def end(self) -> int:
        """Number of the row after the last one of this page, from 0."""
        return min(self.first + self.per_page, self.rows)

    @property
    def links(self) -> list[int | None]:
        """Page numbers to link to; None stands for a gap."""
        return pages_to_link(self.number, self.pages)


def result_page(asked: str, *, rows: int, per_page: int) -> ResultPage:
    """Return the page that `asked` means: beyond the ends the last one, no number the first (R18)."""
    last = ResultPage(1, per_page, rows).pages
    try:
        number = int(asked[:9])  # With nine digits it is beyond every result.
    except ValueError:
        number = 1
    return ResultPage(number if 1 <= number <= last else last, per_page, rows)


def per_page_of(asked: str | None, *, usual: int) -> int | None:
    """Return how many rows a page shall have; None when `asked` is not on offer (R19).

    Args:
        asked: what the address says, if anything.
        usual: the person's own setting.
    """
    if asked is None:
        return usual if usual in PER_PAGE_CHOICES else DEFAULT_PER_PAGE
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0  # noqa: PLR2004
    return number if number in PER_PAGE_CHOICES else None
