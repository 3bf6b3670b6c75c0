"""The letter from the research database manager to a patient that confirms their general choice."""

from collections.abc import Iterator
from datetime import date

from crate_consent.letters.common import (
    PATIENT_TYPE_SIZE,
    envelope,
    ethics_line,
    listed,
    manager_lines,
    manager_names,
    paper,
)
from crate_consent.letters.facts import ConfirmationFacts
from crate_consent.letters.typesetter import Data
from crate_core.domain.consent import ConsentMode, ConsentRecord
from crate_core.settings.form_wording import TrafficLightWording
from crate_core.settings.letter_wording import ConfirmationWording
from crate_core.settings.texts import fill
from crate_core.settings.wording import SiteWording


def confirmation(wording: SiteWording, facts: ConfirmationFacts, day: date) -> dict[str, Data]:
    """Return what the confirmation letter shows (spec 2.15, C70).

    Raises:
        ValueError: The mode is unknown: there is no choice to confirm.
    """
    record = facts.record
    if record.mode is ConsentMode.UNKNOWN:
        raise ValueError("there is no choice to confirm: the consent mode is unknown")
    texts = wording.letters.confirmation
    names = {
        **manager_names(wording),
        "mode": record.mode.value.upper(),
        "address": facts.patient.email,
    }
    return {
        **paper(wording, title=texts.heading, size=PATIENT_TYPE_SIZE, note="", day=day),
        "ethics": ethics_line(wording, wording.ethics.confirmation_letter),
        "sender": manager_lines(wording),
        "addressee": envelope(facts.patient),
        "greeting": facts.patient.salutation,
        "heading": texts.heading,
        "opening": listed([fill(_opening(texts, record), names)]),
        "choices": choices(wording.letters.traffic_light, chosen=record.mode),
        "chosen_words": "This is what we have recorded for you.",
        "closing": listed([fill(text, names) for text in _closing(wording, facts)]),
        "signatory": {"name": wording.manager.name, "title": wording.manager.title},
    }


def _opening(texts: ConfirmationWording, record: ConsentRecord) -> str:
    if record.by_override:
        return texts.chosen_by_clinician
    if record.decision.is_valid and not record.decision.by_patient:
        return texts.chosen_for_patient
    return texts.chosen_by_patient


def choices(texts: TrafficLightWording, chosen: ConsentMode | None = None) -> list[Data]:
    """Return the three choices with their meaning, in the order of the traffic light."""
    meanings = (
        (ConsentMode.RED, texts.red),
        (ConsentMode.YELLOW, texts.yellow),
        (ConsentMode.GREEN, texts.green),
    )
    return [
        {
            "mode": mode.value,
            "name": mode.value.upper(),
            "meaning": meaning,
            "chosen": mode is chosen,
        }
        for mode, meaning in meanings
    ]


def _closing(wording: SiteWording, facts: ConfirmationFacts) -> Iterator[str]:
    texts = wording.letters.confirmation
    record = facts.record
    # A patient who chose RED is not written to about research: how to reach them is not the question.
    if record.mode is not ConsentMode.RED:
        if not record.prefers_email:
            yield texts.prefers_post
        else:
            yield texts.prefers_email if facts.patient.email else texts.prefers_email_no_address
    if record.exclude_entirely:
        yield texts.opted_out
    elif record.mode is ConsentMode.RED:
        yield texts.not_opted_out
    yield texts.please_check
    yield texts.care
