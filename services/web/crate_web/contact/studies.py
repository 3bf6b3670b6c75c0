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


def problem_with_study(offered: Iterable[Offer], study_id: int) -> str:
    """Return why a study cannot be asked about by this person, "" when it can."""
    offer = next((each for each in offered if each.id == study_id), None)
    if offer is None:
        return "Choose one of the studies"
    return f"Choose another study: {'; '.join(offer.missing)}" if offer.missing else ""


def problem_with_direct(offered: Iterable[Offer], study_id: int, *, direct: bool) -> str:
    """Return why the direct approach cannot be asked for, "" when it can (C4)."""
    allowed = {offer.id for offer in offered if offer.direct_allowed}
    if direct and study_id not in allowed:
        return "This study is not approved for direct approach: leave this box empty"
    return ""


def _allows(study: Study) -> str:
    parts = [
        "Direct approach" if study.request_direct_approach else "Through the clinician only",
        "under 16s, too" if study.include_under_16s else "from 16 years of age",
        "discharged patients, too" if study.include_discharged else "no discharged patients",
    ]
    return ", ".join(parts)
