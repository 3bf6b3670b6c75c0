"""What a study must have before patients may be approached about it, and how its texts are shown."""

from dataclasses import dataclass
from enum import StrEnum
from html import escape

DAYS_PER_YEAR = 365


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """What the rules need to know about a study."""

    patient_contact: bool
    approved_by_rec: bool
    approved_locally: bool
    has_details_pdf: bool
    lead_title: str
    lead_first_name: str
    lead_last_name: str
    direct_approach_allowed: bool = False
    include_under_16s: bool = False
    include_lack_capacity: bool = False
    include_discharged: bool = False
    clinical_trial: bool = False
    has_extra_form: bool = False


class Missing(StrEnum):
    """Why a study cannot be chosen for contact requests yet, in words for its researchers."""

    PATIENT_CONTACT = "the study does not involve contact with patients"
    REC_APPROVAL = "research ethics committee approval is not recorded"
    LOCAL_APPROVAL = "local approval is not recorded"
    DETAILS_PDF = "there is no study details PDF for patients"
    LEAD_TITLE = "the lead researcher's title is missing"
    LEAD_FIRST_NAME = "the lead researcher's first name is missing"
    LEAD_LAST_NAME = "the lead researcher's last name is missing"


def missing_for_contact(facts: StudyFacts) -> tuple[Missing, ...]:
    """Return everything that keeps a study from being a possible contact study; empty when it is one (C1)."""
    conditions = (
        (facts.patient_contact, Missing.PATIENT_CONTACT),
        (facts.approved_by_rec, Missing.REC_APPROVAL),
        (facts.approved_locally, Missing.LOCAL_APPROVAL),
        (facts.has_details_pdf, Missing.DETAILS_PDF),
        (bool(facts.lead_title.strip()), Missing.LEAD_TITLE),
        (bool(facts.lead_first_name.strip()), Missing.LEAD_FIRST_NAME),
        (bool(facts.lead_last_name.strip()), Missing.LEAD_LAST_NAME),
    )
    return tuple(reason for met, reason in conditions if not met)


def is_possible_contact_study(facts: StudyFacts) -> bool:
    """Say whether the study may be chosen on a request form (C1)."""
    return not missing_for_contact(facts)


def extra_form_applies(facts: StudyFacts, *, direct_requested: bool) -> bool:
    """Say whether the clinician has to fill in the researchers' extra form (C50, C59).

    Direct approach counts as not requested when the study has lost its approval for it since.
    """
    return facts.has_extra_form and not (direct_requested and facts.direct_approach_allowed)


def summary_lines(summary: str) -> tuple[str, ...]:
    """Return the lines of a plain summary that hold text."""
    return tuple(line.strip() for line in summary.splitlines() if line.strip())


def plain_summary_to_paragraphs(summary: str) -> str:
    """Return a plain summary as safe HTML: one `<p>` a line, none when there is only one line (C137)."""
    lines = [escape(line) for line in summary_lines(summary)]
    return "".join(f"<p>{line}</p>" for line in lines) if len(lines) > 1 else "".join(lines)


def days_as_years(days: int | None) -> str:
    """Return a number of days as years for reading: 1095 -> "3", 1000 -> "2.7", unknown -> "?" (C138)."""
    if days is None or days < 0:
        return "?"
    return f"{days / DAYS_PER_YEAR:.1f}".removesuffix(".0")


def years_in_words(days: int) -> str:
    """Return a number of days as years with their unit: 365 -> "1 year", 1095 -> "3 years"."""
    years = days_as_years(days)
    return f"{years} year" if years == "1" else f"{years} years"
