"""What holds of every letter: tags, sameness, harmless data, any script, speed."""

import os
import time
from collections.abc import Iterator
from io import BytesIO

import pikepdf
import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st

from crate_consent.letters import Letter, Letters
from crate_consent.letters.glyphs import printable
from crate_consent.letters.typesetter import Typesetter
from crate_core.domain.consent import ConsentMode
from crate_core.domain.people import Address
from tests.unit.consent.letters import samples
from tests.unit.consent.letters.samples import WRITTEN_AT, text_of

A4 = (595, 842)


def single_letters(letters: Letters) -> Iterator[Letter]:
    yield letters.approval(samples.approval(), WRITTEN_AT)
    yield letters.withdrawal(samples.withdrawal(), WRITTEN_AT)
    yield letters.confirmation(samples.confirmation(ConsentMode.GREEN), WRITTEN_AT)


def test_single_letters_are_a4_and_claim_pdf_ua_1(letters: Letters) -> None:
    for letter in single_letters(letters):
        with pikepdf.open(BytesIO(letter.pdf)) as pdf:
            assert len(pdf.pages) == letter.pages
            assert all(
                (round(page.mediabox[2]), round(page.mediabox[3])) == A4 for page in pdf.pages
            )
            assert pdf.Root.Lang == "en-GB"
            assert bool(pdf.Root.MarkInfo.Marked)
            with pdf.open_metadata() as metadata:
                assert metadata["pdfuaid:part"] == "1"
                assert metadata["dc:title"] == letter.title


def test_same_facts_give_the_same_bytes(letters: Letters) -> None:
    facts = samples.pack()
    assert letters.pack(facts, WRITTEN_AT).pdf == letters.pack(facts, WRITTEN_AT).pdf
    assert [a.pdf for a in single_letters(letters)] == [b.pdf for b in single_letters(letters)]


@pytest.mark.parametrize(
    "name",
    [
        '#panic("no")',
        "*bold* _it_ $x^2$ `raw` @ref <label>",
        "// comment /* more",
        '"; #eval("1")',
        "\\u{41} \\ # [x] {y}",
        "{study} {manager.__class__}",
        "https://example.org/a~b--c",
    ],
)
def test_markup_in_data_is_only_text(letters: Letters, name: str) -> None:
    who = samples.patient(last_name=name)
    assert f"Jane {name}" in text_of(letters.approval(samples.approval(patient=who), WRITTEN_AT))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Åse Þórsdóttir-Łukasz", "Åse Þórsdóttir-Łukasz"),
        ("Иван Пётр", "Иван Пётр"),
        ("Zoe\u0308", "Zoë"),
        ("A\u0007B\u200dC\tD", "ABC D"),
        ("\u4e2d\u6587", "□□"),
        ("\U0001f600", "\U0001f600"),
    ],
)
def test_any_script_is_printed_or_shown_as_a_box(letters: Letters, name: str, shown: str) -> None:
    who = samples.patient(last_name=name)
    assert shown in text_of(letters.approval(samples.approval(patient=who), WRITTEN_AT))


def test_right_to_left_names_are_printed(letters: Letters) -> None:
    who = samples.patient(first_name="שלום", last_name="شكرا")
    letter = letters.pack(samples.pack(patient=who), WRITTEN_AT)
    assert "שלום" in text_of(letter) or "םולש" in text_of(letter)


@settings(max_examples=60, deadline=None)
@given(name=st.text(min_size=1, max_size=40))
def test_no_name_stops_a_letter(letters: Letters, name: str) -> None:
    who = samples.patient(last_name=name)
    assert letters.withdrawal(samples.withdrawal(patient=who), WRITTEN_AT).pages >= 1


def test_halves_of_characters_become_boxes_and_control_characters_vanish() -> None:
    assert printable("a\ud800b\x00c") == "a□bc"


def test_very_long_words_of_an_address_are_broken(letters: Letters) -> None:
    address = Address(("W" * 100, "a rather long name of a house " * 3, "x" * 100))
    who = samples.patient(address=address, last_name="Y" * 100)
    letter = letters.pack(samples.pack(patient=who), WRITTEN_AT)
    for each in (letter, letters.approval(samples.approval(patient=who), WRITTEN_AT)):
        assert "W" * 28 in text_of(each)
        assert "W" * 29 not in text_of(each)


def test_templates_cannot_read_outside_their_folder() -> None:
    compiler = Typesetter()._compiler
    with pytest.raises(typst.TypstError):
        compiler.compile(input=b'#read("../typesetter.py")', format="pdf")
    with pytest.raises(typst.TypstError):
        compiler.compile(input=b'#read("/etc/passwd")', format="pdf")


def test_use_before_a_fork_is_told_instead_of_waiting_for_ever(
    letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters.approval(samples.approval(), WRITTEN_AT)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with pytest.raises(RuntimeError, match="before this process was forked"):
        letters.approval(samples.approval(), WRITTEN_AT)


def test_a_letter_takes_milliseconds(letters: Letters) -> None:
    facts = [samples.approval(patient=samples.patient(last_name=f"N{n}")) for n in range(20)]
    letters.approval(samples.approval(), WRITTEN_AT)
    begun = time.process_time()
    for each in facts:
        letters.approval(each, WRITTEN_AT)
    # About 8 ms of work each; the bound is for slow and busy machines.
    assert (time.process_time() - begun) / len(facts) < 0.1
