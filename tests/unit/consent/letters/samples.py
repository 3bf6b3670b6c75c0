"""Invented people, studies and papers for tests of letters, and reading of what comes out."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from io import BytesIO
from typing import Any

import pikepdf
import pypdf

from crate_consent.letters import (
    ApprovalFacts,
    ConfirmationFacts,
    Letter,
    LetterStudy,
    PackFacts,
    Recipient,
    Sender,
    WithdrawalFacts,
)
from crate_core.domain.consent import ConsentMode, ConsentRecord
from crate_core.domain.contact import Involvement
from crate_core.domain.patient import PatientSnapshot
from crate_core.domain.people import Address, Gp

WRITTEN_AT = datetime(2026, 5, 3, 12, tzinfo=UTC)
CODE = "K7QM-2Z9T-4HWX"
LEAD = Recipient(
    "Prof. Robin Researcher", "Prof. Researcher", ("Department of Examples", "EX3 3EX")
)
STUDY = LetterStudy(101, "Sleep and mood in people who work at night", LEAD)
PATIENT = PatientSnapshot(
    nhs_number=9990000018,
    patient_found=True,
    local_id_description="Record number",
    local_id=123456,
    date_of_birth=date(1986, 1, 2),
    sex="F",
    first_name="Jane",
    last_name="Sample",
    address=Address(("12 Long Road", "Middle Village", "", "", "Exampleshire", "EX2 2EX")),
    telephone="01632 960111",
    email="jane@example.org",
    gp=Gp("Dr", "A.", "Practice", Address(("The Surgery", "Exampletown"))),
)


def patient(**changes: Any) -> PatientSnapshot:
    return replace(PATIENT, **changes)


def patient_aged(age: int) -> PatientSnapshot:
    return patient(date_of_birth=date(2026 - age, 5, 3))


def approval(**changes: Any) -> ApprovalFacts:
    facts = ApprovalFacts(
        study=STUDY,
        patient=PATIENT,
        request_code=CODE,
        prefers_email=False,
        permitted_on=date(2026, 5, 1),
        asked=True,
    )
    return replace(facts, **changes)


def withdrawal(**changes: Any) -> WithdrawalFacts:
    facts = WithdrawalFacts(
        study=STUDY, patient=PATIENT, request_code=CODE, permitted_on=date(2026, 4, 1)
    )
    return replace(facts, **changes)


def confirmation(
    mode: ConsentMode, who: PatientSnapshot = PATIENT, **record: Any
) -> ConfirmationFacts:
    return ConfirmationFacts(who, ConsentRecord(mode, WRITTEN_AT, **record))


def pack(**changes: Any) -> PackFacts:
    facts = PackFacts(
        study=STUDY,
        patient=PATIENT,
        request_code=CODE,
        involvement=Involvement.YELLOW,
        consent_mode=ConsentMode.YELLOW,
        sender=Sender("Dr Casey Clinician", "Consultant Psychiatrist", ("Clinic", "EX4 4EX")),
        own_patient=False,
        sent_by_manager=True,
        details_pdf=sheets("DETAILS"),
        extra_form_pdf=None,
        leaflet_pdf=sheets("LEAFLET"),
    )
    return replace(facts, **changes)


@cache
def sheets(
    word: str, pages: int = 1, width: int = 595, height: int = 842, rotate: int = 0
) -> bytes:
    """A PDF whose pages say `word` and their number, near their top left corner."""
    pdf = pikepdf.new()
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    for number in range(1, pages + 1):
        page = pdf.add_blank_page(page_size=(width, height))
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        text = f"BT /F1 24 Tf 40 {height - 60} Td ({word} {number}) Tj ET"
        page.Contents = pdf.make_stream(text.encode())
        page.Rotate = rotate
    target = BytesIO()
    pdf.save(target)
    return target.getvalue()


def page_texts(letter: Letter) -> list[str]:
    """The text of each page, lines joined by single spaces."""
    reader = pypdf.PdfReader(BytesIO(letter.pdf))
    return [re.sub(r"\s+", " ", page.extract_text()) for page in reader.pages]


def text_of(letter: Letter) -> str:
    return " ".join(page_texts(letter))
