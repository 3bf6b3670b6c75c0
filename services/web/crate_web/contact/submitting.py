"""Submitting contact requests: rows, jobs, events and audit of one form, in one transaction."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload, lazyload

from crate_core.audit import AuditKind, record
from crate_core.contact_requests import event_of
from crate_core.database import WriteSession
from crate_core.domain.contact import Status
from crate_core.domain.request_codes import ENTROPY_BYTES, new_request_code
from crate_core.jobs import Task, enqueue_first
from crate_core.models import ContactEvent, ContactRequest, OwnPatientRequest, Study, UserAccount
from crate_web.contact.queries import account, submitted_before
from crate_web.contact.selection import Identifier
from crate_web.contact.studies import check_choice, offers


@dataclass(frozen=True, slots=True)
class OwnPatients:
    """What a clinician says who asks about own patients: who posts the papers, and how they are signed."""

    manager_posts: bool
    signatory_name: str
    signatory_title: str


@dataclass(frozen=True, slots=True)
class Order:
    """What one form asks for, after all checks."""

    submission: str
    study_id: int
    direct: bool
    identifiers: tuple[Identifier, ...]
    own: OwnPatients | None = None


# Roles and researchers are left out: nothing here asks for these.
_WITH_LEAD = (
    joinedload(Study.lead_researcher).lazyload(UserAccount.roles),
    lazyload(Study.researchers),
)


def submit(
    session: WriteSession,
    order: Order,
    *,
    user_id: int,
    may_ask: ColumnElement[bool],
    address: str,
    now: datetime,
) -> int:
    """Make the requests of one form, or find that they were made by its first post.

    Args:
        session: a transaction.
        order: what is asked for.
        user_id: who asks.
        may_ask: the condition for studies that they may ask about; it must hold in this transaction, too,
            since a study's people and approvals may have changed while the form was filled in.
        address: the network address that it came from.
        now: the moment of the post.

    Returns:
        How many requests the form has made.

    Raises:
        CannotAskError: the study cannot be asked about any more.
    """
    if earlier := submitted_before(session, order.submission, user_id):
        return earlier
    actor = account(session, user_id)
    study = session.scalar(
        select(Study).where(Study.id == order.study_id, may_ask).options(*_WITH_LEAD)
    )
    check_choice(offers([study] if study else []), order.study_id, direct=order.direct)
    assert study is not None  # noqa: S101 (the choice was checked)
    requests = [
        ContactRequest(
            code=new_request_code(os.urandom(ENTROPY_BYTES)),
            created_at=now,
            requested_by_id=user_id,
            study_id=study.id,
            direct_approach=order.direct,
            submission=order.submission,
            lookup_kind=kind,
            lookup_value=value,
            status=Status.NEW,
            changed_at=now,
            news_at=now,
            own_patient=_own_patient(order.own),
        )
        for kind, value in order.identifiers
    ]
    session.add_all(requests)
    session.flush()
    why = "For a patient of their own." if order.own else ""
    for request in requests:
        event = event_of(request, None, Status.NEW, actor=actor.username, why=why)
        session.add(ContactEvent(**event))
        enqueue_first(session, Task.PROCESS_CONTACT_REQUEST, request.id)
    _audit(session, actor, study, requests, order, address=address)
    return len(requests)


def _own_patient(own: OwnPatients | None) -> OwnPatientRequest | None:
    if own is None:
        return None
    return OwnPatientRequest(
        manager_posts=own.manager_posts,
        signatory_name=own.signatory_name,
        signatory_title=own.signatory_title,
    )


def _audit(
    session: WriteSession,
    actor: UserAccount,
    study: Study,
    requests: Sequence[ContactRequest],
    order: Order,
    *,
    address: str,
) -> None:
    record(
        session,
        AuditKind.REQUEST_SUBMITTED,
        actor=actor,
        address=address,
        subject=f"study:{study.id}",
        detail={
            "codes": [request.code for request in requests],
            "study": study.institutional_id,
            "direct": order.direct,
            "own_patients": order.own is not None,
        },
    )
