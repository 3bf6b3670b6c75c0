"""Letters from the research database manager to lead researchers: approval and withdrawal."""

from datetime import date

from crate_consent.letters.common import (
    RESEARCHER_TYPE_SIZE,
    block_lines,
    contact_rows,
    ethics_line,
    identity_rows,
    listed,
    long_date,
    manager_lines,
    manager_names,
    paper,
)
from crate_consent.letters.facts import ApprovalFacts, WithdrawalFacts
from crate_consent.letters.typesetter import Data
from crate_core.settings.texts import fill
from crate_core.settings.wording import SiteWording


def approval(wording: SiteWording, facts: ApprovalFacts, day: date) -> dict[str, Data]:
    """Return what the approval letter shows (spec 2.15; e-mail address when preferred: C143)."""
    texts = wording.letters.researcher
    names = _names(wording, facts)
    patient = facts.patient
    asked = facts.asked
    email: list[Data] = [["Prefers e-mail", "Yes" if facts.prefers_email else "No"]]
    if facts.prefers_email:
        email.append(["E-mail", patient.email or "not known: please write by post"])
    gp: list[Data] = [
        ["GP", block_lines((patient.gp.full_name or "not known", *patient.gp.address.filled))]
    ]
    return {
        **_letter(wording, facts, day),
        "heading": texts.approval_heading,
        "ethics": ethics_line(wording, wording.ethics.approval_letter),
        "opening": listed(
            [
                fill(texts.approval_opening, names),
                fill(texts.approval_asked if asked else texts.approval_standing, names),
            ]
        ),
        "patient": [*identity_rows(patient), *contact_rows(patient), *email, *gp],
        "rules": listed([fill(rule, names) for rule in texts.rules]),
        "model_text": fill(texts.model_text_asked if asked else texts.model_text_standing, names),
        "closing": listed([fill(texts.questions, names)]),
    }


def withdrawal(wording: SiteWording, facts: WithdrawalFacts, day: date) -> dict[str, Data]:
    """Return what the withdrawal letter shows (spec 2.13)."""
    texts = wording.letters.researcher
    names = _names(wording, facts)
    patient = facts.patient
    email: list[Data] = [["E-mail", patient.email]] if patient.email else []
    return {
        **_letter(wording, facts, day),
        "heading": texts.withdrawal_heading,
        "ethics": ethics_line(wording, wording.ethics.withdrawal_letter),
        "opening": listed([fill(texts.withdrawal_opening, names)]),
        "patient": [
            *identity_rows(patient),
            *contact_rows(patient),
            *email,
            ["Permission of", long_date(facts.permitted_on)],
        ],
        "closing": listed(
            [
                fill(texts.withdrawal_request, names),
                fill(texts.withdrawal_otherwise, names),
                fill(texts.questions, names),
            ]
        ),
    }


def _letter(
    wording: SiteWording, facts: ApprovalFacts | WithdrawalFacts, day: date
) -> dict[str, Data]:
    lead = facts.study.lead
    heading = (
        wording.letters.researcher.approval_heading
        if isinstance(facts, ApprovalFacts)
        else wording.letters.researcher.withdrawal_heading
    )
    return {
        **paper(
            wording,
            title=f"{heading} (request {facts.request_code})",
            size=RESEARCHER_TYPE_SIZE,
            note=f"Study {facts.study.number}, request {facts.request_code}",
            day=day,
        ),
        "sender": manager_lines(wording),
        "addressee": block_lines((lead.name, *lead.address)),
        "greeting": lead.salutation,
        "signatory": {"name": wording.manager.name, "title": wording.manager.title},
    }


def _names(wording: SiteWording, facts: ApprovalFacts | WithdrawalFacts) -> dict[str, str]:
    return {
        **manager_names(wording),
        "study": facts.study.title,
        "patient": facts.patient.full_name,
        "date": long_date(facts.permitted_on),
        "code": facts.request_code,
    }
