"""All SQL about one patient."""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from crate_core.database import ReadSession, WriteSession
from crate_core.models import ConsentModeRow, ContactRequest, Letter, UserAccount


def history(session: ReadSession, nhs_number: int) -> Sequence[ConsentModeRow]:
    """Return all choices of a patient, in the order in which they were entered."""
    return session.scalars(
        select(ConsentModeRow)
        .where(ConsentModeRow.nhs_number == nhs_number)
        .order_by(ConsentModeRow.id)
    ).all()


def current(session: ReadSession | WriteSession, nhs_number: int) -> ConsentModeRow | None:
    """Return the choice that is in force."""
    return session.scalar(
        select(ConsentModeRow).where(ConsentModeRow.current_nhs_number == nhs_number)
    )


def find_submission(session: WriteSession, submission: str) -> ConsentModeRow | None:
    """Return the choice that a form has made already."""
    return session.scalar(select(ConsentModeRow).where(ConsentModeRow.submission == submission))


def requests_of(session: ReadSession, nhs_number: int) -> Sequence[ContactRequest]:
    """Return the requests about a patient, the newest first."""
    return session.scalars(
        select(ContactRequest)
        .where(ContactRequest.nhs_number == nhs_number)
        .options(joinedload(ContactRequest.study))
        .order_by(ContactRequest.id.desc())
    ).all()


def letters_of(session: ReadSession, nhs_number: int) -> Sequence[Letter]:
    """Return the letters about a patient that the RDBM may see, the newest first (C105)."""
    requests = select(ContactRequest.id).where(ContactRequest.nhs_number == nhs_number)
    choices = select(ConsentModeRow.id).where(ConsentModeRow.nhs_number == nhs_number)
    return session.scalars(
        select(Letter)
        .where(
            or_(Letter.contact_request_id.in_(requests), Letter.consent_mode_id.in_(choices)),
            Letter.rdbm_may_view.is_(True),
        )
        .order_by(Letter.id.desc())
    ).all()


def usernames(session: ReadSession, ids: set[int]) -> dict[int, str]:
    """Return usernames by key."""
    statement = select(UserAccount.id, UserAccount.username).where(UserAccount.id.in_(ids))
    return dict(session.execute(statement).all())
