"""What may come in from the clinician's page."""

from typing import Annotated

from pydantic import Field

from crate_core.domain.answers import AnswerRules, problems_of_answer
from crate_core.domain.contact import Answer
from crate_web.forms import Form, FormState, Ticked, state_of

_MOST_REASON = 4000
Reason = Annotated[str, Field(max_length=_MOST_REASON, title="reason")]


class AnswerForm(Form):
    """An answer as posted; each "no" has a reason field of its own, so that no script is needed."""

    answer: str = ""
    reason_b: Reason = ""
    reason_c: Reason = ""
    reason_d: Reason = ""
    name: str = ""
    confirmed: Ticked
    change: Ticked

    @property
    def _reason_field(self) -> str:
        return f"reason_{self.answer.lower()}"

    @property
    def reason(self) -> str:
        """The reason that belongs to the chosen answer; what was typed beside others does not count."""
        given: str = getattr(self, self._reason_field, "")
        return given

    def problems(self, rules: AnswerRules) -> FormState | None:
        """Return the form with what is wrong in it, None when it can be recorded (C50 to C52, C56)."""
        problems = problems_of_answer(rules, answer=self.answer, name=self.name, reason=self.reason)
        if not problems:
            return None
        state = state_of(self)
        for field, message in problems.items():
            state.refuse(self._reason_field if field == "reason" else field, message)
        return state

    @property
    def chosen(self) -> Answer:
        """The answer; only after `problems` found nothing."""
        return Answer(self.answer)
