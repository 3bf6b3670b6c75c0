"""The one place that reads the clock; pure code takes the time as an argument."""

from datetime import UTC, datetime


def utcnow() -> datetime:
    """Return the present moment as an aware UTC date-time."""
    return datetime.now(UTC)
