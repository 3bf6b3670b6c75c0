"""Which answers are shown, and in which words."""

import pytest

from crate_core.domain.answers import AnswerRules
from crate_core.domain.contact import Answer
from crate_web.respond.choices import choice_of, choices, preselected
from crate_web.respond.forms import AnswerForm

EXTRA_FORM = AnswerRules(extra_form=True)


def test_all_answers_in_their_order() -> None:
    assert [choice.answer for choice in choices(AnswerRules())] == list(Answer)


def test_c50_no_answer_on_behalf_with_an_extra_form() -> None:
    assert [choice.answer for choice in choices(EXTRA_FORM)] == ["A", "B", "C", "D"]


@pytest.mark.parametrize(
    ("choice", "rules", "answer"),
    [
        ("yes", AnswerRules(), "R"),
        ("yes", EXTRA_FORM, ""),
        ("no", AnswerRules(), "B"),
        ("no", EXTRA_FORM, "B"),
        ("more", AnswerRules(), ""),
        ("", AnswerRules(), ""),
        ("A", AnswerRules(), ""),
    ],
)
def test_buttons_of_the_mail_choose_on_the_page(
    choice: str, rules: AnswerRules, answer: str
) -> None:
    assert preselected(choice, rules) == answer


@pytest.mark.parametrize("answer", Answer)
def test_each_no_asks_for_a_reason_and_each_yes_does_not(answer: Answer) -> None:
    assert bool(choice_of(answer).asks) is not answer.agrees


def test_reason_beside_another_answer_does_not_count() -> None:
    form = AnswerForm(
        answer="B", reason_c="not suitable", name="Clara", confirmed=False, change=False
    )
    assert form.reason == ""
    problems = form.problems(AnswerRules())
    assert problems is not None
    assert set(problems.errors) == {"reason_b"}


@pytest.mark.parametrize("answer", ["", "X", "confirmed", "r"])
def test_unknown_answer_is_refused(answer: str) -> None:
    form = AnswerForm(answer=answer, name="Clara", confirmed=False, change=False)
    problems = form.problems(AnswerRules())
    assert problems is not None
    assert set(problems.errors) == {"answer"}
