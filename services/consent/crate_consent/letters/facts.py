"""What a letter needs to know, one class a kind of letter."""

from dataclasses import dataclass
from datetime import date

from crate_core.domain.consent import ConsentMode, ConsentRecord
from crate_core.domain.contact import Involvement
from crate_core.domain.patient import PatientSnapshot


@dataclass(frozen=True, slots=True)
class Recipient:
    """A lead researcher, as letters address them; `salutation` is what follows "Dear"."""

    name: str
    salutation: str
    address: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sender:
    """The clinician who writes to the patient.

    Without an address, letters show that of the research database manager with "c/o" (C141).
    """

    name: str
    title: str = ""
    address: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LetterStudy:
    """The study: the trust's own number, the title, and who leads it."""

    number: int
    title: str
    lead: Recipient


@dataclass(frozen=True, slots=True)
class ApprovalFacts:
    """A patient may be contacted.

    `asked`: the patient said yes to this study, on the day `permitted_on`; otherwise the permission is
    their standing GREEN choice, used on that day.
    """

    study: LetterStudy
    patient: PatientSnapshot
    request_code: str
    prefers_email: bool
    permitted_on: date
    asked: bool


@dataclass(frozen=True, slots=True)
class WithdrawalFacts:
    """A permission of the day `permitted_on` has ended."""

    study: LetterStudy
    patient: PatientSnapshot
    request_code: str
    permitted_on: date


@dataclass(frozen=True, slots=True)
class PackFacts:
    """What a clinician, or the manager on their behalf, sends to a patient.

    Attributes:
        study: The study.
        patient: The patient.
        request_code: Printed on the forms, by which replies are found.
        involvement: Why a clinician writes.
        consent_mode: The patient's general choice; while unknown, the pack asks for it (C58).
        sender: The clinician.
        own_patient: The clinician asked by themselves, nobody asked them.
        sent_by_manager: Answer R: the manager posts it on the clinician's behalf.
        details_pdf: The study's information sheet, None if there is none.
        extra_form_pdf: The researchers' form; only where `extra_form_applies` (C59).
        leaflet_pdf: The leaflet on taking part in research, None if it is absent (C60).
    """

    study: LetterStudy
    patient: PatientSnapshot
    request_code: str
    involvement: Involvement
    consent_mode: ConsentMode
    sender: Sender
    own_patient: bool
    sent_by_manager: bool
    details_pdf: bytes | None
    extra_form_pdf: bytes | None
    leaflet_pdf: bytes | None


@dataclass(frozen=True, slots=True)
class ConfirmationFacts:
    """A general choice was entered for a patient."""

    patient: PatientSnapshot
    record: ConsentRecord
