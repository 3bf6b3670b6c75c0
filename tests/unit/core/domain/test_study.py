from dataclasses import replace
from typing import Any

import pytest

from crate_core.domain.study import (
    Missing,
    StudyFacts,
    days_as_years,
    extra_form_applies,
    is_possible_contact_study,
    missing_for_contact,
    plain_summary_to_paragraphs,
    summary_lines,
)

S1 = StudyFacts(
    patient_contact=True,
    approved_by_rec=True,
    approved_locally=True,
    has_details_pdf=True,
    lead_title="Dr",
    lead_first_name="Ann",
    lead_last_name="Smith",
    direct_approach_allowed=True,
)


def test_c01_complete_study_may_be_chosen() -> None:
    assert missing_for_contact(S1) == ()
    assert is_possible_contact_study(S1)


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"patient_contact": False}, Missing.PATIENT_CONTACT),
        ({"approved_by_rec": False}, Missing.REC_APPROVAL),
        ({"approved_locally": False}, Missing.LOCAL_APPROVAL),
        ({"has_details_pdf": False}, Missing.DETAILS_PDF),
        ({"lead_title": ""}, Missing.LEAD_TITLE),
        ({"lead_first_name": " "}, Missing.LEAD_FIRST_NAME),
        ({"lead_last_name": ""}, Missing.LEAD_LAST_NAME),
    ],
)
def test_c01_study_that_lacks_one_thing_may_not_be_chosen(
    change: dict[str, Any], missing: Missing
) -> None:
    study = replace(S1, **change)
    assert missing_for_contact(study) == (missing,)
    assert not is_possible_contact_study(study)


def test_c01_everything_that_is_missing_is_said_at_once() -> None:
    assert missing_for_contact(StudyFacts(False, False, False, False, "", "", "")) == tuple(Missing)


def test_c59_extra_form_applies_only_without_direct_approach() -> None:
    s4 = replace(S1, has_extra_form=True, direct_approach_allowed=True)
    assert extra_form_applies(s4, direct_requested=False)
    assert not extra_form_applies(s4, direct_requested=True)
    assert extra_form_applies(replace(s4, direct_approach_allowed=False), direct_requested=True)
    assert not extra_form_applies(S1, direct_requested=False)


@pytest.mark.parametrize(
    ("summary", "html"),
    [
        ("a<b\n\nc", "<p>a&lt;b</p><p>c</p>"),
        ("one & only", "one &amp; only"),
        ("\n one \n", "one"),
        ("", ""),
    ],
)
def test_c137_plain_summary_becomes_safe_paragraphs(summary: str, html: str) -> None:
    assert plain_summary_to_paragraphs(summary) == html


def test_c137_lines_of_a_summary_are_those_with_text() -> None:
    assert summary_lines("a<b\n \n c") == ("a<b", "c")


@pytest.mark.parametrize(
    ("days", "text"),
    [(1095, "3"), (1000, "2.7"), (0, "0"), (365, "1"), (1094, "3"), (None, "?"), (-1, "?")],
)
def test_c138_days_are_read_as_years(days: int | None, text: str) -> None:
    assert days_as_years(days) == text
