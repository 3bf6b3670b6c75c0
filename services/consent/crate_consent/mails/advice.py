"""What a mail to a clinician says about discharge, by what is known, allowed and consented (spec 2.7)."""

from crate_consent.mails.facts import ClinicianRequestFacts
from crate_core.domain.study import years_in_words

_UNKNOWN = "The record does not say whether the patient has been discharged."
_NOT_DISCHARGED = "As far as the record says, the patient has not been discharged."
_DISCHARGED = "The patient has been discharged."
_CONSENTED = (
    "They agreed to be contacted about research after discharge, however long ago that was."
)


def discharge_advice(facts: ClinicianRequestFacts, remedy: str) -> str:
    """Return what the record says of a discharge; `remedy` is what to do if the patient must not be asked."""
    known = {None: _UNKNOWN, True: _DISCHARGED, False: _NOT_DISCHARGED}[facts.patient.discharged]
    return f"{known} {_what_follows(facts, remedy)}".rstrip()


def _what_follows(facts: ClinicianRequestFacts, remedy: str) -> str:
    limit = facts.discharge_limit_days
    if not facts.study.include_discharged or limit == 0:
        return (
            "People who have been discharged must not be asked about this study:"
            f" if this patient has been, please {remedy}."
        )
    if facts.consent_after_discharge:
        return _CONSENTED
    if limit is None:
        return ""
    return (
        f"If they were discharged more than {years_in_words(limit)} ago, they must not be asked:"
        f" please {remedy}."
    )
