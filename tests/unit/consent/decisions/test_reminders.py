from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crate_consent.decisions.reminders import Expire, Remind, Schedule, due_step, next_due_at
from tests.unit.consent.decisions.builders import NOW

SCHEDULE = Schedule()


@pytest.mark.parametrize(
    ("day", "sent", "due"),
    [
        (13, 0, None),
        (14, 0, Remind(1)),
        (14, 1, None),
        (27, 1, None),
        (28, 1, Remind(2)),
        (28, 2, None),
        (30, 0, Remind(2)),
        (55, 2, None),
        (56, 2, Expire()),
        (90, 0, Expire()),
    ],
)
def test_c132_reminders_on_days_14_and_28_and_expiry_on_day_56(
    day: int, sent: int, due: Remind | Expire | None
) -> None:
    now = NOW + timedelta(days=day)
    assert due_step(SCHEDULE, NOW, now, reminders_sent=sent) == due


def test_c132_running_twice_sends_one_reminder() -> None:
    now = NOW + timedelta(days=14)
    assert due_step(SCHEDULE, NOW, now, reminders_sent=0) == Remind(1)
    assert due_step(SCHEDULE, NOW, now, reminders_sent=1) is None


@pytest.mark.parametrize(("sent", "day"), [(0, 14), (1, 28), (2, 56)])
def test_c132_next_look_is_at_the_next_step(sent: int, day: int) -> None:
    assert next_due_at(SCHEDULE, NOW, reminders_sent=sent) == NOW + timedelta(days=day)


def test_reminders_that_cannot_be_are_left_out() -> None:
    assert Schedule((28, 0, 14, 14, 60), 30).reminders == (14, 28)


@given(
    st.builds(Schedule, st.lists(st.integers(-5, 100), max_size=5).map(tuple), st.integers(1, 90))
)
def test_c132_every_schedule_ends_in_expiry_with_each_reminder_once(schedule: Schedule) -> None:
    now, sent, steps = NOW, 0, 0
    while True:
        now = next_due_at(schedule, NOW, reminders_sent=sent)
        step = due_step(schedule, NOW, now, reminders_sent=sent)
        steps += 1
        if isinstance(step, Expire):
            break
        assert step == Remind(sent + 1)
        sent += 1
    assert sent == len(schedule.reminders) == steps - 1
    assert now == schedule.expires_at(NOW)
