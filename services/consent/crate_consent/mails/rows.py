"""Rows of the tables in mails: label and value, each one line."""

from collections.abc import Iterable
from datetime import datetime, tzinfo

from crate_consent.letters.common import long_date
from crate_consent.letters.facts import ApprovalFacts, WithdrawalFacts
from crate_consent.mails.facts import ClinicianRequestFacts
from crate_core.domain.identifiers import format_nhs_number
from crate_core.domain.patient import ADULT_AGE, PatientSnapshot

Row = tuple[str, str]

NOT_KNOWN = "not known"


def one_line(text: str) -> str:
    """Return text without line breaks and runs of space: a value cannot pass for other lines of a mail."""
    return " ".join(text.split())


def asked_patient_rows(facts: ClinicianRequestFacts, zone: tzinfo) -> tuple[Row, ...]:
    """Return who the patient is, as the clinician needs it to be sure (spec 2.7)."""
    patient = facts.patient
    clinician = patient.clinician.full_name or NOT_KNOWN
    return _clean(
        (
            *_identity(patient),
            ("Address", _joined(patient.address.filled)),
            ("GP", _gp(patient)),
            ("Clinician in the record", clinician),
            (f"Under {ADULT_AGE}", _under_16(patient, facts.written_at, zone)),
            ("Discharged", _discharged(patient)),
        )
    )


def study_rows(facts: ClinicianRequestFacts) -> tuple[Row, ...]:
    """Return which study it is (spec 2.7); its summary stands below the table."""
    study = facts.study
    return _clean(
        (
            ("Study number", str(study.number)),
            ("Title", study.title),
            ("Lead researcher", study.lead_researcher),
            ("Includes people who lack capacity", _yes_no(study.include_lack_capacity)),
            ("Request code", facts.request_code),
        )
    )


def approved_patient_rows(facts: ApprovalFacts) -> tuple[Row, ...]:
    """Return who may be contacted, and where; the e-mail address only if they prefer e-mail (C143)."""
    patient = facts.patient
    email: tuple[Row, ...] = (("Prefers e-mail", _yes_no(facts.prefers_email)),)
    if facts.prefers_email:
        email += (("E-mail", patient.email or "not known: please write by post"),)
    return _clean((*_identity(patient), *_contact(patient), *email, ("GP", _gp(patient))))


def withdrawn_patient_rows(facts: WithdrawalFacts) -> tuple[Row, ...]:
    """Return who must not be contacted any more, with all that may be noted of them (spec 2.13)."""
    patient = facts.patient
    email = (("E-mail", patient.email),) if patient.email else ()
    permission = ("Permission of", long_date(facts.permitted_on))
    return _clean((*_identity(patient), *_contact(patient), *email, permission))


def _clean(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple((one_line(label), one_line(value)) for label, value in rows)


def _identity(patient: PatientSnapshot) -> tuple[Row, ...]:
    born = patient.date_of_birth
    rows: tuple[Row, ...] = (
        ("Name", patient.full_name or NOT_KNOWN),
        ("Date of birth", long_date(born) if born else NOT_KNOWN),
        ("NHS number", format_nhs_number(patient.nhs_number)),
    )
    if patient.local_id is None:
        return rows
    return (*rows, (patient.local_id_description or "Local number", str(patient.local_id)))


def _contact(patient: PatientSnapshot) -> tuple[Row, ...]:
    address: Row = ("Address", _joined(patient.address.filled))
    return (address, ("Telephone", patient.telephone)) if patient.telephone else (address,)


def _gp(patient: PatientSnapshot) -> str:
    name = patient.gp.full_name
    return _joined((*((name,) if name else ()), *patient.gp.address.filled))


def _under_16(patient: PatientSnapshot, written_at: datetime, zone: tzinfo) -> str:
    day = written_at.astimezone(zone).date()
    if patient.age_on(day) is None:
        return NOT_KNOWN
    return _yes_no(patient.is_under(ADULT_AGE, day))


def _discharged(patient: PatientSnapshot) -> str:
    if patient.discharged is None:
        return NOT_KNOWN
    if not patient.discharged:
        return "No"
    left_on = patient.discharge_date
    return f"Yes, on {long_date(left_on)}" if left_on else "Yes, date not known"


def _joined(parts: tuple[str, ...]) -> str:
    return ", ".join(parts) or NOT_KNOWN


def _yes_no(value: bool) -> str:
    return "Yes" if value else "No"
