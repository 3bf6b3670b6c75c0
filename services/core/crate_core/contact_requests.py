"""Changing the status of a contact request: one guarded update, and its event."""

from sqlalchemy import update
from sqlalchemy.orm.attributes import set_committed_value

from crate_core.clock import utcnow
from crate_core.database import WriteSession
from crate_core.domain.contact import Status, check_transition
from crate_core.errors import TemporaryError
from crate_core.models import ContactEvent, ContactRequest


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
    session.flush()
    changed = session.change(
        update(ContactRequest)
        .where(ContactRequest.id == request.id, ContactRequest.status == before)
        .values(status=after, changed_at=now)
    )
    if not changed:
        message = f"request {request.code} is being changed by somebody else at this moment"
        raise TemporaryError(message)
    set_committed_value(request, "status", after)
    set_committed_value(request, "changed_at", now)
    add_event(session, request, before, after, actor=actor, why=why)


def add_event(
    session: WriteSession,
    request: ContactRequest,
    before: Status | None,
    after: Status,
    *,
    actor: str,
    why: str = "",
) -> None:
    """Add a step to the request's story; `before` is None when it is submitted."""
    session.add(
        ContactEvent(
            contact_request_id=request.id,
            at=utcnow(),
            actor=actor,
            from_status=before,
            to_status=after,
            why=why,
        )
    )
