"""Kinds of people that the rules of consent to contact tell apart, and how many of each."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate


class Kind(StrEnum):
    """What is special about a person of the demonstration."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    UNKNOWN = "unknown"
    GREEN_BY_EMAIL = "green_by_email"
    GREEN_IN_RECORD = "green_in_record"
    RED_IN_RECORD = "red_in_record"
    OPTED_OUT = "opted_out"
    OPTED_OUT_IN_RECORD = "opted_out_in_record"
    DEAD = "dead"
    DEAD_WITHOUT_DATE = "dead_without_date"
    UNDER_16 = "under_16"
    DISCHARGED_RECENTLY = "discharged_recently"
    DISCHARGED_LONG_AGO = "discharged_long_ago"
    DISCHARGED_WITHOUT_DATE = "discharged_without_date"
    DISCHARGED_UNKNOWN = "discharged_unknown"
    NO_CLINICIAN = "no_clinician"
    NO_CLINICIAN_EMAIL = "no_clinician_email"
    BAD_CLINICIAN_EMAIL = "bad_clinician_email"
    DUPLICATE_NHS_NUMBER = "duplicate_nhs_number"
    BIRTH_UNKNOWN = "birth_unknown"
    NOT_IN_SOURCE = "not_in_source"


@dataclass(frozen=True)
class KindFacts:
    """How a kind is made up and what to expect of it."""

    per_thousand: int
    """How many of a thousand people, beside the first of each kind."""
    mode: str | None
    """Consent mode that the site holds; none for a patient who was never asked."""
    expect: str
    """What a contact request with direct approach for study S1 comes to."""


FACTS: dict[Kind, KindFacts] = {
    Kind.GREEN: KindFacts(180, "green", "approved at once: letter and mail to the lead researcher"),
    Kind.YELLOW: KindFacts(220, "yellow", "the clinician is asked"),
    Kind.RED: KindFacts(60, "red", "stopped: the patient said no"),
    Kind.UNKNOWN: KindFacts(
        270, None, "the clinician is asked; the pack also asks for a general preference"
    ),
    Kind.GREEN_BY_EMAIL: KindFacts(40, "green", "approved at once; the patient prefers e-mail"),
    Kind.GREEN_IN_RECORD: KindFacts(
        30, "yellow", "approved at once: the record has a newer GREEN than the site's YELLOW"
    ),
    Kind.RED_IN_RECORD: KindFacts(
        10, "green", "stopped: the record has a newer RED than the site's GREEN"
    ),
    Kind.OPTED_OUT: KindFacts(10, "green", "stopped, and shown to the RDBM as serious"),
    Kind.OPTED_OUT_IN_RECORD: KindFacts(
        5, None, "stopped, and shown as serious: the record has an opt-out without a colour"
    ),
    Kind.DEAD: KindFacts(20, "green", "stopped: has died"),
    Kind.DEAD_WITHOUT_DATE: KindFacts(5, "green", "stopped: has died, the date is not known"),
    Kind.UNDER_16: KindFacts(20, "green", "stopped: under 16"),
    Kind.DISCHARGED_RECENTLY: KindFacts(50, "green", "stopped on S1; approved on S2"),
    Kind.DISCHARGED_LONG_AGO: KindFacts(30, "green", "stopped on S1, and on S2: too long ago"),
    Kind.DISCHARGED_WITHOUT_DATE: KindFacts(5, "green", "stopped on S1, and on S2: no date"),
    Kind.DISCHARGED_UNKNOWN: KindFacts(10, "yellow", "the clinician is asked"),
    Kind.NO_CLINICIAN: KindFacts(10, "yellow", "stopped: no clinician is known"),
    Kind.NO_CLINICIAN_EMAIL: KindFacts(10, "yellow", "stopped: the clinician has no e-mail"),
    Kind.BAD_CLINICIAN_EMAIL: KindFacts(5, "yellow", "stopped: the clinician's e-mail is wrong"),
    Kind.DUPLICATE_NHS_NUMBER: KindFacts(3, "green", "stopped: two patients have one number"),
    Kind.BIRTH_UNKNOWN: KindFacts(4, "green", "stopped: date of birth not known"),
    Kind.NOT_IN_SOURCE: KindFacts(3, "green", "stopped: not found in the clinical record"),
}

_LIMITS = tuple(accumulate(facts.per_thousand for facts in FACTS.values()))


def kind_for(position: int, draw: int) -> Kind:
    """Return the kind of a living person.

    The first people get one kind each, so that the smallest load has them all; the others
    are shared out by their numbers per thousand.

    Args:
        position: which living person this is, from 0.
        draw: a number from 0 to 999, the person's own.
    """
    kinds = list(Kind)
    if position < len(kinds):
        return kinds[position]
    return next(kind for kind, limit in zip(FACTS, _LIMITS, strict=True) if draw < limit)
