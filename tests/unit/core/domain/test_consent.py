from dataclasses import fields, replace
from datetime import UTC, date, datetime
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crate_core.domain.consent import (
    NO_DATE,
    ConsentMode,
    ConsentRecord,
    ConsentSource,
    Decision,
    as_decided_at,
    in_force,
    newest,
    said_last,
    since_first_seen,
)

LONDON = ZoneInfo("Europe/London")


def day(number: int) -> datetime:
    return datetime(2026, 5, number, tzinfo=UTC)


def record(mode: ConsentMode, decided_at: datetime, entry: int | None = None) -> ConsentRecord:
    return ConsentRecord(mode, decided_at, source="clinical_record", entry=entry)


@pytest.mark.parametrize(
    "decision",
    [
        Decision(patient_signed=True),
        Decision(patient_authorised=True),
        Decision(parent_signed=True, child_clinician_signed=True),
        Decision(representative_signed=True, capacity_clinician_signed=True),
        Decision(patient_signed=True, parent_signed=True),
        Decision(patient_authorised=True, child_clinician_signed=True),
    ],
)
def test_c67_enough_signatures_are_accepted(decision: Decision) -> None:
    assert decision.is_valid
    assert decision.problem is None


@pytest.mark.parametrize(
    ("decision", "problem"),
    [
        (Decision(), "at least one"),
        (Decision(representative_signed=True), "clinician for lack of capacity"),
        (Decision(capacity_clinician_signed=True), "representative"),
        (Decision(parent_signed=True), "clinician for under-16s"),
        (Decision(child_clinician_signed=True), "parent"),
        (Decision(representative_signed=True, child_clinician_signed=True), "lack of capacity"),
        (Decision(parent_signed=True, capacity_clinician_signed=True), "representative"),
        (Decision(parent_signed=True, representative_signed=True), "lack of capacity"),
    ],
)
def test_c67_too_few_signatures_are_refused_with_what_is_missing(
    decision: Decision, problem: str
) -> None:
    assert not decision.is_valid
    assert problem in (decision.problem or "")


def test_c67_validity_follows_the_rule_for_all_64_combinations() -> None:
    for boxes in product([False, True], repeat=len(fields(Decision))):
        decision = Decision(*boxes)
        signed, authorised, parent, child_clinician, representative, capacity_clinician = boxes
        patient = signed or authorised
        expected = (
            patient
            or (representative and capacity_clinician)
            or sum([patient, parent, child_clinician]) >= 2
        )
        assert decision.is_valid is expected
        assert (decision.problem is None) is expected


def test_c69_signed_choice_may_be_saved_and_unsigned_one_not() -> None:
    unsigned = ConsentRecord(ConsentMode.GREEN, day(1))
    assert not unsigned.may_be_saved
    assert replace(unsigned, decision=Decision(patient_signed=True)).may_be_saved


def test_c70_override_needs_no_box() -> None:
    assert ConsentRecord(ConsentMode.RED, day(1), by_override=True).may_be_saved


@pytest.mark.parametrize(
    ("recorded_on", "site_on", "winner"),
    [
        pytest.param(5, 3, "record", id="c74"),
        pytest.param(3, 3, "site", id="c75"),
        pytest.param(2, 3, "site", id="c76"),
    ],
)
def test_c74_c75_c76_newest_decision_wins_and_a_tie_keeps_the_sites_own(
    recorded_on: int, site_on: int, winner: str
) -> None:
    ours = ConsentRecord(ConsentMode.RED, day(site_on), entry=1)
    theirs = record(ConsentMode.GREEN, day(recorded_on))
    chosen = newest(site=ours, record=theirs)
    assert chosen is (theirs if winner == "record" else ours)
    assert chosen.decided_at == day(recorded_on if winner == "record" else site_on)


def test_c77_later_decision_wins_although_an_older_extract_was_read_before() -> None:
    read_on_day_six = record(ConsentMode.GREEN, day(4), entry=1)
    arrives_on_day_seven = record(ConsentMode.RED, day(5))
    assert newest(site=read_on_day_six, record=arrives_on_day_seven) is arrives_on_day_seven


def test_c77_row_made_by_the_site_yields_to_a_decision_of_long_ago() -> None:
    assumed = ConsentRecord(
        ConsentMode.UNKNOWN, day(20), source=ConsentSource.AUTO_CREATED, entry=1
    )
    theirs = record(ConsentMode.RED, day(1))
    assert newest(site=assumed, record=theirs) is theirs
    assert in_force([replace(theirs, entry=2), assumed]) == replace(theirs, entry=2)


