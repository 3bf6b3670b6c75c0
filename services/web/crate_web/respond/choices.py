"""The answers that a clinician can give, in words: what each means, what follows, what it asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from crate_core.domain.answers import AnswerRules, offered
from crate_core.domain.contact import Answer


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer.

    Attributes:
        answer: its code.
        label: what the clinician says by it.
        follows: what happens then, before the answer is given.
        recorded: what happens next, after it was given.
        asks: label of the field for the reason; "" for none.
    """

    answer: Answer
    label: str
    follows: str
    recorded: str
    asks: str = ""


_NOT_ASKED = (
    "Nobody asks the patient about this study. The researchers learn only that it is not possible,"
    " neither who the patient is nor why."
)
_CHOICES: Mapping[Answer, Choice] = MappingProxyType(
    {
        Answer.R: Choice(
            Answer.R,
            "Yes, please ask the patient for me",
            "The research database manager posts the papers to the patient on your behalf. You need"
            " to do nothing else.",
            "The research database manager posts the papers to the patient on your behalf. You need"
            " to do nothing else. The researchers learn who the patient is only if the patient"
            " agrees.",
        ),
        Answer.A: Choice(
            Answer.A,
            "Yes, I will ask the patient myself",
            "You get the papers as a PDF to print. You hand them over or post them; nobody else"
            " does.",
            "Print the papers, and hand them to the patient at your next meeting or post them. The"
            " patient sends the form back; you need not collect it. The researchers learn who the"
            " patient is only if the patient agrees.",
        ),
        Answer.B: Choice(
            Answer.B,
            "No, for clinical reasons the patient should not be asked",
            _NOT_ASKED,
            _NOT_ASKED,
            "Why should the patient not be asked?",
        ),
        Answer.C: Choice(
            Answer.C,
            "No, the patient is not suitable for this study",
            _NOT_ASKED,
            _NOT_ASKED,
            "Why is the patient not suitable? (optional)",
        ),
        Answer.D: Choice(
            Answer.D,
            "No, the patient has died, was discharged long ago, or the details are out of date",
            f"{_NOT_ASKED} Please have the clinical record corrected, too.",
            f"{_NOT_ASKED} Please have the clinical record corrected, too.",
            "What should we know? (optional)",
        ),
    }
)
# What the buttons of the mail say about the answer: they choose on the page, and decide nothing (C44).
_PRESELECTED = MappingProxyType({"yes": Answer.R, "no": Answer.B})


def choices(rules: AnswerRules) -> tuple[Choice, ...]:
    """Return the answers that are possible here, in their order (C49, C50)."""
    return tuple(_CHOICES[answer] for answer in offered(rules))


def choice_of(answer: Answer) -> Choice:
    """Return the words of one answer."""
    return _CHOICES[answer]


def preselected(choice: str, rules: AnswerRules) -> str:
    """Return the answer that `?choice=` chooses on the page, "" for none."""
    answer = _PRESELECTED.get(choice)
    return answer if answer in offered(rules) else ""
