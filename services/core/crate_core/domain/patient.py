"""A patient as the clinical record shows them at one moment, with what letters and rules derive from it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any, Self

from crate_core.domain.people import Address, Clinician, Gp, full_name, salutation

ADULT_AGE = 16


@dataclass(frozen=True, slots=True)
class PatientSnapshot:
    """One look-up of one patient. `discharged` is None when the source does not know.

    `sex` is M, F, X (indeterminate), ? (unknown) or "". The local ID is the record system's own number
    with its name, such as "RiO number". A snapshot with `patient_found` false holds nothing else.
    """

    nhs_number: int
    source: str = ""
    patient_found: bool = False
    gp_found: bool = False
    clinician_found: bool = False
    local_id_description: str = ""
    local_id: int | None = None
    date_of_birth: date | None = None
    date_of_death: date | None = None
    dead: bool = False
    discharged: bool | None = None
    discharge_date: date | None = None
    sex: str = ""
    title: str = ""
    first_name: str = ""
    last_name: str = ""
    address: Address = field(default_factory=Address)
    telephone: str = ""
    email: str = ""
    gp: Gp = field(default_factory=Gp)
    clinician: Clinician = field(default_factory=Clinician)

    @property
    def is_dead(self) -> bool:
        """Marked as dead, or has a date of death (C14)."""
        return self.dead or self.date_of_death is not None

    @property
    def full_name(self) -> str:
        """Title, first and last name."""
        return full_name(self.title, self.first_name, self.last_name)

    @property
    def salutation(self) -> str:
        """How a letter greets the patient, without "Dear" (C140)."""
        return salutation(self.title, self.first_name, self.last_name, sex=self.sex)

    def age_on(self, day: date) -> int | None:
        """Return whole years of age; None without a date of birth (C17)."""
        born = self.date_of_birth
        if born is None:
            return None
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))

    def is_under(self, age: int, day: date) -> bool:
        """Say whether the patient is younger than `age` years; false when the age is unknown."""
        actual = self.age_on(day)
        return actual is not None and actual < age

    def days_since_discharge(self, day: date) -> int | None:
        """Return days from discharge to `day`; None unless known to be discharged on a known date."""
        if not self.discharged or self.discharge_date is None:
            return None
        return (day - self.discharge_date).days

    def with_clinician_of(self, earlier: "PatientSnapshot") -> "PatientSnapshot":
        """Return the patient of this look-up beside the clinician of an earlier one, who was asked."""
        return replace(self, clinician=earlier.clinician, clinician_found=earlier.clinician_found)

    def to_dict(self) -> dict[str, Any]:
        """Return the snapshot as JSON values; `from_dict` reads it back."""
        values = asdict(self)
        for name in _DATES:
            values[name] = values[name].isoformat() if values[name] else None
        for part in (values, values["gp"], values["clinician"]):
            part["address"] = list(part["address"]["lines"])
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the snapshot that `to_dict` wrote.

        Raises:
            TypeError: an unknown or missing field.
            ValueError: a date or an address that is none.
        """
        dates = {
            name: date.fromisoformat(values[name]) if values[name] else None for name in _DATES
        }
        parts = {
            "address": Address(tuple(values["address"])),
            "gp": Gp(**{**values["gp"], "address": Address(tuple(values["gp"]["address"]))}),
            "clinician": Clinician(
                **{**values["clinician"], "address": Address(tuple(values["clinician"]["address"]))}
            ),
        }
        return cls(**{**values, **dates, **parts})


_DATES = ("date_of_birth", "date_of_death", "discharge_date")
