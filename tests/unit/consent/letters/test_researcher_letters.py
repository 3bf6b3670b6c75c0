"""Approval and withdrawal letters to lead researchers."""

from datetime import date

from crate_consent.letters import Letters
from tests.unit.consent.letters import samples
from tests.unit.consent.letters.samples import WRITTEN_AT, text_of


def test_approval_is_addressed_to_the_lead_and_names_patient_and_study(letters: Letters) -> None:
    text = text_of(letters.approval(samples.approval(), WRITTEN_AT))
    assert "Dear Prof. Researcher, You may contact a patient about your study" in text
    for fact in (
        "Jane Sample",
        "2 January 1986",
        "999 000 0018",
        "Record number 123456",
        "12 Long Road Middle Village Exampleshire EX2 2EX",
        "Dr A. Practice",
        "Sleep and mood",
        samples.CODE,
        "3 May 2026",
        "Alex Example Research Database Manager",
    ):
        assert fact in text


def test_approval_says_whether_the_patient_was_asked_about_this_study(letters: Letters) -> None:
    asked = text_of(letters.approval(samples.approval(asked=True), WRITTEN_AT))
    standing = text_of(letters.approval(samples.approval(asked=False), WRITTEN_AT))
    assert "and said yes: their reply was recorded on 1 May 2026" in asked
    assert "GREEN" not in asked
    assert "has not been asked about this study. Their standing choice is GREEN" in standing


def test_approval_carries_rules_and_the_text_to_use(letters: Letters) -> None:
    text = text_of(letters.approval(samples.approval(), WRITTEN_AT))
    for words in (
        "confidential",
        "This letter does not give their research ID",
        "have not agreed to take part",
        "Declaration of Helsinki",
        "Text to use when you write",
        "you said that we may contact you",
    ):
        assert words in text


def test_c143_approval_gives_the_email_address_when_email_is_preferred(letters: Letters) -> None:
    preferred = text_of(letters.approval(samples.approval(prefers_email=True), WRITTEN_AT))
    not_preferred = text_of(letters.approval(samples.approval(prefers_email=False), WRITTEN_AT))
    assert "Prefers e-mail Yes E-mail jane@example.org" in preferred
    assert "Prefers e-mail No" in not_preferred
    assert "jane@example.org" not in not_preferred


def test_c143_preferred_email_without_an_address_says_so(letters: Letters) -> None:
    facts = samples.approval(prefers_email=True, patient=samples.patient(email=""))
    assert "E-mail not known: please write by post" in text_of(letters.approval(facts, WRITTEN_AT))


def test_withdrawal_says_which_permission_ended_and_what_to_do(letters: Letters) -> None:
    letter = letters.withdrawal(samples.withdrawal(), WRITTEN_AT)
    text = text_of(letter)
    assert letter.pages == 1
    assert "the permission of 1 April 2026 to contact them about your study" in text
    assert "jane@example.org" in text
    assert "If you have not contacted this patient yet, please do not" in text
    assert "If you have already contacted them, please ignore this letter" in text


def test_a_patient_with_nothing_known_still_gets_a_letter(letters: Letters) -> None:
    bare = samples.patient(
        date_of_birth=None, local_id=None, telephone="", address=type(samples.PATIENT.address)()
    )
    text = text_of(letters.approval(samples.approval(patient=bare), WRITTEN_AT))
    assert "Date of birth not known" in text
    assert "Address not known" in text


def test_c63_letters_to_researchers_carry_pages_address_and_ethics(letters: Letters) -> None:
    for letter in (
        letters.approval(samples.approval(), WRITTEN_AT),
        letters.withdrawal(samples.withdrawal(permitted_on=date(2026, 1, 1)), WRITTEN_AT),
    ):
        first, *others = samples.page_texts(letter)
        assert "IRAS 000000. REC 00/XX/0000." in first
        assert "Example Health Trust, Example House, 1 Example Street" in first
        assert f"Page 1 of {letter.pages}" in first
        assert all("IRAS" not in page for page in others)
