"""Rows turned into what letters need to know."""

from datetime import date, datetime, tzinfo

from crate_consent.letters import (
    ApprovalFacts,
    LetterStudy,
    PackFacts,
    Recipient,
    Sender,
    WithdrawalFacts,
)
from crate_core.domain.consent import ConsentMode
from crate_core.domain.contact import Answer, Involvement
from crate_core.domain.patient import PatientSnapshot
from crate_core.domain.people import ADDRESS_LINES, Address, salutation
from crate_core.errors import PermanentError
from crate_core.models import ClinicianResponse, ConsentModeRow, ContactRequest, Study, UserAccount


def snapshot_of(request: ContactRequest) -> PatientSnapshot:
    """Return the patient as they were looked up for this request."""
    if request.snapshot is None:
        message = f"request {request.code} has no snapshot of the patient"
        raise PermanentError(message)
    return PatientSnapshot.from_dict(request.snapshot.data)


def consent_of(request: ContactRequest) -> ConsentModeRow:
    """Return the consent mode that the request was decided on."""
    if request.consent_mode is None:
        message = f"request {request.code} has no consent mode"
        raise PermanentError(message)
    return request.consent_mode


def recipient(user: UserAccount) -> Recipient:
    """Return a researcher as letters address them."""
    return Recipient(
        name=user.full_name,
        salutation=salutation(user.title, user.first_name, user.last_name, assume_doctor=True),
        address=tuple(user.address.splitlines()),
    )


def letter_study(study: Study) -> LetterStudy:
    """Return a study as letters name it."""
    return LetterStudy(study.institutional_id, study.title, recipient(study.lead_researcher))


def approval_facts(
    request: ContactRequest, permitted_on: date, *, asked: bool, prefers_email: bool
) -> ApprovalFacts:
    """Return what the approval letter of a request says."""
    return ApprovalFacts(
        study=letter_study(request.study),
        patient=snapshot_of(request),
        request_code=request.code,
        prefers_email=prefers_email,
        permitted_on=permitted_on,
        asked=asked,
    )


def withdrawal_facts(request: ContactRequest, zone: tzinfo) -> WithdrawalFacts:
    """Return what the withdrawal letter of an approved request says."""
    approved_at: datetime = request.approved_at or request.created_at
    return WithdrawalFacts(
        study=letter_study(request.study),
        patient=snapshot_of(request),
        request_code=request.code,
        permitted_on=approved_at.astimezone(zone).date(),
    )


def pack_facts(
    request: ContactRequest,
    response: ClinicianResponse,
    *,
    details_pdf: bytes | None,
    extra_form_pdf: bytes | None,
    leaflet_pdf: bytes | None,
) -> PackFacts:
    """Return what the pack of an agreed request holds."""
    patient = snapshot_of(request)
    return PackFacts(
        study=letter_study(request.study),
        patient=patient,
        request_code=request.code,
        involvement=Involvement(request.involvement or 0),
        consent_mode=ConsentMode(consent_of(request).mode),
        sender=Sender(
            name=response.name,
            title=response.signatory_title,
            address=_address_of_sender(request, response, patient),
        ),
        own_patient=request.own_patient is not None,
        sent_by_manager=response.answer == Answer.R,
        details_pdf=details_pdf,
        extra_form_pdf=extra_form_pdf,
        leaflet_pdf=leaflet_pdf,
    )


def _address_of_sender(
    request: ContactRequest, response: ClinicianResponse, patient: PatientSnapshot
) -> tuple[str, ...]:
    if response.reassigned:
        # Of somebody whom the record does not name no address is known: "c/o" is used (C141).
        return ()
    if request.own_patient is None:
        return patient.clinician.address.filled
    # Who asks by themselves need not be the clinician whom the record names (C102).
    return Address(tuple(request.requested_by.address.splitlines()[:ADDRESS_LINES])).filled
