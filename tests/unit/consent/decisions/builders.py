"""Patients, consent records and studies as the acceptance table describes them; tests change what they are about."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from crate_consent.decisions.stop_tests import Inputs
from crate_core.domain.consent import ConsentMode, ConsentRecord
from crate_core.domain.patient import PatientSnapshot
from crate_core.domain.people import Clinician
from crate_core.domain.study import StudyFacts

TODAY = date(2026, 5, 3)
NOW = datetime(2026, 5, 3, 12, tzinfo=UTC)
LIMIT = 1095

S1 = StudyFacts(
    patient_contact=True,
    approved_by_rec=True,
    approved_locally=True,
    has_details_pdf=True,
    lead_title="Dr",
    lead_first_name="Ann",
    lead_last_name="Smith",
    direct_approach_allowed=True,
)
S2 = replace(S1, include_discharged=True)
S3 = replace(S1, direct_approach_allowed=False)
S4 = replace(S1, has_extra_form=True)
CHILDREN = replace(S1, include_under_16s=True)

ADULT = PatientSnapshot(
    9434765919,
    source="dummy",
    patient_found=True,
    gp_found=True,
    clinician_found=True,
    date_of_birth=date(1980, 1, 1),
    discharged=False,
    sex="F",
    first_name="Ann",
    last_name="Example",
    clinician=Clinician(first_name="Bo", last_name="Carer", email="b.carer@cpft.nhs.uk"),
)


def patient(**changes: Any) -> PatientSnapshot:
    return replace(ADULT, **changes)


def discharged(days_ago: int | None) -> PatientSnapshot:
    left_on = None if days_ago is None else TODAY - timedelta(days=days_ago)
    return patient(discharged=True, discharge_date=left_on)


def consent(mode: ConsentMode = ConsentMode.GREEN, **changes: Any) -> ConsentRecord:
    return ConsentRecord(mode, **{"decided_at": NOW - timedelta(days=10), "entry": 1, **changes})


def inputs(**changes: Any) -> Inputs:
    given: dict[str, Any] = {
        "snapshot": ADULT,
        "consent": consent(),
        "study": S1,
        "direct_requested": True,
        "approaches": 0,
        "today": TODAY,
        "discharge_limit_days": LIMIT,
    }
    return Inputs(**{**given, **changes})
