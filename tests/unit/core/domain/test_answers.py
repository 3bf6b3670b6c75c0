from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crate_core.domain.answers import (
    AnswerRules,
    LinkState,
    link_state,
    offered,
    problems_of_answer,
    status_after_answer,
    status_after_reply,
)
from crate_core.domain.contact import Answer, Status

SENT = datetime(2026, 5, 3, 9, tzinfo=UTC)
EXPIRES = SENT + timedelta(days=56)
RULES = st.builds(AnswerRules)


@given(RULES)
def test_c49_ineligible_is_always_offered(rules: AnswerRules) -> None:
    assert Answer.C in offered(rules)


def test_c50_r_is_not_offered_with_an_extra_form() -> None:
    assert offered(AnswerRules()) == tuple(Answer)
    assert offered(AnswerRules(extra_form=True)) == (Answer.A, Answer.B, Answer.C, Answer.D)


def test_c50_posted_r_is_refused_with_an_extra_form() -> None:
    rules = AnswerRules(extra_form=True)
    assert "answer" in problems_of_answer(rules, answer="R", name="Dr A", reason="")
    assert not problems_of_answer(rules, answer="A", name="Dr A", reason="")


@pytest.mark.parametrize("answer", Answer)
@pytest.mark.parametrize("name", ["", "  ", "x" * 256])
def test_c51_name_is_required(answer: Answer, name: str) -> None:
    problems = problems_of_answer(AnswerRules(), answer=answer, name=name, reason="because")
    assert set(problems) == {"name"}


@pytest.mark.parametrize("reason", ["", " \n"])
def test_c52_veto_needs_a_reason_and_the_others_do_not(reason: str) -> None:
    for answer in Answer:
        problems = problems_of_answer(AnswerRules(), answer=answer, name="Dr A", reason=reason)
        assert set(problems) == ({"reason"} if answer is Answer.B else set())


@pytest.mark.parametrize("answer", ["", "E", "r", "RA"])
def test_what_is_no_answer_is_refused(answer: str) -> None:
    assert "answer" in problems_of_answer(AnswerRules(), answer=answer, name="Dr A", reason="x")


def test_c56_only_a_consultant_agrees_to_a_trial_of_a_medicine() -> None:
    trial = AnswerRules(clinical_trial=True)
    for answer in Answer:
        problems = problems_of_answer(trial, answer=answer, name="Dr A", reason="x")
        assert bool(problems) is answer.agrees
    consultant = AnswerRules(clinical_trial=True, recipient_is_consultant=True)
    assert not problems_of_answer(consultant, answer="R", name="Dr A", reason="")


@given(RULES, st.text(max_size=3), st.text(max_size=5), st.text(max_size=5))
def test_accepted_answers_were_offered_and_signed(
    rules: AnswerRules, answer: str, name: str, reason: str
) -> None:
    if not problems_of_answer(rules, answer=answer, name=name, reason=reason):
        assert answer in offered(rules)
        assert name.strip()


@pytest.mark.parametrize(
    ("days", "state"),
    [(0, LinkState.OPEN), (55, LinkState.OPEN), (56, LinkState.EXPIRED), (57, LinkState.EXPIRED)],
)
def test_c45_link_expires(days: int, state: LinkState) -> None:
    now = SENT + timedelta(days=days)
    assert link_state(Status.WITH_CLINICIAN, answered=False, expires_at=EXPIRES, now=now) is state


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("days", [1, 100])
def test_c53_c54_answered_link_only_says_so_for_ever(status: Status, days: int) -> None:
    now = SENT + timedelta(days=days)
    assert link_state(status, answered=True, expires_at=EXPIRES, now=now) is LinkState.ANSWERED


@pytest.mark.parametrize("status", Status)
def test_link_is_open_only_while_the_request_waits_for_the_clinician(status: Status) -> None:
    state = link_state(status, answered=False, expires_at=EXPIRES, now=SENT)
    # One that failed before its answer failed at a reminder.
    waiting = status in {Status.WITH_CLINICIAN, Status.CLINICIAN_MAIL_FAILED, Status.FAILED}
    assert (state is LinkState.OPEN) is waiting


@pytest.mark.parametrize("answer", Answer)
def test_c46_c47_c48_answer_leads_to_the_patient_or_ends(answer: Answer) -> None:
    expected = Status.WITH_PATIENT if answer.agrees else Status.CLINICIAN_REFUSED
    assert status_after_answer(answer) is expected


def test_c64_c65_yes_approves_and_no_ends() -> None:
    assert status_after_reply(agreed=True) is Status.APPROVED
    assert status_after_reply(agreed=False) is Status.PATIENT_REFUSED
