"""The pack: parts, order, pages, forms, missing parts."""

import re
from io import BytesIO

import pikepdf
import pytest

from crate_consent.letters import Letter, Letters, Part
from crate_core.domain.consent import ConsentMode
from crate_core.domain.contact import Involvement
from crate_core.errors import PermanentError
from tests.unit.consent.letters import samples
from tests.unit.consent.letters.samples import WRITTEN_AT, page_texts, text_of

FORM = "Your decision about this study"
LIGHTS = "May researchers contact you about research?"


def parts(letter: Letter) -> list[Part]:
    return [placed.part for placed in letter.parts]


def start(letter: Letter, part: Part) -> str:
    page = next(placed.first_page for placed in letter.parts if placed.part is part)
    return page_texts(letter)[page - 1]


def test_c57_parts_stand_in_order_each_on_an_odd_page(letters: Letters) -> None:
    letter = letters.pack(samples.pack(details_pdf=samples.sheets("DETAILS", 3)), WRITTEN_AT)
    assert parts(letter) == [Part.LETTER, Part.DETAILS, Part.DECISION_FORM, Part.LEAFLET]
    assert all(placed.first_page % 2 == 1 for placed in letter.parts)
    assert "Dear Ms Sample," in start(letter, Part.LETTER)
    assert "DETAILS 1" in start(letter, Part.DETAILS)
    assert FORM in start(letter, Part.DECISION_FORM)
    assert "LEAFLET 1" in start(letter, Part.LEAFLET)
    assert letter.missing == ()


def test_c57_every_page_is_numbered_over_the_whole_pack(letters: Letters) -> None:
    letter = letters.pack(samples.pack(details_pdf=samples.sheets("DETAILS", 4)), WRITTEN_AT)
    texts = page_texts(letter)
    assert len(texts) == letter.pages
    for number, text in enumerate(texts, start=1):
        assert f"Page {number} of {letter.pages}" in text


def test_c58_traffic_light_form_only_for_an_unknown_mode(letters: Letters) -> None:
    unknown = letters.pack(
        samples.pack(consent_mode=ConsentMode.UNKNOWN, involvement=Involvement.UNKNOWN), WRITTEN_AT
    )
    assert parts(unknown)[-3:] == [Part.DECISION_FORM, Part.TRAFFIC_LIGHT_FORM, Part.LEAFLET]
    assert LIGHTS in start(unknown, Part.TRAFFIC_LIGHT_FORM)
    assert LIGHTS not in text_of(letters.pack(samples.pack(), WRITTEN_AT))


def test_c59_extra_form_stands_after_the_decision_form(letters: Letters) -> None:
    letter = letters.pack(
        samples.pack(
            extra_form_pdf=samples.sheets("EXTRA"),
            consent_mode=ConsentMode.UNKNOWN,
            involvement=Involvement.REQUESTED,
        ),
        WRITTEN_AT,
    )
    assert parts(letter) == list(Part)
    assert "EXTRA 1" in start(letter, Part.EXTRA_FORM)
    assert "pass on to them their own form" in start(letter, Part.DECISION_FORM)


def test_c60_absent_leaflet_leaves_a_pack_and_is_reported(letters: Letters) -> None:
    letter = letters.pack(samples.pack(leaflet_pdf=None), WRITTEN_AT)
    assert parts(letter) == [Part.LETTER, Part.DETAILS, Part.DECISION_FORM]
    assert letter.missing == (Part.LEAFLET,)
    assert "Enclosed: study details; decision form." in page_texts(letter)[0]


def test_pack_without_any_uploaded_part_is_made(letters: Letters) -> None:
    letter = letters.pack(samples.pack(leaflet_pdf=None, details_pdf=None), WRITTEN_AT)
    assert parts(letter) == [Part.LETTER, Part.DECISION_FORM]
    assert letter.missing == (Part.DETAILS, Part.LEAFLET)


@pytest.mark.parametrize(
    ("age", "parent", "representative"),
    [(14, True, False), (15, True, True), (16, False, True), (40, False, True)],
)
def test_c61_boxes_follow_the_age(
    letters: Letters, age: int, parent: bool, representative: bool
) -> None:
    facts = samples.pack(
        patient=samples.patient_aged(age),
        consent_mode=ConsentMode.UNKNOWN,
        involvement=Involvement.UNKNOWN,
    )
    text = text_of(letters.pack(facts, WRITTEN_AT))
    assert text.count("If you are under 16") == (2 if parent else 0)
    assert text.count("If the person cannot decide this") == (2 if representative else 0)


def test_c61_age_counts_on_the_day_of_the_letter(letters: Letters) -> None:
    day_before = samples.patient(date_of_birth=samples.WRITTEN_AT.date().replace(2010, 5, 4))
    text = text_of(letters.pack(samples.pack(patient=day_before), WRITTEN_AT))
    assert "If you are under 16" in text


def test_c61_unknown_age_is_treated_as_adult(letters: Letters) -> None:
    text = text_of(
        letters.pack(samples.pack(patient=samples.patient(date_of_birth=None)), WRITTEN_AT)
    )
    assert "If you are under 16" not in text
    assert "If the person cannot decide this" in text


