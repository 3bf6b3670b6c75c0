"""Which studies a request form offers, and what each allows (C1 to C4)."""

from collections.abc import Iterable
from dataclasses import dataclass

from crate_core.domain.study import Missing, missing_for_contact
from crate_core.models import Study


@dataclass(frozen=True, slots=True)
class Offer:
    """A study on the form; one that cannot be chosen yet says what is missing."""

    id: int
    name: str
    missing: tuple[Missing, ...]
    allows: str
    direct_allowed: bool


def offers(studies: Iterable[Study]) -> list[Offer]:
    """Return the studies of a form, those that can be chosen first."""
    found = [
        Offer(
            id=study.id,
            name=f"{study.title} (study {study.institutional_id})",
            missing=missing_for_contact(study.facts),
            allows=_allows(study),
            direct_allowed=study.request_direct_approach,
        )
        for study in studies
    ]
    return sorted(found, key=lambda offer: bool(offer.missing))


class CannotAskError(Exception):
    """A study cannot be asked about by this person, or not in this way."""

    def __init__(self, field: str, message: str) -> None:
        """Keep the field of the form that is wrong, and what its reader is told."""
        super().__init__(message)
        self.field = field
        self.message = message


def check_choice(offered: Iterable[Offer], study_id: int, *, direct: bool) -> None:
    """Do nothing when a study can be asked about by the person to whom these are offered (C2, C4).

    Raises:
        CannotAskError: it is not theirs, something is missing, or direct approach is not approved for it.
    """
    offer = next((each for each in offered if each.id == study_id), None)
    if offer is None:
        raise CannotAskError("study", "Choose one of the studies")
    if offer.missing:
        raise CannotAskError("study", f"Choose another study: {'; '.join(offer.missing)}")
    if direct and not offer.direct_allowed:
        raise CannotAskError(
            "direct", "This study is not approved for direct approach: leave this box empty"
        )


def _allows(study: Study) -> str:
    parts = [
        "Direct approach" if study.request_direct_approach else "Through the clinician only",
        "under 16s, too" if study.include_under_16s else "from 16 years of age",
        "discharged patients, too" if study.include_discharged else "no discharged patients",
    ]
    return ", ".join(parts)
