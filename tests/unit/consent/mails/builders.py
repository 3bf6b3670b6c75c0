"""A patient, a study and a request as the acceptance table describes them; tests change what they are about."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from crate_consent.letters import ApprovalFacts, LetterStudy, Recipient, WithdrawalFacts
from crate_consent.mails import ClinicianRequestFacts, MailStudy
from crate_core.domain.patient import PatientSnapshot
from crate_core.domain.people import Address, Clinician, Gp

WRITTEN_AT = datetime(2026, 5, 3, 12, tzinfo=UTC)
CODE = "K7QM-2Z9T-4HWX"
TOKEN = "Zm9v-YmFyYmF6_cXV4cXV1eGNvcmdlZ3JhdWx0Z2FycGx5"

PATIENT = PatientSnapshot(
    9434765919,
    source="dummy",
    patient_found=True,
    gp_found=True,
    clinician_found=True,
    local_id_description="RiO number",
    local_id=1234567,
    date_of_birth=date(1980, 1, 31),
    discharged=False,
    sex="F",
    title="Ms",
    first_name="Ann",
    last_name="Example",
    address=Address(("1 Long Road", "", "Exampletown", "", "", "EX1 1EX")),
    telephone="01632 960001",
    email="ann@example.org",
    gp=Gp("Dr", "A.", "Medic", Address(("The Surgery", "Exampletown"))),
    clinician=Clinician(
        title="Dr", first_name="Bo", last_name="Carer", email="b.carer@example.org"
    ),
)

STUDY = MailStudy(
    number=4711,
    title="Sleep and mood",
    lead_researcher="Prof Cy Leader",
    summary="We study sleep.\n\nTaking part means two visits.",
    include_lack_capacity=False,
    include_discharged=True,
    clinical_trial=False,
)

LETTER_STUDY = LetterStudy(4711, "Sleep and mood", Recipient("Prof Cy Leader", "Prof Leader"))

REQUEST = ClinicianRequestFacts(
    study=STUDY,
    patient=PATIENT,
    request_code=CODE,
    greeting="Dr Carer",
    reassigned=False,
    token=TOKEN,
    extra_form=False,
    consent_after_discharge=False,
    discharge_limit_days=1095,
    written_at=WRITTEN_AT,
    expires_at=datetime(2026, 6, 28, 12, tzinfo=UTC),
    donation=Decimal("1.00"),
)

APPROVAL = ApprovalFacts(
    study=LETTER_STUDY,
    patient=PATIENT,
    request_code=CODE,
    prefers_email=True,
    permitted_on=date(2026, 5, 1),
    asked=True,
)

WITHDRAWAL = WithdrawalFacts(
    study=LETTER_STUDY,
    patient=PATIENT,
    request_code=CODE,
    permitted_on=date(2026, 5, 1),
)


def request(**changes: Any) -> ClinicianRequestFacts:
    return replace(REQUEST, **changes)


def request_about(**changes: Any) -> ClinicianRequestFacts:
    return replace(REQUEST, patient=replace(PATIENT, **changes))


def request_for_study(**changes: Any) -> ClinicianRequestFacts:
    return replace(REQUEST, study=replace(STUDY, **changes))
