"""What may come in about a patient's reply (C64 to C68)."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from crate_core.domain.consent import Decision
from crate_web.forms import Form, FormState, Says, Ticked, state_of
from crate_web.rdbm.decision_boxes import decision_of


class ReplyForm(Form):
    """A reply as it stands on the paper form; the scan comes with the last step only."""

    agreed: Annotated[
        Literal["yes", "no"],
        Says(
            missing="Say whether the researchers may contact the patient", wrong="Choose yes or no"
        ),
    ]
    boxes: Annotated[list[str], Field(default_factory=list)]
    signed_name: Annotated[
        str, Field(title="name", min_length=1, max_length=255), Says(missing="Enter who signed")
    ]
    signed_on: Annotated[
        date,
        Field(title="date of the signature"),
        Says(missing="Enter the date of the signature"),
    ]
    confirmed: Ticked
    change: Ticked

    @property
    def decision(self) -> Decision:
        """The ticked boxes."""
        return decision_of(self.boxes)

    def problems(self, today: date) -> FormState | None:
        """Return the form with what is impossible about it, None when nothing is (C67)."""
        state = state_of(self)
        if problem := self.decision.problem:
            state.refuse("boxes", problem)
        if self.signed_on > today:
            state.refuse("signed_on", "The date of the signature cannot be in the future")
        return state if state.errors else None
