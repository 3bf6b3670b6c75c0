"""The six boxes of the paper form, as they are ticked on pages."""

from collections.abc import Collection
from dataclasses import fields

from crate_core.domain.consent import Decision
from crate_web.forms import FormState

BOXES = (
    ("patient_signed", "The patient signed"),
    ("patient_authorised", "The patient said so in another direct way", "Such as by telephone"),
    ("parent_signed", "Under 16: a parent or guardian signed"),
    ("child_clinician_signed", "Under 16: a clinician signed"),
    ("representative_signed", "Lacks capacity: an authorised representative signed"),
    ("capacity_clinician_signed", "Lacks capacity: a clinician signed"),
)
"""Value, label and hint of each box."""

_LABELS = {box[0]: box[1] for box in BOXES}


def decision_of(ticked: Collection[str]) -> Decision:
    """Return the decision that the ticked boxes stand for; what is no box counts for nothing."""
    return Decision(**{box.name: box.name in ticked for box in fields(Decision)})


def refuse_boxes(state: FormState) -> FormState:
    """Add what is wrong about the ticked boxes to a form that comes back for other reasons; return it."""
    problem = decision_of(state.chosen("boxes")).problem
    return state.refuse("boxes", problem) if problem else state


def decision_in_words(decision: Decision) -> str:
    """Return the ticked boxes as a line of text."""
    ticked = [label for name, label in _LABELS.items() if getattr(decision, name)]
    return "; ".join(ticked) or "no box"
