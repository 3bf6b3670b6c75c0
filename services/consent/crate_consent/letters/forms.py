"""The forms that a patient fills in: decision about a study, and traffic light."""

from datetime import date

from crate_consent.letters.common import ethics_line, identity_rows, listed
from crate_consent.letters.confirmation import choices
from crate_consent.letters.facts import PackFacts
from crate_consent.letters.typesetter import Data
from crate_core.domain.consent import ConsentMode
from crate_core.domain.patient import ADULT_AGE, PatientSnapshot
from crate_core.settings.wording import SiteWording

_TWO = 2


def forms_to_return(facts: PackFacts) -> int:
    """Count what goes back: the decision form, the extra form, the traffic-light form (spec 2.10)."""
    asks_mode = facts.consent_mode is ConsentMode.UNKNOWN
    return 1 + (facts.extra_form_pdf is not None) + asks_mode


def study_form(wording: SiteWording, facts: PackFacts, day: date) -> dict[str, Data]:
    """Return what the decision form about a study shows (C61, C62)."""
    texts = wording.letters.study_form
    study: list[Data] = [
        ["Study", facts.study.title],
        ["Study number", str(facts.study.number)],
        ["Request code", facts.request_code],
    ]
    return {
        "kind": "study-form",
        "title": texts.heading,
        "ethics": ethics_line(wording, wording.ethics.study_decision_form),
        "study": study,
        "form": {
            **_signed_form(wording, facts, day),
            "instruction": texts.instruction,
            "yes": texts.yes if facts.extra_form_pdf is None else texts.yes_with_form,
            "no": texts.no,
        },
    }


def traffic_light_form(wording: SiteWording, facts: PackFacts, day: date) -> dict[str, Data]:
    """Return what the traffic-light form shows (spec 2.14)."""
    texts = wording.letters.traffic_light
    return {
        "kind": "light-form",
        "title": texts.heading,
        "ethics": ethics_line(wording, wording.ethics.traffic_light_form),
        "introduction": texts.introduction,
        "instruction": texts.instruction,
        "choices": choices(texts),
        "email": texts.email,
        "opt_out": {
            "title": texts.opt_out_heading,
            "introduction": texts.opt_out_introduction,
            "meaning": texts.opt_out,
        },
        "signature_heading": texts.signature_heading,
        "form": _signed_form(wording, facts, day),
    }


def _signed_form(wording: SiteWording, facts: PackFacts, day: date) -> dict[str, Data]:
    texts = wording.letters.study_form
    count = forms_to_return(facts)
    several = texts.return_both if count == _TWO else texts.return_all
    return {
        "identity": identity_rows(facts.patient),
        **_age_boxes(wording, facts.patient, day),
        "return_words": texts.return_one if count == 1 else several,
        "return_address": listed(wording.return_address),
        "no_stamp": texts.no_stamp,
    }


def _age_boxes(wording: SiteWording, patient: PatientSnapshot, day: date) -> dict[str, Data]:
    """Under 15: parent and clinician; 15: both boxes; from 16, or age unknown: representative (C61)."""
    texts = wording.letters.study_form
    parent: Data = {"title": texts.parent_box, "hint": texts.parent_hint}
    capacity: Data = {"title": texts.capacity_box, "hint": texts.capacity_hint}
    return {
        "parent_box": parent if patient.is_under(ADULT_AGE, day) else None,
        "capacity_box": None if patient.is_under(ADULT_AGE - 1, day) else capacity,
    }
