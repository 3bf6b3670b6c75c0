"""Which patients a form asks about: pasted texts become identifiers, each once, or messages (C5 to C9)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from crate_core.domain.identifiers import (
    IdentifierList,
    normalise_research_id,
    parse_nhs_number,
    split_identifiers,
    split_nhs_numbers,
)
from crate_web.forms import FormState

MOST_IDENTIFIERS = 500
_MOST_NAMED = 5
PASTED = ("rids", "mrids", "nhs_numbers")
"""The fields of identifiers, in the order in which `select_patients` takes them."""
_NO_PATIENT = ("rids", "Enter at least one RID or MRID")


class LookupKind(StrEnum):
    """What kind of identifier a request was submitted with."""

    RID = "rid"
    MRID = "mrid"
    NHS_NUMBER = "nhs_number"

    @property
    def label(self) -> str:
        """How people call it."""
        return "NHS number" if self is LookupKind.NHS_NUMBER else self.upper()


Identifier = tuple[LookupKind, str]


@dataclass(frozen=True, slots=True)
class Selection:
    """The identifiers of one form.

    Attributes:
        identifiers: kind and value of each, once.
        repeated: how many were left out because they stood there before (C9).
        problems: messages by field.
    """

    identifiers: tuple[Identifier, ...] = ()
    repeated: int = 0
    problems: dict[str, str] = field(default_factory=dict)

    def refuse_in(self, state: FormState) -> None:
        """Write the problems beside their fields."""
        for name, message in self.problems.items():
            state.refuse(name, message)


def select_patients(
    rids: str, mrids: str, nhs_numbers: str, *, none: tuple[str, str] = _NO_PATIENT
) -> Selection:
    """Return what three pasted texts ask for.

    Args:
        rids: RIDs.
        mrids: MRIDs.
        nhs_numbers: NHS numbers; "" for whoever may not use them (C3).
        none: the field and the message when there is no identifier at all (C8).
    """
    # By case-folded value: engines that compare so would take two spellings for one.
    found: dict[Identifier, Identifier] = {}
    problems: dict[str, str] = {}
    given = 0
    for name, kind, split_up, read in (
        ("rids", LookupKind.RID, split_identifiers(rids), normalise_research_id),
        ("mrids", LookupKind.MRID, split_identifiers(mrids), normalise_research_id),
        ("nhs_numbers", LookupKind.NHS_NUMBER, split_nhs_numbers(nhs_numbers), _nhs_number),
    ):
        values, wrong = _read_each(split_up, read)
        given += len(split_up.values) + split_up.repeated
        for value in values:
            found.setdefault((kind, value.casefold()), (kind, value))
        if wrong:
            problems[name] = _joined(wrong)
    if not given:
        problems[none[0]] = none[1]
    elif len(found) > MOST_IDENTIFIERS:
        problems[none[0]] = f"Ask about {MOST_IDENTIFIERS} patients at most in one go"
    return Selection(tuple(found.values()), given - len(found), problems)


def _nhs_number(text: str) -> str:
    return str(parse_nhs_number(text))


def _read_each(parts: IdentifierList, read: Callable[[str], str]) -> tuple[list[str], list[str]]:
    values, wrong = [], []
    for part in parts.values:
        try:
            values.append(read(part))
        except ValueError as error:
            wrong.append(str(error))
    return values, wrong


def _joined(messages: list[str]) -> str:
    more = len(messages) - _MOST_NAMED
    text = ". ".join(messages[:_MOST_NAMED])
    return f"{text}. {more} more are wrong" if more > 0 else text
