"""Which way a contact request goes: stopped, straight to the researcher, through a clinician, or held."""

from dataclasses import dataclass
from enum import StrEnum

from crate_consent.decisions.stop_tests import (
    CLINICIAN_TESTS,
    PATIENT_TESTS,
    Inputs,
    Stop,
    first_stop,
)
from crate_core.domain.consent import ConsentMode
from crate_core.domain.contact import Answer, Involvement


class Caution(StrEnum):
    """What the RDBM should know of a request that goes out all the same (spec 2.4, step 10)."""

    OUTSTANDING_REQUEST = (
        "A clinician has not answered an earlier request for this patient and study."
    )
    EARLIER_REFUSAL = "A clinician refused an earlier request for this patient and study."


@dataclass(frozen=True, slots=True)
class Direct:
    """GREEN: the researchers may write to the patient (C28)."""

    cautions: tuple[Caution, ...] = ()


@dataclass(frozen=True, slots=True)
class ViaClinician:
    """A clinician is asked, at `recipient`, for the reason `involvement` (C29 to C31)."""

    involvement: Involvement
    recipient: str
    cautions: tuple[Caution, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """The request stays new until the RDBM confirms it: a clinician vetoed an earlier one (C37)."""

    text: str = (
        "A clinician vetoed an earlier request for this patient and study: confirm or cancel."
    )


Outcome = Stop | Direct | ViaClinician | Hold


def decide(inputs: Inputs) -> Outcome:
    """Decide what happens to a contact request (spec 2.4, steps 7 to 10, and 2.5)."""
    stop = first_stop(PATIENT_TESTS, inputs)
    if stop:
        return stop
    if Answer.B in inputs.earlier_answers and not inputs.repeat_confirmed:
        return Hold()
    involvement = involvement_of(inputs)
    if involvement is Involvement.NONE:
        return Direct(cautions_of(inputs))
    stop = first_stop(CLINICIAN_TESTS, inputs)
    return stop or ViaClinician(involvement, inputs.recipient, cautions_of(inputs))


def involvement_of(inputs: Inputs) -> Involvement:
    """Return why a clinician is needed, `NONE` when not.

    Direct approach counts as not requested when the study has lost its approval for it since.
    """
    if not (inputs.direct_requested and inputs.study.direct_approach_allowed):
        return Involvement.REQUESTED
    return _INVOLVEMENT_BY_MODE[inputs.consent.mode]


def cautions_of(inputs: Inputs) -> tuple[Caution, ...]:
    """Return what is worth knowing but prevents nothing (C36)."""
    conditions = (
        (inputs.outstanding, Caution.OUTSTANDING_REQUEST),
        (any(not answer.agrees for answer in inputs.earlier_answers), Caution.EARLIER_REFUSAL),
    )
    return tuple(caution for holds, caution in conditions if holds)


# RED is a stop test and never gets here; it is left out so that a mistake fails instead of contacting anyone.
_INVOLVEMENT_BY_MODE = {
    ConsentMode.GREEN: Involvement.NONE,
    ConsentMode.YELLOW: Involvement.YELLOW,
    ConsentMode.UNKNOWN: Involvement.UNKNOWN,
}
