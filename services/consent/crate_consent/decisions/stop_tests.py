"""The ordered tests that stop a contact request: the first that hits wins (spec 2.4, steps 7 and 9)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from crate_core.domain.consent import ConsentMode, ConsentRecord
from crate_core.domain.contact import Answer, StopCode
from crate_core.domain.email import domain_of, domain_permitted, is_valid_address
from crate_core.domain.patient import ADULT_AGE, PatientSnapshot
from crate_core.domain.study import StudyFacts, days_as_years


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that a decision about one contact request rests on.

    Attributes:
        snapshot: the patient as just looked up.
        consent: the consent record in force.
        study: the study's own permissions.
        direct_requested: the requester would like to write to the patient directly.
        approaches: how often the patient was approached in the past year; see `approaches`.
        today: the date at the site.
        discharge_limit_days: 0 never to contact discharged patients, None for no limit.
        permitted_domains: e-mail domains for identifying mail; empty permits all.
        own_email: where a clinician who asks about a patient of their own gets mail, in place of the record's
            clinician; "" when there is no such address, None when no clinician asked.
        outstanding: an unanswered request to a clinician exists for this patient and study.
        earlier_answers: clinicians' answers to earlier requests for this patient and study.
        repeat_confirmed: the RDBM wants this request although a clinician vetoed an earlier one.
    """

    snapshot: PatientSnapshot
    consent: ConsentRecord
    study: StudyFacts
    direct_requested: bool
    approaches: int
    today: date
    discharge_limit_days: int | None = None
    permitted_domains: tuple[str, ...] = ()
    own_email: str | None = None
    outstanding: bool = False
    earlier_answers: frozenset[Answer] = frozenset()
    repeat_confirmed: bool = False

    @property
    def recipient(self) -> str:
        """The clinician's address: never that of the record when another clinician asked (C97)."""
        return self.snapshot.clinician.email if self.own_email is None else self.own_email

    @property
    def days_since_discharge(self) -> int | None:
        """Days since discharge; None unless discharged on a known date."""
        return self.snapshot.days_since_discharge(self.today)

    @property
    def contact_ends_with_discharge(self) -> bool:
        """Discharged, and did not agree to be contacted after that."""
        return bool(self.snapshot.discharged) and not self.consent.consent_after_discharge


@dataclass(frozen=True, slots=True)
class Stop:
    """The request ends here. Only the RDBM reads `text`; `serious` raises an alert (C13)."""

    code: StopCode
    text: str
    serious: bool = False


@dataclass(frozen=True, slots=True)
class StopTest:
    """One test: when it hits, and what the RDBM reads then."""

    code: StopCode
    hits: Callable[[Inputs], bool]
    text: Callable[[Inputs], str]
    serious: bool = False


def _discharged_too_long(inputs: Inputs) -> bool:
    limit, days = inputs.discharge_limit_days, inputs.days_since_discharge
    if limit is None or not inputs.snapshot.discharged:
        return False
    if limit == 0:
        # "Never" is the site's word about all discharged patients, whatever one of them agreed to (C21).
        return True
    return inputs.contact_ends_with_discharge and days is not None and days > limit


def _discharged_too_long_text(inputs: Inputs) -> str:
    if inputs.discharge_limit_days == 0:
        return "The patient is discharged, and this site never contacts discharged patients."
    days, limit = inputs.days_since_discharge, inputs.discharge_limit_days
    return (
        f"The patient was discharged {days} days ago; the limit is {limit} days"
        f" ({days_as_years(limit)} years)."
    )


# Tests a to j, in their order (C27).
PATIENT_TESTS: tuple[StopTest, ...] = (
    StopTest(
        StopCode.PATIENT_NOT_FOUND,
        lambda inputs: not inputs.snapshot.patient_found,
        lambda _: "The patient was not found in the clinical record.",
    ),
    StopTest(
        StopCode.OPTED_OUT,
        lambda inputs: inputs.consent.exclude_entirely,
        lambda _: "The patient opted out of the research database, and should not have been in it.",
        serious=True,
    ),
    StopTest(
        StopCode.DEAD,
        lambda inputs: inputs.snapshot.is_dead,
        lambda _: "The patient is dead.",
    ),
    StopTest(
        StopCode.CONSENT_RED,
        lambda inputs: inputs.consent.mode is ConsentMode.RED,
        lambda _: "The patient's consent mode is RED: no contact about research.",
    ),
    StopTest(
        StopCode.BIRTH_DATE_UNKNOWN,
        lambda inputs: inputs.snapshot.date_of_birth is None,
        lambda _: "The patient's date of birth is unknown.",
    ),
    StopTest(
        StopCode.UNDER_16,
        lambda inputs: (
            inputs.snapshot.is_under(ADULT_AGE, inputs.today) and not inputs.study.include_under_16s
        ),
        lambda _: f"The patient is under {ADULT_AGE}, and the study is not approved for that.",
    ),
    StopTest(
        StopCode.DISCHARGED,
        lambda inputs: bool(inputs.snapshot.discharged) and not inputs.study.include_discharged,
        lambda _: "The patient is discharged, and the study is not approved for that.",
    ),
    StopTest(
        StopCode.DISCHARGE_DATE_UNKNOWN,
        lambda inputs: inputs.contact_ends_with_discharge and inputs.days_since_discharge is None,
        lambda _: "The patient is discharged, and it is not known since when.",
    ),
    StopTest(StopCode.DISCHARGED_TOO_LONG, _discharged_too_long, _discharged_too_long_text),
    StopTest(
        StopCode.YEARLY_LIMIT,
        lambda inputs: 0 < inputs.consent.max_approaches_per_year <= inputs.approaches,
        lambda inputs: (
            f"Approaches to the patient in the past year: {inputs.approaches}. The patient allows"
            f" {inputs.consent.max_approaches_per_year} a year."
        ),
    ),
)

# Asked only where a clinician's word is needed.
CLINICIAN_TESTS: tuple[StopTest, ...] = (
    StopTest(
        StopCode.NO_CLINICIAN,
        lambda inputs: inputs.own_email is None and not inputs.snapshot.clinician_found,
        lambda _: "The clinical record names no clinician for the patient.",
    ),
    StopTest(
        StopCode.CLINICIAN_EMAIL_INVALID,
        lambda inputs: not is_valid_address(inputs.recipient),
        lambda inputs: (
            f'The clinician\'s e-mail address "{inputs.recipient}" is not valid.'
            if inputs.recipient
            else "The clinician has no e-mail address."
        ),
    ),
    StopTest(
        StopCode.CLINICIAN_DOMAIN,
        lambda inputs: not domain_permitted(inputs.recipient, inputs.permitted_domains),
        lambda inputs: (
            f'The clinician\'s address at "{domain_of(inputs.recipient)}" is not in a permitted domain.'
        ),
    ),
)


def first_stop(tests: tuple[StopTest, ...], inputs: Inputs) -> Stop | None:
    """Return what the first test that hits says, None when none does."""
    for test in tests:
        if test.hits(inputs):
            return Stop(test.code, test.text(inputs), test.serious)
    return None
