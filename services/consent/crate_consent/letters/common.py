"""What every letter and form shows in the same way."""

import re
from collections.abc import Iterable, Sequence
from datetime import date

from crate_consent.letters.typesetter import Data
from crate_core.domain.identifiers import format_nhs_number
from crate_core.domain.patient import PatientSnapshot
from crate_core.settings.ethics import EthicsDocument
from crate_core.settings.wording import SiteWording

# What surely fits into one line of the narrower block. A patient's e-mail address is never touched: it
# will be copied from the letter.
_LONG_WORD = re.compile(r"\S{28}")

PATIENT_TYPE_SIZE = 12
RESEARCHER_TYPE_SIZE = 11


def long_date(day: date) -> str:
    """Return a date as people write it: "3 May 2026"."""
    return f"{day.day} {day:%B %Y}"


def block_lines(lines: Iterable[str]) -> list[Data]:
    """Return an address block; a word longer than its column may be broken."""
    return [_LONG_WORD.sub("\\g<0>\u200b", line) for line in lines]


def listed(items: Sequence[str]) -> list[Data]:
    """Return texts as JSON data."""
    return list(items)


def ethics_line(wording: SiteWording, paper: EthicsDocument) -> str:
    """Return the reference that an approved paper carries on its first page (C63)."""
    ethics = wording.ethics
    return (
        f"{paper.title}, version {paper.version}, {long_date(paper.dated)}. "
        f"IRAS {ethics.iras_number}. REC {ethics.rec_reference}."
    )


def paper(wording: SiteWording, *, title: str, size: int, note: str, day: date) -> dict[str, Data]:
    """Return what `base.typ` needs on any paper; `note` stands beside the page number."""
    return {
        "title": title,
        "size": size,
        "note": note,
        "date": long_date(day),
        "trust": {
            "name": wording.trust_name,
            "address": listed((wording.trust_name, *wording.trust_address)),
            "logo": wording.logo_svg,
        },
    }


def manager_lines(wording: SiteWording) -> list[Data]:
    """Return the manager's address with telephone and e-mail, as the sender's block."""
    manager = wording.manager
    return block_lines((*manager.address, "", f"Telephone: {manager.telephone}", manager.email))


def manager_names(wording: SiteWording) -> dict[str, str]:
    """Return the placeholders that every letter may use."""
    manager = wording.manager
    return {
        "trust": wording.trust_name,
        "manager": manager.name,
        "manager_telephone": manager.telephone,
        "manager_email": manager.email,
    }


def envelope(patient: PatientSnapshot) -> list[Data]:
    """Return name and address as they stand in the window of an envelope."""
    return block_lines((patient.full_name, *patient.address.filled))


def identity_rows(patient: PatientSnapshot) -> list[Data]:
    """Return label and value of what identifies a patient on forms and letters (C62)."""
    rows: list[Data] = [
        ["Name", block_lines([patient.full_name])],
        ["Date of birth", _birth(patient)],
        ["NHS number", format_nhs_number(patient.nhs_number)],
    ]
    if patient.local_id is not None:
        rows.append([patient.local_id_description or "Local number", str(patient.local_id)])
    return rows


def _birth(patient: PatientSnapshot) -> str:
    return long_date(patient.date_of_birth) if patient.date_of_birth else "not known"


def contact_rows(patient: PatientSnapshot) -> list[Data]:
    """Return label and value of where a patient lives and can be rung up."""
    rows: list[Data] = [["Address", block_lines(patient.address.filled) or "not known"]]
    if patient.telephone:
        rows.append(["Telephone", patient.telephone])
    return rows
