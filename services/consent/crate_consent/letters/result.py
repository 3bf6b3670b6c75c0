"""What comes out: the PDF, and what stands where in it."""

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """Parts of a pack, in their order (C57)."""

    LETTER = "letter"
    DETAILS = "details"
    DECISION_FORM = "decision_form"
    EXTRA_FORM = "extra_form"
    TRAFFIC_LIGHT_FORM = "traffic_light_form"
    LEAFLET = "leaflet"


@dataclass(frozen=True, slots=True)
class PlacedPart:
    """A part, and the page on which it starts, counted from 1; always an odd one."""

    part: Part
    first_page: int


@dataclass(frozen=True, slots=True)
class Letter:
    """A finished PDF.

    `parts` and `missing` are for packs: what is in it, and what should have been but was not there
    (C60); the caller tells the research database manager.
    """

    pdf: bytes
    title: str
    pages: int
    parts: tuple[PlacedPart, ...] = ()
    missing: tuple[Part, ...] = ()
