"""Giving a permission to a lead researcher: letter and mail, or letter and a person to post it (spec 2.6)."""

from crate_consent import facts
from crate_consent.collaborators import Collaborators
from crate_consent.effects import LetterPlan, MailPlan, add_letter
from crate_consent.mails import MailContent
from crate_consent.steps.subject import CONSENT
from crate_core.clock import utcnow
from crate_core.consent_modes import lock_current
from crate_core.contact_requests import change_status
from crate_core.database import WriteSession
from crate_core.domain.contact import Status
from crate_core.domain.email import why_no_identity
from crate_core.models import ConsentModeRow, ContactRequest, Letter
from crate_core.models.documents import LetterKind
from crate_core.models.mail import MailKind


def approve(
    together: Collaborators, session: WriteSession, request: ContactRequest, *, asked: bool
) -> None:
    """Approve a request: the letter is made and mailed to the lead researcher.

    Args:
        together: collaborators.
        session: a transaction that holds the patient's lock (`lock_current`).
        request: the request, with its snapshot and consent mode.
        asked: whether the patient said yes to this study; else it is their standing GREEN.
    """
    now = utcnow()
    request.approved_at = now
    why = "The patient agreed." if asked else "Standing GREEN choice."
    change_status(session, request, Status.APPROVED, actor=CONSENT, why=why)
    letter_facts = facts.approval_facts(
        request,
        together.today(),
        asked=asked,
        prefers_email=_in_force(session, request, asked=asked).prefers_email,
    )
    letter = add_letter(
        session,
        LetterPlan(
            effect_key=f"approval:{request.id}",
            kind=LetterKind.APPROVAL,
            addressee="researcher",
            filename=f"approval-{request.code}.pdf",
            rdbm_may_view=True,
            needs_posting=False,
            request=request,
        ),
        together.letters.approval(letter_facts, now),
    )
    send_to_lead(together, session, request, letter, together.texts.approval(letter_facts))


def _in_force(session: WriteSession, request: ContactRequest, *, asked: bool) -> ConsentModeRow:
    # While the patient was asked, they may have said anew how they want to be written to.
    current = lock_current(session, request.nhs_number) if asked and request.nhs_number else None
    return current or facts.consent_of(request)


def send_to_lead(
    together: Collaborators,
    session: WriteSession,
    request: ContactRequest,
    letter: Letter,
    content: MailContent,
) -> None:
    """Mail a letter to the lead researcher, or ask the RDBM to post it where mail must not go (C32).

    It names the patient: an address of which nobody has checked whose it is gets none, nor does who has left.
    """
    lead = request.study.lead_researcher
    why_not = why_no_identity(
        lead.email,
        active=lead.is_active,
        checked=lead.email_verified_at is not None,
        permitted=together.settings.permitted_email_domains,
    )
    if why_not is None:
        plan = MailPlan(
            effect_key=letter.effect_key,
            kind=MailKind(letter.kind),
            recipient=lead.email,
            request=request,
            letter=letter,
            reports_outcome=True,
        )
        together.outbox.add(session, plan, content)
        return
    letter.needs_posting = True
    together.outbox.tell_manager(
        session,
        f"to_post:{letter.effect_key}",
        together.texts.rdbm_letter_not_mailed(request.code, letter=letter.kind, reason=why_not),
        request=request,
    )
