from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crate_consent.decisions.withdrawal import (
    Case,
    Consequences,
    PendingStop,
    barred_since,
    consequences,
)
from crate_core.domain.consent import ConsentMode, ConsentRecord, ConsentSource, in_force
from crate_core.domain.contact import Route, Status, StopCode
from tests.unit.consent.decisions.builders import NOW

RED, YELLOW, GREEN, UNKNOWN = (
    ConsentMode.RED,
    ConsentMode.YELLOW,
    ConsentMode.GREEN,
    ConsentMode.UNKNOWN,
)
PENDING = [Status.WITH_CLINICIAN, Status.CLINICIAN_MAIL_FAILED, Status.WITH_PATIENT, Status.FAILED]


def choice(
    day: int, mode: ConsentMode, *, entry: int | None = None, out: bool = False
) -> ConsentRecord:
    """A choice of that day, stored in the order of days unless said otherwise."""
    moment: datetime = NOW + timedelta(days=day)
    return ConsentRecord(mode, moment, exclude_entirely=out, entry=day if entry is None else entry)


def permission(based_on: ConsentRecord, request_id: int = 1) -> Case:
    route = Route.DIRECT if based_on.mode is GREEN else Route.CLINICIAN
    return Case(request_id, Status.APPROVED, route, based_on)


def withdrawn(case: Case, *later: ConsentRecord) -> bool:
    return consequences([case.based_on, *later], [case]).withdraw == (case.request_id,)


def test_c82_red_withdraws_a_direct_permission() -> None:
    assert withdrawn(permission(choice(1, GREEN)), choice(2, RED))


@pytest.mark.parametrize("mode", [YELLOW, UNKNOWN])
def test_c83_anything_but_green_withdraws_a_direct_permission(mode: ConsentMode) -> None:
    assert withdrawn(permission(choice(1, GREEN)), choice(2, mode))


def test_c83_green_again_withdraws_nothing() -> None:
    assert not withdrawn(permission(choice(1, GREEN)), choice(2, GREEN))


def test_c83_change_without_permissions_withdraws_nothing() -> None:
    assert consequences([choice(1, YELLOW), choice(2, RED)], []) == Consequences()


@pytest.mark.parametrize("mode", [GREEN, YELLOW, UNKNOWN])
def test_c84_red_withdraws_a_permission_that_the_patient_gave(mode: ConsentMode) -> None:
    case = Case(1, Status.APPROVED, Route.CLINICIAN, choice(1, mode))
    assert withdrawn(case, choice(2, RED))


@pytest.mark.parametrize("before", [GREEN, YELLOW, UNKNOWN])
@pytest.mark.parametrize("after", [GREEN, YELLOW, UNKNOWN])
def test_c84_permission_that_the_patient_gave_outlives_other_colours(
    before: ConsentMode, after: ConsentMode
) -> None:
    case = Case(1, Status.APPROVED, Route.CLINICIAN, choice(1, before))
    assert not withdrawn(case, choice(2, after))


@pytest.mark.parametrize("mode", ConsentMode)
def test_c85_opt_out_withdraws_every_permission(mode: ConsentMode) -> None:
    green, yellow = choice(1, GREEN), choice(2, YELLOW)
    cases = [permission(green, 1), permission(yellow, 2)]
    history = [green, yellow, choice(3, mode, out=True)]
    assert consequences(history, cases).withdraw == (1, 2)


def test_c144_two_quick_changes_withdraw_once() -> None:
    case = permission(choice(1, GREEN))
    history = [case.based_on, choice(2, RED), choice(3, YELLOW)]
    assert consequences(history, [case]).withdraw == (1,)
    after = Case(1, Status.WITHDRAWN, case.route, case.based_on)
    assert consequences(history, [after]) == Consequences()


def test_c144_green_again_revives_nothing() -> None:
    assert withdrawn(permission(choice(1, GREEN)), choice(2, RED), choice(3, GREEN))


def test_c144_changes_of_the_same_moment_count_in_the_order_of_entry() -> None:
    base = choice(1, GREEN, entry=5)
    assert withdrawn(permission(base), choice(1, RED, entry=6), choice(1, GREEN, entry=7))
    assert not withdrawn(permission(base), choice(1, RED, entry=4))


def test_c146_green_re_entered_withdraws_nothing() -> None:
    later = [choice(day, GREEN) for day in range(2, 6)]
    assert not withdrawn(permission(choice(1, GREEN)), *later)


def test_permission_on_a_newer_choice_survives_an_older_one_that_arrives_late() -> None:
    assert not withdrawn(permission(choice(9, GREEN, entry=1)), choice(5, RED, entry=2))


