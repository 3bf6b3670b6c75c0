"""Which answers a clinician is offered, what each needs, whether a link still works, and what follows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from crate_core.domain.contact import BEFORE_CLINICIAN, Answer, Status

MAX_NAME_LENGTH = 255


@dataclass(frozen=True, slots=True)
class AnswerRules:
    """What limits the answers to one request.

    Attributes:
        extra_form: the clinician fills in the researchers' form, so nobody can send the pack for them.
        clinical_trial: a trial of a medicine (CTIMP).
        recipient_is_consultant: the clinician who was asked is a consultant.
    """

    extra_form: bool = False
    clinical_trial: bool = False
    recipient_is_consultant: bool = False

    @property
    def needs_consultant(self) -> bool:
        """Only the patient's consultant may agree to a trial of a medicine (C56)."""
        return self.clinical_trial and not self.recipient_is_consultant


def offered(rules: AnswerRules) -> tuple[Answer, ...]:
    """Return the answers to show, in their order: all but R when there is an extra form (C49, C50)."""
    return tuple(answer for answer in Answer if not (answer is Answer.R and rules.extra_form))


def problems_of_answer(
    rules: AnswerRules, *, answer: str, name: str, reason: str
) -> Mapping[str, str]:
    """Return what is wrong with a posted answer, by field: "answer", "name", "reason".

    A typed name is always needed (C51); B needs a reason, C and D do not (C52); R is refused with an
    extra form (C50); R and A need a consultant in a trial of a medicine (C56).
    """
    problems: dict[str, str] = {}
    if answer not in offered(rules):
        problems["answer"] = "Select one of the answers"
    elif rules.needs_consultant and Answer(answer).agrees:
        problems["answer"] = (
            "Only the patient's consultant can agree to a clinical trial: ask the consultant to take"
            " this over, or tell the research database manager who it is"
        )
    if not name.strip():
        problems["name"] = "Enter your name"
    elif len(name.strip()) > MAX_NAME_LENGTH:
        problems["name"] = f"Your name must be {MAX_NAME_LENGTH} characters or fewer"
    if answer == Answer.B and not reason.strip():
        problems["reason"] = "Enter the reason why the patient should not be asked"
    return problems


def status_after_answer(answer: Answer) -> Status:
    """Return where a clinician's answer leads (spec 2.9)."""
    return Status.WITH_PATIENT if answer.agrees else Status.CLINICIAN_REFUSED


def status_after_reply(*, agreed: bool) -> Status:
    """Return where a patient's reply leads (C64, C65); what makes it valid is `Decision.problem`."""
    return Status.APPROVED if agreed else Status.PATIENT_REFUSED


class LinkState(StrEnum):
    """What the holder of a genuine link may do with it."""

    OPEN = "open"
    ANSWERED = "answered"
    EXPIRED = "expired"
    CLOSED = "closed"


def link_state(status: Status, *, answered: bool, expires_at: datetime, now: datetime) -> LinkState:
    """Return whether a link of the request still takes an answer (C45, C53, C54).

    An answer is shown for ever, without patient data. A request that ended in another way takes none. One
    that failed before its answer has failed at a reminder: the question stands.
    """
    if answered:
        return LinkState.ANSWERED
    if status is Status.EXPIRED or now >= expires_at:
        return LinkState.EXPIRED
    if status in BEFORE_CLINICIAN:
        return LinkState.OPEN
    return LinkState.CLOSED
