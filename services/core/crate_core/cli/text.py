"""Plain text for terminals."""

from collections.abc import Sequence
from datetime import datetime

_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows under titles, in columns."""
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (titles, *rows)
    )


def age(now: datetime, moment: datetime) -> str:
    """Return how long ago `moment` was, in the largest unit that fits, such as "2 days"."""
    seconds = max(0, int((now - moment).total_seconds()))
    for size, name in _UNITS:
        if seconds >= size:
            number = seconds // size
            return f"{number} {name}{'' if number == 1 else 's'}"
    return "0 seconds"