def test_choice_made_before_a_permission_but_learnt_of_later_withdraws_it() -> None:
    assumed = ConsentRecord(UNKNOWN, NOW, source=ConsentSource.AUTO_CREATED, entry=1)
    case = Case(1, Status.APPROVED, Route.CLINICIAN, assumed)
    assert withdrawn(case, choice(-300, RED, entry=2))


@pytest.mark.parametrize("status", PENDING)
@pytest.mark.parametrize(
    ("record", "code"),
    [
        (choice(2, RED), StopCode.CONSENT_RED),
        (choice(2, GREEN, out=True), StopCode.OPTED_OUT),
        (choice(2, RED, out=True), StopCode.OPTED_OUT),
    ],
)
def test_red_and_opt_out_stop_what_is_under_way(
    status: Status, record: ConsentRecord, code: StopCode
) -> None:
    case = Case(1, status, Route.CLINICIAN, choice(1, YELLOW))
    result = consequences([case.based_on, record], [case])
    assert result == Consequences(stop=(PendingStop(1, code),))


@pytest.mark.parametrize("mode", [YELLOW, GREEN, UNKNOWN])
def test_other_colours_let_what_is_under_way_go_on(mode: ConsentMode) -> None:
    case = Case(1, Status.WITH_CLINICIAN, Route.CLINICIAN, choice(1, GREEN))
    assert consequences([case.based_on, choice(2, mode)], [case]) == Consequences()


@pytest.mark.parametrize("status", [s for s in Status if s not in {Status.APPROVED, *PENDING}])
def test_ended_requests_are_left_alone(status: Status) -> None:
    case = Case(1, status, Route.DIRECT, choice(1, GREEN))
    assert consequences([case.based_on, choice(2, RED)], [case]) == Consequences()


RECORDS = st.builds(
    ConsentRecord,
    mode=st.sampled_from(ConsentMode),
    decided_at=st.integers(0, 5).map(lambda days: NOW + timedelta(days=days)),
    source=st.sampled_from(ConsentSource),
    exclude_entirely=st.booleans(),
    entry=st.just(0),
)
HISTORIES = st.lists(RECORDS, min_size=1, max_size=7).map(
    lambda records: [
        ConsentRecord(
            record.mode,
            record.decided_at,
            source=record.source,
            exclude_entirely=record.exclude_entirely,
            entry=number,
        )
        for number, record in enumerate(records)
    ]
)


@st.composite
def histories_with_cases(draw: st.DrawFn) -> tuple[list[ConsentRecord], list[Case]]:
    history = draw(HISTORIES)
    cases = [
        Case(
            number,
            draw(st.sampled_from([Status.APPROVED, *PENDING])),
            draw(st.sampled_from(Route)),
            draw(st.sampled_from(history)),
        )
        for number in range(draw(st.integers(0, 4)))
    ]
    return history, cases


@given(histories_with_cases(), st.randoms(use_true_random=False))
def test_result_does_not_depend_on_the_order_of_records_or_requests(
    given_case: tuple[list[ConsentRecord], list[Case]], random: Random
) -> None:
    history, cases = given_case
    expected = consequences(history, cases)
    random.shuffle(history)
    random.shuffle(cases)
    assert consequences(history, cases) == expected


@given(histories_with_cases())
def test_looking_after_each_record_ends_the_same_as_looking_once(
    given_case: tuple[list[ConsentRecord], list[Case]],
) -> None:
    history, cases = given_case
    step_by_step: set[int] = set()
    for length in range(len(history) + 1):
        step_by_step |= set(consequences(history[:length], cases).withdraw)
    assert step_by_step == set(consequences(history, cases).withdraw)


@given(histories_with_cases())
def test_patient_who_is_red_or_out_keeps_nothing(
    given_case: tuple[list[ConsentRecord], list[Case]],
) -> None:
    history, cases = given_case
    current = in_force(history)
    assert current is not None
    if current.mode is RED or current.exclude_entirely:
        # A request that was itself decided on this record was stopped then, and is no case.
        older = [case for case in cases if case.based_on != current]
        result = consequences(history, older)
        ended = {*result.withdraw, *(stop.request_id for stop in result.stop)}
        assert ended == {case.request_id for case in older}


@given(HISTORIES)
def test_more_history_never_lifts_a_bar(history: list[ConsentRecord]) -> None:
    for shorter, longer in pairwise(history[:length] for length in range(len(history) + 1)):
        for base in history:
            if barred_since(shorter, base):
                assert barred_since(longer, base)
