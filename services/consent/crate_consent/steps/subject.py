"""What the steps share: who acts, keeping a look-up, taking up a failed request, giving one up."""

from collections.abc import Set as AbstractSet

from crate_core.clock import utcnow
from crate_core.contact_requests import change_status
from crate_core.database import WriteSession
from crate_core.domain.contact import Status
from crate_core.domain.patient import PatientSnapshot
from crate_core.models import ContactRequest, PatientSnapshotRow

CONSENT = "consent"
"""The actor of all that this service does."""


def resume(session: WriteSession, request: ContactRequest, before_failure: Status) -> None:
    """Take a request whose job had failed back to where that job takes up; else do nothing."""
    if request.status == Status.FAILED:
        change_status(session, request, before_failure, actor=CONSENT, why="Tried again.")


def keep_snapshot(
    session: WriteSession, request: ContactRequest, snapshot: PatientSnapshot
) -> None:
    """Store a look-up of the patient as the one that the request and its letters go by."""
    request.snapshot = session.add_now(
        PatientSnapshotRow(
            nhs_number=snapshot.nhs_number,
            source=snapshot.source,
            taken_at=utcnow(),
            data=snapshot.to_dict(),
        )
    )


def give_up_request(
    session: WriteSession, request_id: int, reason: str, *, waiting: AbstractSet[Status]
) -> None:
    """Mark a request as failed, so that the RDBM sees it beside its failed job (C131).

    Only where the request waits for that job, in one of the statuses `waiting`: a retried job takes it up
    from there, and from nowhere else.
    """
    request = session.get(ContactRequest, request_id)
    if request and request.status in waiting:
        change_status(session, request, Status.FAILED, actor=CONSENT, why=reason)
