"""How times, ages and numbers are written, everywhere on the site."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def day(value: date) -> str:
    """Return "3 May 2026"."""
    return f"{value.day} {value:%B %Y}"


def moment(value: datetime, zone: ZoneInfo) -> str:
    """Return "3 May 2026, 14:05" as clocks in `zone` show it."""
    local = value.astimezone(zone)
    return f"{day(local)}, {local:%H:%M}"


def local_day(value: datetime, zone: ZoneInfo) -> str:
    """Return "3 May 2026", the day that a moment belongs to in `zone`."""
    return day(value.astimezone(zone).date())


def duration(value: timedelta) -> str:
    """Return the largest whole unit: "2 days", "1 hour", "0 seconds"."""
    seconds = max(0, int(value.total_seconds()))
    for name, size in _UNITS:
        if seconds >= size:
            return plural(seconds // size, name)
    return "0 seconds"


def number(value: float) -> str:
    """Return `value` with thousands separators."""
    return f"{value:,}"


def plural(count: int, singular: str, plural_form: str = "") -> str:
    """Return "1 request", "1,234 requests"."""
    return f"{number(count)} {singular if count == 1 else plural_form or singular + 's'}"
