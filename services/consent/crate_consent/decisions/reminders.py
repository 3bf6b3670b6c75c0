"""When an unanswered clinician is reminded, and when the request expires (C132)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Schedule:
    """Days after the mail: of each reminder, and of expiry. Reminders on or after expiry are never sent."""

    reminder_days: Sequence[int] = (14, 28)
    expiry_days: int = 56

    @property
    def reminders(self) -> tuple[int, ...]:
        """The days of reminders that can be sent, in order."""
        return tuple(sorted({day for day in self.reminder_days if 0 < day < self.expiry_days}))

    def expires_at(self, sent_at: datetime) -> datetime:
        """Return when the link stops working."""
        return sent_at + timedelta(days=self.expiry_days)


@dataclass(frozen=True, slots=True)
class Remind:
    """Send a reminder; `number` counts from 1."""

    number: int


@dataclass(frozen=True, slots=True)
class Expire:
    """The clinician did not answer in time."""


def due_step(
    schedule: Schedule, sent_at: datetime, now: datetime, *, reminders_sent: int
) -> Remind | Expire | None:
    """Return what is due now for an unanswered request, None when nothing is.

    Running twice changes nothing: a reminder whose number was sent is not due again. After a long pause
    the clinician gets one reminder, not all that were missed.
    """
    if now >= schedule.expires_at(sent_at):
        return Expire()
    reached = sum(now >= sent_at + timedelta(days=day) for day in schedule.reminders)
    return Remind(reached) if reached > reminders_sent else None


def next_due_at(schedule: Schedule, sent_at: datetime, *, reminders_sent: int) -> datetime:
    """Return when to look again: the next reminder after those sent, else expiry."""
    days = schedule.reminders[reminders_sent:]
    return sent_at + timedelta(days=days[0]) if days else schedule.expires_at(sent_at)
