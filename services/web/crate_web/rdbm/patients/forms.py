"""What may come in about a patient: whom to look up, and a new choice (C69 to C71)."""

from dataclasses import replace
from datetime import date, datetime, time, tzinfo
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from crate_core.domain.consent import (
    ConsentMode,
    ConsentRecord,
    ConsentSource,
    Decision,
    as_decided_at,
)
from crate_core.domain.identifiers import parse_nhs_number
from crate_web.forms import Form, FormState, Says, Submission, Ticked, state_of
from crate_web.rdbm.decision_boxes import decision_of

PURPOSES = (
    ("choice", "To enter a choice that came to us"),
    ("question", "The patient, or somebody on their behalf, asks"),
    ("request", "To look after a contact request or letter"),
    ("checking", "To check what is recorded"),
)
MODES = (
    ("green", "GREEN", "Researchers may contact the patient about studies"),
    ("yellow", "YELLOW", "The patient's clinician is asked first, then the patient"),
    ("red", "RED", "Nobody contacts the patient about research"),
)


def _nhs_number(text: str) -> str:
    return str(parse_nhs_number(text))


class LookupForm(Form):
    """An NHS number, and what it is looked up for."""

    nhs_number: Annotated[
        str,
        AfterValidator(_nhs_number),
        Field(title="NHS number"),
        Says(missing="Enter the NHS number"),
    ]
    purpose: Annotated[
        Literal["choice", "question", "request", "checking"],
        Says(missing="Choose what you look this up for", wrong="Choose what you look this up for"),
    ]

    @property
    def number(self) -> int:
        """The NHS number."""
        return int(self.nhs_number)


class ChoiceForm(Submission):
    """A choice as it came from the patient, or as a clinician decided."""

    mode: Annotated[
        Literal["red", "yellow", "green"],
        Says(missing="Choose a colour", wrong="Choose a colour"),
    ]
    decided_on: Annotated[
        date, Field(title="date of the decision"), Says(missing="Enter the date of the decision")
    ]
    boxes: Annotated[list[str], Field(default_factory=list)]
    by_override: Ticked
    exclude_entirely: Ticked
    prefers_email: Ticked
    consent_after_discharge: Ticked
    max_approaches_per_year: Annotated[
        int, Field(title="the number of approaches in a year", ge=0, le=100)
    ] = 0
    other_requests: Annotated[str, Field(title="other wishes", max_length=2000)] = ""
    confirmed: Ticked
    change: Ticked

    @property
    def decision(self) -> Decision:
        """The ticked boxes."""
        return decision_of(self.boxes)

    def problems(self, today: date) -> FormState | None:
        """Return the form with what is impossible about it, None when nothing is (C69, C70)."""
        state = state_of(self)
        if not self.by_override and (problem := self.decision.problem):
            state.refuse("boxes", problem)
        if self.decided_on > today:
            state.refuse("decided_on", "The date of the decision cannot be in the future")
        return state if state.errors else None

    def record(self, now: datetime, zone: tzinfo) -> ConsentRecord:
        """Return the choice as the rules see it.

        A decision of today counts from now, so that it is newer than whatever was recorded of the patient
        this morning. One of an earlier day counts from that day's beginning; but one that bars contact
        from its end: nobody knows what else that day came first, and the one that allows least counts.
        """
        record = ConsentRecord(
            mode=ConsentMode(self.mode),
            decided_at=now,
            source=ConsentSource.USER_ENTRY,
            exclude_entirely=self.exclude_entirely,
            consent_after_discharge=self.consent_after_discharge,
            max_approaches_per_year=self.max_approaches_per_year,
            other_requests=self.other_requests,
            prefers_email=self.prefers_email,
            decision=self.decision,
            by_override=self.by_override,
        )
        if self.decided_on == now.astimezone(zone).date():
            return record
        moment = time.max if record.bars_contact else time.min
        decided_at = as_decided_at(datetime.combine(self.decided_on, moment), zone)
        return replace(record, decided_at=decided_at)


def form_of(current: ConsentRecord | None) -> FormState:
    """Return the form for a new choice: the wishes that stand on, but nothing that must be decided anew.

    The date is not filled in: today's would be taken for the patient's, and the newest decision wins.
    """
    if current is None:
        return FormState({"max_approaches_per_year": "0"})
    return FormState(
        {
            "exclude_entirely": "True" if current.exclude_entirely else "",
            "prefers_email": "True" if current.prefers_email else "",
            "consent_after_discharge": "True" if current.consent_after_discharge else "",
            "max_approaches_per_year": str(current.max_approaches_per_year),
            "other_requests": current.other_requests,
        }
    )
