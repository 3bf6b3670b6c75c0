"""What mails need to know; approval and withdrawal share the facts of their letters."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from crate_core.domain.contact import Answer
from crate_core.domain.patient import PatientSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class MailStudy:
    """A study as clinicians are told of it; `summary` is plain text, a paragraph a line."""

    number: int
    title: str
    lead_researcher: str
    summary: str
    include_lack_capacity: bool
    include_discharged: bool
    clinical_trial: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicianRequestFacts:
    """A clinician is asked about one patient and one study.

    Attributes:
        study: The study.
        patient: The patient, as looked up for this request.
        request_code: What people call the request.
        greeting: How the clinician is greeted, as after "Dear".
        reassigned: The manager asks this clinician instead of the one whom the record names.
        token: The secret of the link; it stands nowhere but in the body (C41).
        extra_form: The clinician has to fill in the researchers' form, so nobody can act for them (C49).
        consent_after_discharge: The patient may be contacted however long ago they were discharged.
        discharge_limit_days: Patients discharged longer ago are not contacted; None: no limit.
        written_at: When the mail is made.
        expires_at: When the link stops working.
        donation: What an answer brings to charity; 0: nothing is said of it.
    """

    study: MailStudy
    patient: PatientSnapshot
    request_code: str
    greeting: str
    reassigned: bool
    token: str
    extra_form: bool
    consent_after_discharge: bool
    discharge_limit_days: int | None
    written_at: datetime
    expires_at: datetime
    donation: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredFacts:
    """A clinician answered; their reason, free text that may tell who the patient is, stays on the site."""

    request_code: str
    study_number: int
    answer: Answer
    donation: Decimal
    stopped: bool = False
    """The patient may not be contacted any more, whatever the clinician said."""