def test_c62_decision_form_identifies_patient_study_and_request(letters: Letters) -> None:
    text = start(letters.pack(samples.pack(), WRITTEN_AT), Part.DECISION_FORM)
    for fact in (
        "Name Jane Sample",
        "Date of birth 2 January 1986",
        "NHS number 999 000 0018",
        "Record number 123456",
        "Study number 101",
        f"Request code {samples.CODE}",
        f"Study 101, request {samples.CODE}",
    ):
        assert fact in text


@pytest.mark.parametrize(
    ("extra", "mode", "in_letter", "on_form"),
    [
        (False, ConsentMode.YELLOW, "send the form back", "Please return this form to:"),
        (True, ConsentMode.YELLOW, "send both forms back", "Please return both forms to:"),
        (False, ConsentMode.UNKNOWN, "send both forms back", "Please return both forms to:"),
        (True, ConsentMode.UNKNOWN, "send all the forms back", "Please return all the forms to:"),
    ],
)
def test_forms_to_return_are_counted(
    letters: Letters, extra: bool, mode: ConsentMode, in_letter: str, on_form: str
) -> None:
    facts = samples.pack(
        consent_mode=mode, extra_form_pdf=samples.sheets("EXTRA") if extra else None
    )
    text = text_of(letters.pack(facts, WRITTEN_AT))
    assert in_letter in text
    assert f"{on_form} FREEPOST EXAMPLE RESEARCH DATABASE" in text


@pytest.mark.parametrize(
    ("involvement", "why"),
    [
        (Involvement.REQUESTED, "asked the staff who look after people suitable for the study"),
        (Involvement.YELLOW, "You told us that you would like your clinical team"),
        (Involvement.UNKNOWN, "you have not yet told us how you feel"),
    ],
)
def test_letter_says_why_it_comes_from_the_clinician(
    letters: Letters, involvement: Involvement, why: str
) -> None:
    facts = samples.pack(involvement=involvement)
    assert why in page_texts(letters.pack(facts, WRITTEN_AT))[0]


def test_letter_asks_one_thing_and_makes_no_as_easy_as_yes(letters: Letters) -> None:
    text = page_texts(letters.pack(samples.pack(), WRITTEN_AT))[0]
    assert "I am writing to ask whether researchers may contact you" in text
    assert "tick yes or no on the decision form" in text
    assert "no is as good an answer as yes" in text
    assert "please ring Alex Example on 01632 960000" in text


def test_letter_is_signed_by_the_clinician_and_says_who_posts_it(letters: Letters) -> None:
    by_manager = page_texts(letters.pack(samples.pack(sent_by_manager=True), WRITTEN_AT))[0]
    by_clinician = page_texts(letters.pack(samples.pack(sent_by_manager=False), WRITTEN_AT))[0]
    signed = "Yours sincerely, Dr Casey Clinician Consultant Psychiatrist"
    assert f"{signed} Sent on my behalf by Alex Example" in by_manager
    assert signed in by_clinician
    assert "on my behalf" not in by_clinician


def test_c141_clinician_without_an_address_writes_care_of_the_manager(letters: Letters) -> None:
    sender = type(samples.pack().sender)("Dr Casey Clinician")
    text = page_texts(letters.pack(samples.pack(sender=sender), WRITTEN_AT))[0]
    assert "Dr Casey Clinician c/o Research Database Example House" in text


def test_c63_each_own_part_carries_its_ethics_reference(letters: Letters) -> None:
    letter = letters.pack(samples.pack(consent_mode=ConsentMode.UNKNOWN), WRITTEN_AT)
    reference = re.compile(r"version 1\.0, 1 January 2026\. IRAS 000000\. REC 00/XX/0000\.")
    for part in (Part.LETTER, Part.DECISION_FORM, Part.TRAFFIC_LIGHT_FORM):
        assert reference.search(start(letter, part))
    first, *others = page_texts(letter)
    assert "Example Health Trust, Example House" in first
    assert all("Example Health Trust, Example House" not in page for page in others)


def test_longest_letter_still_fits_on_one_page(letters: Letters) -> None:
    letter = letters.pack(
        samples.pack(
            patient=samples.patient_aged(15),
            consent_mode=ConsentMode.UNKNOWN,
            involvement=Involvement.UNKNOWN,
            extra_form_pdf=samples.sheets("EXTRA"),
        ),
        WRITTEN_AT,
    )
    assert "Enclosed: " in page_texts(letter)[0]


def test_unreadable_upload_names_its_part(letters: Letters) -> None:
    with pytest.raises(PermanentError, match="Study details"):
        letters.pack(samples.pack(details_pdf=b"%PDF-1.7 nothing"), WRITTEN_AT)


def test_pack_keeps_tags_title_and_language_but_claims_no_conformity(letters: Letters) -> None:
    letter = letters.pack(samples.pack(), WRITTEN_AT)
    with pikepdf.open(BytesIO(letter.pdf)) as pdf:
        assert pdf.Root.Lang == "en-GB"
        assert bool(pdf.Root.MarkInfo.Marked)
        assert "/StructTreeRoot" in pdf.Root
        assert str(pdf.docinfo[pikepdf.Name.Title]) == letter.title
        with pdf.open_metadata() as metadata:
            assert "pdfuaid:part" not in metadata
