"""The pack: what a patient receives about a study, as one PDF (spec 2.10, C57 to C62)."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO

import pikepdf

from crate_consent.letters.common import (
    PATIENT_TYPE_SIZE,
    block_lines,
    envelope,
    ethics_line,
    listed,
    manager_names,
    paper,
)
from crate_consent.letters.facts import PackFacts
from crate_consent.letters.forms import forms_to_return, study_form, traffic_light_form
from crate_consent.letters.result import Letter, Part, PlacedPart
from crate_consent.letters.typesetter import Data, Typesetter
from crate_consent.letters.uploads import Upload, insert_sheets
from crate_core.domain.consent import ConsentMode
from crate_core.domain.contact import Involvement
from crate_core.domain.patient import ADULT_AGE
from crate_core.domain.people import care_of
from crate_core.settings.letter_wording import PatientLetterWording
from crate_core.settings.texts import fill
from crate_core.settings.wording import SiteWording

_UPLOADED = {
    Part.DETAILS: "Study details",
    Part.EXTRA_FORM: "Form for the researchers",
    Part.LEAFLET: "Leaflet: taking part in research",
}
_ENCLOSED = {
    Part.DETAILS: "study details",
    Part.DECISION_FORM: "decision form",
    Part.EXTRA_FORM: "form for the researchers",
    Part.TRAFFIC_LIGHT_FORM: "traffic-light form",
    Part.LEAFLET: "leaflet",
}
_FORMS_IN_WORDS = {1: "the form", 2: "both forms", 3: "all the forms"}


@dataclass(frozen=True, slots=True)
class _Planned:
    part: Part
    upload: bytes | None = None


def make_pack(
    typesetter: Typesetter, wording: SiteWording, facts: PackFacts, day: date, made_at: datetime
) -> Letter:
    """Make a pack; a part that is absent is left out and reported (C60).

    Args:
        typesetter: Makes the PDF.
        wording: Of the site.
        facts: What the pack is about.
        day: The date on the letter, by which the patient's age counts.
        made_at: Written into the file.

    Returns:
        The pack with its parts, each on an odd page.

    Raises:
        PermanentError: An uploaded PDF cannot be read.
    """
    planned, missing = _plan(facts)
    with ExitStack() as stack:
        uploads = {
            item.part: stack.enter_context(Upload(_UPLOADED[item.part], item.upload))
            for item in planned
            if item.upload is not None
        }
        title = f"{wording.letters.patient.heading} (request {facts.request_code})"
        data: dict[str, Data] = {
            **paper(
                wording,
                title=title,
                size=PATIENT_TYPE_SIZE,
                note=f"Study {facts.study.number}, request {facts.request_code}",
                day=day,
            ),
            "parts": [
                _uploaded(item.part, uploads[item.part])
                if item.part in uploads
                else _own(wording, facts, item.part, planned, day)
                for item in planned
            ],
        }
        document = stack.enter_context(
            pikepdf.open(BytesIO(typesetter.typeset("pack", data, made_at)))
        )
        starts = _first_pages(document)
        if uploads:
            insert_sheets(
                document, (sheet for upload in uploads.values() for sheet in upload.sheets)
            )
        target = BytesIO()
        document.save(target, deterministic_id=True)
        return Letter(
            pdf=target.getvalue(),
            title=title,
            pages=len(document.pages),
            parts=tuple(
                PlacedPart(item.part, start) for item, start in zip(planned, starts, strict=True)
            ),
            missing=missing,
        )


def _plan(facts: PackFacts) -> tuple[tuple[_Planned, ...], tuple[Part, ...]]:
    """Parts in their order (C57), and those that should be there but are not."""
    wanted = [
        _Planned(Part.LETTER),
        _Planned(Part.DETAILS, facts.details_pdf),
        _Planned(Part.DECISION_FORM),
    ]
    if facts.extra_form_pdf is not None:
        wanted.append(_Planned(Part.EXTRA_FORM, facts.extra_form_pdf))
    if facts.consent_mode is ConsentMode.UNKNOWN:
        wanted.append(_Planned(Part.TRAFFIC_LIGHT_FORM))
    wanted.append(_Planned(Part.LEAFLET, facts.leaflet_pdf))
    absent = [item for item in wanted if item.part in _UPLOADED and item.upload is None]
    return (
        tuple(item for item in wanted if item not in absent),
        tuple(item.part for item in absent),
    )


def _own(
    wording: SiteWording,
    facts: PackFacts,
    part: Part,
    planned: tuple[_Planned, ...],
    day: date,
) -> Data:
    match part:
        case Part.DECISION_FORM:
            return study_form(wording, facts, day)
        case Part.TRAFFIC_LIGHT_FORM:
            return traffic_light_form(wording, facts, day)
        case _:
            return _letter(wording, facts, planned, day)


def _uploaded(part: Part, upload: Upload) -> Data:
    return {
        "kind": "uploaded",
        "title": _UPLOADED[part],
        "sheets": [{"width": sheet.width, "height": sheet.height} for sheet in upload.sheets],
    }


def _letter(
    wording: SiteWording, facts: PackFacts, planned: tuple[_Planned, ...], day: date
) -> Data:
    texts = wording.letters.patient
    names = _names(wording, facts)
    sender = facts.sender
    address = sender.address or care_of(wording.manager.address)
    return {
        "kind": "letter",
        "title": texts.heading,
        "ethics": ethics_line(wording, wording.ethics.patient_letter),
        "sender": block_lines([line for line in (sender.name, sender.title, *address) if line]),
        "addressee": envelope(facts.patient),
        "greeting": facts.patient.salutation,
        "paragraphs": listed([fill(text, names) for text in _paragraphs(wording, facts, day)]),
        "signatory": {"name": sender.name, "title": sender.title},
        "sent_on_behalf": fill(texts.sent_on_behalf, names) if facts.sent_by_manager else None,
        "enclosed": listed([_ENCLOSED[item.part] for item in planned if item.part in _ENCLOSED]),
    }


def _paragraphs(wording: SiteWording, facts: PackFacts, day: date) -> Iterator[str]:
    texts = wording.letters.patient
    yield texts.opening
    if facts.patient.is_under(ADULT_AGE, day):
        yield texts.under_16
    yield texts.about
    yield _why_by_clinician(texts, facts)
    yield texts.request
    if facts.consent_mode is ConsentMode.UNKNOWN:
        yield texts.general_choice
    yield texts.choice
    yield texts.meaning
    yield texts.questions


def _why_by_clinician(texts: PatientLetterWording, facts: PackFacts) -> str:
    if facts.own_patient:
        return texts.because_own
    match facts.involvement:
        case Involvement.YELLOW:
            return texts.because_yellow
        case Involvement.UNKNOWN:
            return texts.because_unknown
        case _:
            return texts.because_asked


def _names(wording: SiteWording, facts: PackFacts) -> dict[str, str]:
    return {
        **manager_names(wording),
        "study": facts.study.title,
        "lead_researcher": facts.study.lead.name,
        "forms": _FORMS_IN_WORDS[forms_to_return(facts)],
    }


def _first_pages(document: pikepdf.Pdf) -> list[int]:
    """Page numbers on which the parts start, from the bookmarks of their headings."""
    numbers = {page.obj.objgen: number for number, page in enumerate(document.pages, start=1)}
    with document.open_outline() as outline:
        targets = [entry.destination for entry in outline.root]
    return [numbers[target[0].objgen] for target in targets if isinstance(target, pikepdf.Array)]
