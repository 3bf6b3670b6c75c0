"""What a step leaves behind in the site database: letters, mails and findings, each exactly once.

Each effect has a key made of what it is for; a unique index allows it once. Steps run in one transaction
guarded by the status of their subject, so that the key is the second wall, not the first.
"""

import hashlib
from dataclasses import dataclass
from email.utils import parseaddr

from sqlalchemy import update

from crate_consent.letters import Letter as Paper
from crate_consent.mails import MailContent
from crate_core.clock import utcnow
from crate_core.database import WriteSession
from crate_core.domain.email import domain_of
from crate_core.jobs import Task, enqueue_first
from crate_core.models import (
    ContactRequest,
    Document,
    Letter,
    Mail,
    MailAttachment,
    WorkItem,
)
from crate_core.models.documents import LetterKind
from crate_core.models.mail import MailKind

PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class LetterPlan:
    """How a letter is kept: for whom, what it belongs to, and who posts it."""

    effect_key: str
    kind: LetterKind
    addressee: str
    filename: str
    rdbm_may_view: bool
    needs_posting: bool
    request: ContactRequest | None = None
    consent_mode_id: int | None = None


def add_letter(session: WriteSession, plan: LetterPlan, paper: Paper) -> Letter:
    """Keep a letter and its PDF."""
    now = utcnow()
    document = Document(
        filename=plan.filename,
        media_type=PDF,
        size=len(paper.pdf),
        sha256=hashlib.sha256(paper.pdf).hexdigest(),
        content=paper.pdf,
        created_at=now,
    )
    letter = Letter(
        effect_key=plan.effect_key,
        kind=plan.kind,
        addressee=plan.addressee,
        document=document,
        contact_request_id=plan.request.id if plan.request else None,
        consent_mode_id=plan.consent_mode_id,
        study_id=plan.request.study_id if plan.request else None,
        rdbm_may_view=plan.rdbm_may_view,
        needs_posting=plan.needs_posting,
        created_at=now,
    )
    session.add(letter)
    session.flush()
    return letter


@dataclass(frozen=True, slots=True)
class MailPlan:
    """Where a mail goes and what it belongs to."""

    effect_key: str
    kind: MailKind
    recipient: str
    request: ContactRequest | None = None
    letter: Letter | None = None
    """The letter that goes with it, and need not be posted once the mail is sent."""
    reports_outcome: bool = False


class Outbox:
    """Queues mails: a row, and the job that sends it, in the step's own transaction."""

    def __init__(self, mail_from: str, manager_email: str) -> None:
        """Send as `mail_from`; mails to the research database manager go to `manager_email`."""
        self._domain = domain_of(parseaddr(mail_from)[1]) or "localhost"
        self._manager_email = manager_email

    def add(self, session: WriteSession, plan: MailPlan, content: MailContent) -> None:
        """Queue a mail."""
        now = utcnow()
        # A function of the row: however often it is sent, it is one mail to who receives it.
        digest = hashlib.sha256(plan.effect_key.encode()).hexdigest()[:32]
        mail_id = session.add_row(
            Mail,
            effect_key=plan.effect_key,
            kind=plan.kind,
            message_id=f"<{digest}@{self._domain}>",
            recipient=plan.recipient,
            subject=content.subject,
            text=content.text,
            html=content.html,
            carries_identity=content.carries_identity,
            reports_outcome=plan.reports_outcome,
            contact_request_id=plan.request.id if plan.request else None,
            letter_id=plan.letter.id if plan.letter else None,
            changed_at=now,
            queued_at=now,
        )
        if plan.letter:
            document = plan.letter.document
            session.add_row(
                MailAttachment,
                mail_id=mail_id,
                document_id=document.id,
                filename=document.filename,
            )
        enqueue_first(session, Task.SEND_MAIL, mail_id)

    def tell_manager(
        self,
        session: WriteSession,
        effect_key: str,
        content: MailContent,
        *,
        request: ContactRequest | None = None,
    ) -> None:
        """Queue a mail to the research database manager."""
        plan = MailPlan(effect_key, MailKind.RDBM, self._manager_email, request=request)
        self.add(session, plan, content)


def require_posting(session: WriteSession, letter_id: int, *, required: bool) -> bool:
    """Put a letter on the list of letters to post, or take it off; true if that changed anything (C108)."""
    return bool(
        session.change(
            update(Letter)
            .where(
                Letter.id == letter_id,
                Letter.posted_at.is_(None),
                Letter.needs_posting.is_(not required),
            )
            .values(needs_posting=required)
        )
    )


def add_finding(
    session: WriteSession,
    effect_key: str,
    *,
    kind: str,
    summary: str,
    serious: bool = False,
    detail: str = "",
    request: ContactRequest | None = None,
    consent_mode_id: int | None = None,
) -> None:
    """Put a finding on the research database manager's work queue, or back on it."""
    values = {"summary": summary, "detail": detail, "done_at": None, "done_by_id": None}
    if session.change(update(WorkItem).where(WorkItem.effect_key == effect_key).values(values)):
        return
    session.add(
        WorkItem(
            effect_key=effect_key,
            kind=kind,
            serious=serious,
            summary=summary,
            detail=detail,
            contact_request_id=request.id if request else None,
            consent_mode_id=consent_mode_id,
            created_at=utcnow(),
        )
    )
