"""Changing the status of a contact request, and keeping back what must not go out any more."""

from datetime import datetime

from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.orm.attributes import set_committed_value

from crate_core.clock import utcnow
from crate_core.database import WriteSession
from crate_core.domain.contact import Status, check_transition, coarse
from crate_core.errors import TemporaryError
from crate_core.jobs.rows import cancel_open
from crate_core.jobs.tasks import Task
from crate_core.models import (
    ClinicianLink,
    ContactEvent,
    ContactRequest,
    Letter,
    Mail,
    MailTransmission,
)
from crate_core.models.mail import MailKind, MailState

KEPT_BACK = "kept_back"
"""Outcome of a transmission that is not begun, or not begun again: its reason has gone."""
_QUESTION_KINDS = (MailKind.CLINICIAN_REQUEST, MailKind.CLINICIAN_REMINDER)


_CHANGE_STATUS = (
    update(ContactRequest)
    .where(ContactRequest.id == bindparam("request"), ContactRequest.status == bindparam("before"))
    .values(status=bindparam("after"), changed_at=bindparam("now"), news_at=bindparam("news"))
)


def change_status(
    session: WriteSession,
    request: ContactRequest,
    after: Status,
    *,
    actor: str,
    why: str = "",
) -> None:
    """Move a request to another status, if it still has the one that was read.

    Args:
        session: the transaction that also holds all that follows from the change.
        request: the request, as read in this transaction.
        after: its new status.
        actor: a username, "clinician", or the service that acts.
        why: a sentence for the RDBM, without identifiers of the patient.

    Raises:
        TransitionError: the request cannot go from its status to `after`.
        TemporaryError: somebody changed it at this moment; read it again.
    """
    before = Status(request.status)
    check_transition(before, after)
    now = utcnow()
    # The moment of a step that researchers must not see would tell them of it.
    news_at = request.news_at if coarse(before) is coarse(after) else now
    values = {"request": request.id, "before": before, "after": after, "now": now, "news": news_at}
    if not session.change(_CHANGE_STATUS, values):
        message = f"request {request.code} is being changed by somebody else at this moment"
        raise TemporaryError(message)
    set_committed_value(request, "status", after)
    set_committed_value(request, "changed_at", now)
    set_committed_value(request, "news_at", news_at)
    event = event_of(request, before, after, actor=actor, why=why)
    session.add_row(ContactEvent, **event)


def event_of(
    request: ContactRequest, before: Status | None, after: Status, *, actor: str, why: str = ""
) -> dict[str, object]:
    """Return a step of the request's story, as a row; `before` is None when it is submitted."""
    return {
        "contact_request_id": request.id,
        "at": utcnow(),
        "actor": actor,
        "from_status": before,
        "to_status": after,
        "why": why,
    }


def hold_request(session: WriteSession, request_id: int) -> None:
    """Hold a request until the commit, before its status is read.

    Whoever ends a request and whoever lets something go out for it take turns: neither sees the other half
    done. An update that changes nothing, since `FOR UPDATE` does not exist on every engine.
    """
    session.flush()
    session.change(
        update(ContactRequest)
        .where(ContactRequest.id == request_id)
        .values(status=ContactRequest.status)
    )


def keep_back(session: WriteSession, request: ContactRequest) -> None:
    """Let nothing more go out for a request that ends here: letters to post, mails that identify the patient.

    A pack must not be posted to a patient who said no, nor a permission arrive after its withdrawal.
    A mail that is being handed over at this moment cannot be called back, but is not tried again.
    """
    hold_request(session, request.id)
    session.change(
        update(Letter)
        .where(Letter.contact_request_id == request.id, Letter.needs_posting)
        .values(needs_posting=False)
    )
    why = "The request ended before the mail was sent."
    for mail_id in session.scalars(_going_out(request.id)).all():
        _keep_back_mail(session, mail_id, why)


def end_question(session: WriteSession, request_id: int, response_id: int, at: datetime) -> None:
    """Let a question be answered, go out and be reminded of no more: it is asked anew, or of somebody else.

    Args:
        session: the transaction in which that is decided.
        request_id: the request, which is held until the commit.
        response_id: the question of that request.
        at: when.
    """
    why = "The clinician was asked anew, or another one, before the mail was sent."
    settle_question(session, request_id, response_id, why)
    session.change(
        update(ClinicianLink)
        .where(
            ClinicianLink.clinician_response_id == response_id, ClinicianLink.revoked_at.is_(None)
        )
        .values(revoked_at=at)
    )


def settle_question(session: WriteSession, request_id: int, response_id: int, why: str) -> None:
    """Let a question go out and be reminded of no more; its links go on to show what was answered.

    Args:
        session: the transaction in which that is decided.
        request_id: the request, which is held until the commit.
        response_id: the question of that request.
        why: what is noted with a mail that is kept back.
    """
    hold_request(session, request_id)
    cancel_open(session, Task.SEND_REMINDER, response_id)
    questions = _going_out(request_id).where(Mail.kind.in_(_QUESTION_KINDS))
    for mail_id in session.scalars(questions).all():
        _keep_back_mail(session, mail_id, why)


def _going_out(request_id: int) -> Select[int]:
    return select(Mail.id).where(
        Mail.contact_request_id == request_id,
        Mail.carries_identity,
        Mail.state.in_((MailState.QUEUED, MailState.SENDING)),
    )


def _keep_back_mail(session: WriteSession, mail_id: int, why: str) -> None:
    now = utcnow()
    # Held first: the mailer may be about to put it from one of the two states into the other.
    session.change(update(Mail).where(Mail.id == mail_id).values(changed_at=Mail.changed_at))
    kept = session.change(
        update(Mail)
        .where(Mail.id == mail_id, Mail.state == MailState.QUEUED)
        .values(state=MailState.FAILED, changed_at=now)
    )
    if kept:
        cancel_open(session, Task.SEND_MAIL, mail_id)
    session.add(
        MailTransmission(
            mail_id=mail_id,
            at=now,
            outcome=KEPT_BACK,
            envelope_recipient="",
            server_reply=why,
        )
    )