def test_one_side_alone_counts_and_none_is_none() -> None:
    ours = ConsentRecord(ConsentMode.RED, day(1))
    assert newest(site=ours, record=None) is ours
    assert newest(site=None, record=ours) is ours
    assert newest(site=None, record=None) is None
    assert in_force([]) is None


def test_two_choices_of_one_day_the_one_entered_last_counts() -> None:
    first = ConsentRecord(ConsentMode.GREEN, day(3), entry=7)
    second = ConsentRecord(ConsentMode.RED, day(3), entry=8)
    assert in_force([second, first]) is second


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (date(2026, 1, 5), datetime(2026, 1, 5, tzinfo=UTC)),
        (date(2026, 7, 5), datetime(2026, 7, 4, 23, tzinfo=UTC)),
        (datetime(2026, 7, 5, 12), datetime(2026, 7, 5, 11, tzinfo=UTC)),  # noqa: DTZ001
        (datetime(2026, 7, 5, 12, tzinfo=UTC), datetime(2026, 7, 5, 12, tzinfo=UTC)),
        (datetime(2026, 7, 5, 12, tzinfo=LONDON), datetime(2026, 7, 5, 11, tzinfo=UTC)),
    ],
)
def test_c78_plain_and_naive_dates_are_taken_in_the_sites_zone(
    value: date, expected: datetime
) -> None:
    moment = as_decided_at(value, LONDON)
    assert moment == expected
    assert moment.tzinfo is UTC


@given(st.dates(), st.datetimes(timezones=st.just(UTC) | st.none()))
def test_c78_any_date_can_be_compared_with_the_sites(plain: date, moment: datetime) -> None:
    ours = ConsentRecord(ConsentMode.RED, day(3))
    for value in (plain, moment):
        # The zone is UTC here: the first and last day of the calendar have no neighbour to shift into.
        assert newest(site=ours, record=record(ConsentMode.GREEN, as_decided_at(value, UTC)))


def test_c78_record_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        ConsentRecord(ConsentMode.RED, datetime(2026, 5, 1))  # noqa: DTZ001


def test_record_says_last_what_was_decided_last() -> None:
    red, green = record(ConsentMode.RED, day(3)), record(ConsentMode.GREEN, day(4))
    assert said_last([red, green], day(9)) == (green,)
    assert said_last([], day(9)) == ()


@pytest.mark.parametrize("ahead", [day(9), NO_DATE])
def test_a_decision_dated_ahead_counts_if_it_bars_contact_else_not(ahead: datetime) -> None:
    today = record(ConsentMode.YELLOW, day(3))
    for mode in (ConsentMode.GREEN, ConsentMode.YELLOW, ConsentMode.UNKNOWN):
        assert said_last([today, record(mode, ahead)], day(5)) == (today,)
        assert said_last([record(mode, ahead)], day(5)) == ()
    red = record(ConsentMode.RED, ahead)
    assert said_last([today, red], day(5)) == (today, red)
    opted_out = replace(record(ConsentMode.GREEN, day(6)), exclude_entirely=True)
    assert said_last([red, opted_out], day(5)) == (opted_out,)


def test_a_decision_dated_ahead_counts_from_when_it_was_first_seen() -> None:
    red = record(ConsentMode.RED, day(9))
    seen = since_first_seen(red, [record(ConsentMode.RED, day(1))], day(3))
    assert seen == replace(red, decided_at=day(3), date_in_record=day(9))
    assert since_first_seen(red, [record(ConsentMode.GREEN, day(1)), seen], day(4)) is seen
    # Another one that is dated ahead is another decision.
    for other in (replace(red, decided_at=day(8)), replace(red, exclude_entirely=True)):
        assert since_first_seen(other, [seen], day(4)).decided_at == day(4)


@given(st.permutations(list(ConsentMode)))
def test_of_several_decisions_of_one_moment_the_strictest_counts(modes: list[ConsentMode]) -> None:
    same_day = [record(mode, day(3)) for mode in modes]
    (last,) = said_last(same_day, day(9))
    assert last.mode is ConsentMode.RED
    opted_out = replace(record(ConsentMode.UNKNOWN, day(3)), exclude_entirely=True)
    assert said_last([*same_day, opted_out], day(9)) == (opted_out,)


def test_record_that_says_something_else_on_the_same_day_counts() -> None:
    copied = record(ConsentMode.GREEN, day(3), entry=7)
    assert newest(site=copied, record=record(ConsentMode.RED, day(3))) == record(
        ConsentMode.RED, day(3)
    )
    again = record(ConsentMode.GREEN, day(3))
    assert newest(site=copied, record=again) is copied
    opted_out = replace(again, exclude_entirely=True)
    assert newest(site=copied, record=opted_out) is opted_out
