"""Studies, contact requests and questions to clinicians, as rows for tests of pages."""

import hashlib
import itertools
import secrets
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from crate_core.clock import utcnow
from crate_core.database import Database, WriteSession
from crate_core.domain.contact import Answer, Status
from crate_core.domain.patient import PatientSnapshot
from crate_core.domain.people import Address, Clinician
from crate_core.domain.request_codes import new_request_code
from crate_core.domain.roles import Role
from crate_core.models import (
    ClinicianLink,
    ClinicianResponse,
    ContactRequest,
    Document,
    Letter,
    PatientSnapshotRow,
    Study,
    StudyResearcher,
    UserAccount,
)
from tests.pdfs import one_page_pdf
from tests.web.site import add_user

NHS_NUMBER = 9434765919
PATIENT = PatientSnapshot(
    nhs_number=NHS_NUMBER,
    patient_found=True,
    local_id_description="RiO number",
    local_id=778899,
    date_of_birth=date(1970, 2, 3),
    discharged=False,
    sex="F",
    title="Mrs",
    first_name="Penelope",
    last_name="Quillfeather",
    address=Address(("1 Gull Street", "Fenmouth")),
    clinician=Clinician(
        title="Dr", first_name="Clara", last_name="Whitfield", email="c@example.org"
    ),
)
IDENTIFIERS = ("Quillfeather", "Penelope", "9434765919", "943 476 5919", "778899", "Gull Street")
_numbers = itertools.count()


def document(text: str = "A page") -> Document:
    content = one_page_pdf(text)
    return Document(
        filename="paper.pdf",
        media_type="application/pdf",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        created_at=utcnow(),
    )


def add_lead(database: Database, username: str, *roles: Role) -> UserAccount:
    """Make a researcher whose name is complete, as studies need of their lead."""
    user = add_user(database, username, *(roles or (Role.RESEARCHER,)))

    def work(session: WriteSession) -> None:
        session.get_one(UserAccount, user.id).title = "Dr"

    database.write(work)
    return user


def add_study(
    database: Database,
    lead: UserAccount,
    number: int = 1,
    *,
    others: Iterable[UserAccount] = (),
    details: bool = True,
    form: bool = False,
    **changes: object,
) -> Study:
    """Make S1 of the acceptance table, with `changes`."""
    values: dict[str, object] = {
        "institutional_id": number,
        "title": f"Sleep study {number}",
        "summary": "We ask about sleep.\nOne visit.",
        "registered_at": None,
        "patient_contact": True,
        "include_under_16s": False,
        "include_lack_capacity": False,
        "clinical_trial": False,
        "include_discharged": False,
        "request_direct_approach": True,
        "approved_by_rec": True,
        "approved_locally": True,
        "local_approval_at": None,
        **changes,
    }

    def work(session: WriteSession) -> Study:
        study = Study(
            **values,
            lead_researcher=session.get_one(UserAccount, lead.id),
            details_document=document(f"Details {number}") if details else None,
            form_document=document(f"Form {number}") if form else None,
            researchers=[StudyResearcher(user_id=user.id) for user in others],
        )
        session.add(study)
        session.flush()
        return study

    return database.write(work)


def add_request(
    database: Database, study: Study, by: UserAccount, status: Status, **changes: object
) -> ContactRequest:
    """Make a contact request about `PATIENT`."""
    now = utcnow()
    values: dict[str, object] = {
        "code": new_request_code(secrets.token_bytes(7)),
        "created_at": now,
        "requested_by_id": by.id,
        "study_id": study.id,
        "direct_approach": True,
        "submission": secrets.token_urlsafe(16),
        "lookup_kind": "rid",
        "lookup_value": f"{next(_numbers):032x}",
        "status": status,
        "changed_at": now,
        "news_at": now,
        "nhs_number": NHS_NUMBER,
        **changes,
    }

    def work(session: WriteSession) -> ContactRequest:
        request = ContactRequest(**values)
        request.snapshot = PatientSnapshotRow(
            nhs_number=NHS_NUMBER, source="dummy", taken_at=now, data=PATIENT.to_dict()
        )
        session.add(request)
        session.flush()
        return request

    return database.write(work)


def ask(
    database: Database,
    request: ContactRequest,
    *,
    asked_at: datetime | None = None,
    answer: Answer | None = None,
    consultant: bool = False,
    revoked: bool = False,
) -> str:
    """Ask a clinician about a request; returns the token of the link."""
    token = secrets.token_urlsafe(32)
    asked_at = asked_at or utcnow()

    def work(session: WriteSession) -> None:
        response = ClinicianResponse(
            contact_request_id=request.id,
            asked_at=asked_at,
            expires_at=asked_at + timedelta(days=56),
            name="Dr Clara Whitfield",
            email="clara@example.org",
            is_consultant=consultant,
            answer=answer,
            answered_at=datetime(2026, 5, 3, 12, tzinfo=UTC) if answer else None,
            reason="because of Mrs Quillfeather" if answer else "",
            signed_name="Clara Whitfield" if answer else "",
        )
        session.add(response)
        session.flush()
        session.add(
            ClinicianLink(
                clinician_response_id=response.id,
                token_hash=hashlib.sha256(token.encode()).hexdigest(),
                issued_at=asked_at,
                expires_at=response.expires_at,
                revoked_at=utcnow() if revoked else None,
            )
        )

    database.write(work)
    return token


def add_letter(
    database: Database, request: ContactRequest, kind: str, addressee: str = "researcher"
) -> Letter:
    """Make a letter of a request."""

    def work(session: WriteSession) -> Letter:
        letter = Letter(
            effect_key=f"{kind}:{request.id}",
            kind=kind,
            addressee=addressee,
            document=document(f"Letter {kind}"),
            contact_request_id=request.id,
            study_id=request.study_id,
            rdbm_may_view=addressee == "researcher",
            created_at=utcnow(),
            needs_posting=False,
        )
        session.add(letter)
        session.flush()
        return letter

    return database.write(work)
