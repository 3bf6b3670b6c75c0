from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crate_core.domain.contact import (
    TRANSITIONS,
    Answer,
    CoarseStatus,
    Involvement,
    Route,
    Status,
    StopCode,
    TransitionError,
    check_transition,
    coarse,
    is_final,
    is_waiting,
)

WITHOUT_EXIT = {
    Status.STOPPED,
    Status.CLINICIAN_REFUSED,
    Status.PATIENT_REFUSED,
    Status.WITHDRAWN,
    Status.CANCELLED,
}


def test_table_of_transitions_is_closed() -> None:
    assert set(TRANSITIONS) == set(Status)
    reached = {Status.NEW}.union(*TRANSITIONS.values())
    assert reached == set(Status)


def test_final_statuses_have_only_the_exits_that_are_listed() -> None:
    assert {status for status in Status if not TRANSITIONS[status]} == WITHOUT_EXIT
    assert {status for status in Status if is_final(status)} == WITHOUT_EXIT | {
        Status.APPROVED,
        Status.EXPIRED,
    }
    assert TRANSITIONS[Status.APPROVED] == {Status.WITHDRAWN}
    assert TRANSITIONS[Status.EXPIRED] == {Status.WITH_CLINICIAN}


def test_every_status_is_new_or_final_or_waits_for_a_person() -> None:
    for status in Status:
        assert [status is Status.NEW, is_final(status), is_waiting(status)].count(True) == 1


def test_approval_comes_only_from_standing_green_or_the_patients_yes() -> None:
    before = {status: {each for each in Status if status in TRANSITIONS[each]} for status in Status}
    assert before[Status.APPROVED] == {Status.NEW, Status.WITH_PATIENT}
    assert before[Status.WITHDRAWN] == {Status.APPROVED}


@pytest.mark.parametrize(("before", "after"), list(product(Status, Status)))
def test_only_transitions_of_the_table_pass(before: Status, after: Status) -> None:
    if after in TRANSITIONS[before]:
        check_transition(before, after)
    else:
        with pytest.raises(TransitionError, match=f'"{before}" cannot become "{after}"'):
            check_transition(before, after)


@given(st.data())
def test_no_walk_leaves_an_ended_request(data: st.DataObject) -> None:
    walk = [Status.NEW]
    while TRANSITIONS[walk[-1]] and len(walk) < 20:
        walk.append(data.draw(st.sampled_from(sorted(TRANSITIONS[walk[-1]]))))
    assert not WITHOUT_EXIT & set(walk[:-1])
    for before, after in pairwise(walk):
        if before is Status.APPROVED:
            assert after is Status.WITHDRAWN


def test_c103_researcher_learns_only_a_coarse_status() -> None:
    assert {coarse(status) for status in Status} == set(CoarseStatus) - {CoarseStatus.NOT_FOUND}
    assert {status for status in Status if coarse(status) is CoarseStatus.APPROVED} == {
        Status.APPROVED
    }


@pytest.mark.parametrize("code", list(StopCode)[1:])
def test_c103_every_stop_about_a_patient_looks_the_same(code: StopCode) -> None:
    assert coarse(Status.STOPPED, code) is CoarseStatus.NOT_POSSIBLE


def test_c10_unknown_identifier_is_said_to_be_not_found() -> None:
    assert coarse(Status.STOPPED, StopCode.IDENTIFIER_NOT_FOUND) is CoarseStatus.NOT_FOUND


def test_only_r_and_a_lead_to_the_patient() -> None:
    assert [answer for answer in Answer if answer.agrees] == [Answer.R, Answer.A]


def test_only_involvement_none_is_direct() -> None:
    assert [code for code in Involvement if code.route is Route.DIRECT] == [Involvement.NONE]
