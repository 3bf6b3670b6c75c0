"""The letter that confirms a patient's general choice."""

from dataclasses import replace

import pytest

from crate_consent.letters import Letters
from crate_core.domain.consent import ConsentMode, Decision
from tests.unit.consent.letters import samples
from tests.unit.consent.letters.samples import WRITTEN_AT, text_of

NAMES = ("RED", "YELLOW", "GREEN")
RECORDED = "This is what we have recorded for you."


@pytest.mark.parametrize("mode", [ConsentMode.RED, ConsentMode.YELLOW, ConsentMode.GREEN])
def test_all_three_choices_are_shown_and_the_chosen_one_marked(
    letters: Letters, mode: ConsentMode
) -> None:
    text = text_of(letters.confirmation(samples.confirmation(mode), WRITTEN_AT))
    assert f"you chose {mode.value.upper()}." in text
    assert all(f"{name}. " in text for name in NAMES)
    before, _ = text.split(RECORDED)
    assert max(NAMES, key=lambda name: before.rfind(f"{name}. ")) == mode.value.upper()


def test_c70_override_says_that_a_clinician_decided(letters: Letters) -> None:
    facts = samples.confirmation(ConsentMode.YELLOW, by_override=True)
    text = text_of(letters.confirmation(facts, WRITTEN_AT))
    assert "a clinician who looks after you chose YELLOW for you" in text
    assert "what you told us" not in text


@pytest.mark.parametrize(
    "decision",
    [
        Decision(parent_signed=True, child_clinician_signed=True),
        Decision(representative_signed=True, capacity_clinician_signed=True),
    ],
)
def test_letter_says_that_others_chose_for_the_patient(
    letters: Letters, decision: Decision
) -> None:
    facts = samples.confirmation(ConsentMode.YELLOW, decision=decision)
    text = text_of(letters.confirmation(facts, WRITTEN_AT))
    assert "a person who may decide for you chose YELLOW, together with a clinician" in text
    assert "what you told us" not in text
    by_both = samples.confirmation(
        ConsentMode.YELLOW, decision=replace(decision, patient_signed=True)
    )
    assert "what you told us" in text_of(letters.confirmation(by_both, WRITTEN_AT))


def test_red_letter_answers_the_opt_out_and_asks_nothing_about_email(letters: Letters) -> None:
    out = text_of(
        letters.confirmation(
            samples.confirmation(ConsentMode.RED, exclude_entirely=True, prefers_email=True),
            WRITTEN_AT,
        )
    )
    stays = text_of(letters.confirmation(samples.confirmation(ConsentMode.RED), WRITTEN_AT))
    assert "We have taken them out of the research database" in out
    assert "e-mail. The address" not in out
    assert "stay in the research database" in stays


@pytest.mark.parametrize(
    ("email", "prefers", "expected"),
    [
        ("jane@example.org", True, "The address we have is jane@example.org"),
        ("", True, "we have no e-mail address for you"),
        ("jane@example.org", False, "You would like to hear by post"),
    ],
)
def test_other_modes_confirm_how_the_patient_likes_to_hear(
    letters: Letters, email: str, expected: str, prefers: bool
) -> None:
    facts = samples.confirmation(
        ConsentMode.GREEN, samples.patient(email=email), prefers_email=prefers
    )
    assert expected in text_of(letters.confirmation(facts, WRITTEN_AT))


def test_letter_tells_how_to_change_the_choice_with_name_and_telephone(letters: Letters) -> None:
    text = text_of(letters.confirmation(samples.confirmation(ConsentMode.GREEN), WRITTEN_AT))
    assert "change your mind, please ring Alex Example on 01632 960000" in text


def test_unknown_mode_has_nothing_to_confirm(letters: Letters) -> None:
    with pytest.raises(ValueError, match="no choice to confirm"):
        letters.confirmation(samples.confirmation(ConsentMode.UNKNOWN), WRITTEN_AT)


def test_c63_confirmation_carries_pages_address_and_ethics(letters: Letters) -> None:
    letter = letters.confirmation(samples.confirmation(ConsentMode.GREEN), WRITTEN_AT)
    first = samples.page_texts(letter)[0]
    assert "version 1.0, 1 January 2026. IRAS 000000. REC 00/XX/0000." in first
    assert "Example Health Trust, Example House" in first
    assert f"Page 1 of {letter.pages}" in first
