"""What every clinical source can tell, whatever its tables look like (consent spec 3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from crate_core.domain.consent import ConsentRecord
from crate_core.domain.patient import PatientSnapshot


class NotFoundReason(StrEnum):
    """Why a source has no patient to show."""

    ABSENT = "absent"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class NotFound:
    """No patient was found; nothing about anybody is kept (C12, C94)."""

    nhs_number: int
    source: str
    reason: NotFoundReason

    @property
    def snapshot(self) -> PatientSnapshot:
        """The look-up as a snapshot that holds nothing but "not found"."""
        return PatientSnapshot(nhs_number=self.nhs_number, source=self.source)


class ClinicalSource(Protocol):
    """A copy of a clinical record. A new kind of record is one module that has these methods."""

    @property
    def name(self) -> str:
        """The name that the settings give this source."""

    def find_patient(self, nhs_number: int) -> PatientSnapshot | NotFound:
        """Return the patient with this NHS number as the record shows them now.

        Raises:
            TemporaryError: the source does not answer.
            SettingsError: the source is not of the kind that the settings say.
        """

    def find_consent(self, nhs_number: int) -> Sequence[ConsentRecord]:
        """Return what the record says last (`said_last`); nothing where it has no information (C80).

        Raises:
            TemporaryError: the source does not answer.
            SettingsError: the source is not of the kind that the settings say.
        """
