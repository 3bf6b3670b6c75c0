"""Writing audit events, in the transaction of what they tell."""

import hashlib
import hmac
from enum import StrEnum

from pydantic import SecretStr
from sqlalchemy import event

from crate_core.clock import utcnow
from crate_core.database.sessions import WriteSession
from crate_core.models.audit import AuditEvent
from crate_core.models.users import UserAccount
from crate_core.telemetry.metrics import AUDIT_EVENTS

_UNCOUNTED = "audit_events_uncounted"


class AuditKind(StrEnum):
    """What can be audited; a label of `crate_audit_events_total`."""

    LOGIN = "login"
    LOGIN_FAILED = "login_failed"
    LOGIN_THROTTLED = "login_throttled"
    LOGOUT = "logout"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a kind of event
    USER_CHANGED = "user_changed"
    RUN_STARTED = "run_started"
    RUN_ENDED = "run_ended"
    RUN_REJECTED = "run_rejected"
    RUN_CANCELLED = "run_cancelled"
    REQUEST_SUBMITTED = "request_submitted"
    REQUEST_CHANGED = "request_changed"
    CLINICIAN_PAGE_OPENED = "clinician_page_opened"
    CLINICIAN_ANSWERED = "clinician_answered"
    CLINICIAN_LINK_REISSUED = "clinician_link_reissued"
    CLINICIAN_REASSIGNED = "clinician_reassigned"
    PACK_OPENED = "pack_opened"
    LETTER_OPENED = "letter_opened"
    LETTER_POSTED = "letter_posted"
    PATIENT_REPLY_RECORDED = "patient_reply_recorded"
    CONSENT_MODE_RECORDED = "consent_mode_recorded"
    PATIENT_LOOKED_UP = "patient_looked_up"
    MAIL_RESENT = "mail_resent"
    MAIL_SETTLED = "mail_settled"
    JOB_RETRIED = "job_retried"
    STUDY_CHANGED = "study_changed"
    LEAFLET_CHANGED = "leaflet_changed"
    WORK_DONE = "work_done"
    LIST_DOWNLOADED = "list_downloaded"


def record(
    session: WriteSession,
    kind: AuditKind,
    *,
    actor: UserAccount | str | None = None,
    address: str = "",
    subject: str = "",
    detail: dict[str, object] | None = None,
) -> None:
    """Add an event to the audit when this transaction commits.

    Args:
        session: the transaction of what is told.
        kind: what was done.
        actor: the account that did it, or the name of who did it without one.
        address: the network address it came from.
        subject: what it was done to; identifiers of patients only as `keyed_hash`.
        detail: more facts, JSON values only.
    """
    user = actor if isinstance(actor, UserAccount) else None
    session.add(
        AuditEvent(
            at=utcnow(),
            kind=kind,
            actor_id=user.id if user else None,
            actor=user.username if user else str(actor or ""),
            address=address,
            subject=subject,
            detail=detail or {},
        )
    )
    session.info.setdefault(_UNCOUNTED, []).append(kind)


@event.listens_for(WriteSession, "after_commit")
def _count(session: WriteSession) -> None:
    """Count what is in the audit now; what was rolled back, or is written once more, is not."""
    for kind in session.info.pop(_UNCOUNTED, ()):
        AUDIT_EVENTS.labels(kind=kind).inc()


def keyed_hash(key: SecretStr, identifier: int | str) -> str:
    """Return the form in which an identifier of a patient may stand in the audit.

    Equal identifiers give equal forms, so that an audit can be searched by who holds the key
    and knows the identifier, and by nobody else.
    """
    secret = b"audit identifiers|" + key.get_secret_value().encode()
    return hmac.new(secret, str(identifier).encode(), hashlib.sha256).hexdigest()[:32]
