"""Which studies a clinician may ask own patients about, and who can post the papers (C50, C56)."""

from collections.abc import Iterable
from dataclasses import dataclass

from crate_core.domain.answers import AnswerRules
from crate_core.domain.study import extra_form_applies, is_possible_contact_study
from crate_core.models import Study
from crate_web.contact.studies import CannotAskError


@dataclass(frozen=True, slots=True)
class OwnOffer:
    """A study on the form: its name, what it allows, and what limits the answer that the asking is."""

    id: int
    name: str
    allows: str
    rules: AnswerRules


def own_offers(studies: Iterable[Study], *, consultant: bool) -> list[OwnOffer]:
    """Return the studies that patients can be asked about now, whoever works on them."""
    return [
        OwnOffer(
            study.id,
            f"{study.title} (study {study.institutional_id})",
            _allows(study),
            AnswerRules(
                extra_form=extra_form_applies(study.facts, direct_requested=False),
                clinical_trial=study.clinical_trial,
                recipient_is_consultant=consultant,
            ),
        )
        for study in studies
        if is_possible_contact_study(study.facts)
    ]


def check_own_choice(
    offered: Iterable[OwnOffer], study_id: int, *, manager_posts: bool
) -> OwnOffer:
    """Return the study that was chosen.

    Raises:
        CannotAskError: it is not offered, needs a consultant, or a form that only the clinician can fill in.
    """
    offer = next((each for each in offered if each.id == study_id), None)
    if offer is None:
        raise CannotAskError("study", "Choose one of the studies")
    if offer.rules.needs_consultant:
        raise CannotAskError(
            "study",
            "This study is a clinical trial: only the patient's consultant can ask. Choose another study",
        )
    if manager_posts and offer.rules.extra_form:
        raise CannotAskError(
            "manager_posts",
            "You have to fill in a form of this study before the papers go out: leave this box empty",
        )
    return offer


def _allows(study: Study) -> str:
    parts = [
        "Under 16s, too" if study.include_under_16s else "From 16 years of age",
        "discharged patients, too" if study.include_discharged else "no discharged patients",
        *(["a clinical trial: asked by consultants only"] if study.clinical_trial else []),
        *(["you fill in a form for the researchers"] if study.form_document_id else []),
    ]
    return ", ".join(parts)
