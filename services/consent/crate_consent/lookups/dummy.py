"""The dummy clinical source: invented people, for demonstrations and tests."""

from datetime import tzinfo
from typing import Any

from sqlalchemy import Engine, RowMapping, bindparam, select
from sqlalchemy.engine import URL

from crate_consent.lookups.engine import make_source_engine, reading
from crate_consent.lookups.sources import NotFound, NotFoundReason
from crate_core.clinical_dummy import dummy_consent, dummy_patient
from crate_core.clock import utcnow
from crate_core.domain.consent import (
    NO_DATE,
    ConsentMode,
    ConsentRecord,
    Decision,
    as_decided_at,
    said_last,
)
from crate_core.domain.patient import PatientSnapshot
from crate_core.domain.people import ADDRESS_LINES, Address, Clinician, Gp

# Two rows are enough to know that the number is not one patient's alone.
_PATIENT = select(dummy_patient).where(dummy_patient.c.nhs_number == bindparam("patient")).limit(2)
_CONSENTS = select(dummy_consent).where(dummy_consent.c.nhs_number == bindparam("patient"))


class DummySource:
    """A clinical source with the tables of `crate_core.clinical_dummy`."""

    def __init__(self, name: str, url: str | URL, zone: tzinfo) -> None:
        """Prepare to read the source; nothing is connected before the first look-up.

        Args:
            name: what the settings call it.
            url: SQLAlchemy URL.
            zone: the site's time zone, in which the record writes its times.
        """
        self.name = name
        self._zone = zone
        self._engine: Engine = make_source_engine(url)

    def find_patient(self, nhs_number: int) -> PatientSnapshot | NotFound:
        """See `ClinicalSource.find_patient`. GP and clinician count as found if they have a name."""
        with reading(self._engine, f"the clinical source {self.name}") as connection:
            rows = connection.execute(_PATIENT, {"patient": nhs_number}).mappings().all()
        if not rows:
            return NotFound(nhs_number, self.name, NotFoundReason.ABSENT)
        if len(rows) > 1:
            return NotFound(nhs_number, self.name, NotFoundReason.DUPLICATE)
        return _snapshot(rows[0], self.name)

    def find_consent(self, nhs_number: int) -> tuple[ConsentRecord, ...]:
        """See `ClinicalSource.find_consent`.

        A colour that is none is no information (spec 3.4), but an opt-out beside it counts (C79).
        """
        with reading(self._engine, f"the clinical source {self.name}") as connection:
            rows = connection.execute(_CONSENTS, {"patient": nhs_number}).mappings().all()
        records = (self._consent(row) for row in rows)
        return said_last((record for record in records if record is not None), utcnow())

    def close(self) -> None:
        """Close its connections."""
        self._engine.dispose()

    def _consent(self, row: RowMapping) -> ConsentRecord | None:
        colour = (row["consent_mode"] or "").strip().lower()
        has_colour = colour in {"red", "yellow", "green"}
        if not has_colour and not row["exclude_entirely"]:
            return None
        decided = row["decided_at"] or row["decided_on"]
        return ConsentRecord(
            mode=ConsentMode(colour) if has_colour else ConsentMode.UNKNOWN,
            decided_at=as_decided_at(decided, self._zone) if decided else NO_DATE,
            source=self.name,
            exclude_entirely=row["exclude_entirely"],
            prefers_email=row["prefers_email"],
            decision=Decision(patient_authorised=True),
        )


def _address(row: RowMapping, prefix: str) -> Address:
    return Address(tuple(row[f"{prefix}address_{line}"] for line in range(1, ADDRESS_LINES + 1)))


def _reach(row: RowMapping, prefix: str) -> dict[str, Any]:
    fields = ("title", "first_name", "last_name", "telephone", "email")
    values: dict[str, Any] = {field: row[f"{prefix}{field}"] for field in fields}
    return {**values, "address": _address(row, prefix)}


def _snapshot(row: RowMapping, source: str) -> PatientSnapshot:
    return PatientSnapshot(
        nhs_number=row["nhs_number"],
        source=source,
        patient_found=True,
        gp_found=bool(row["gp_last_name"]),
        clinician_found=bool(row["clinician_last_name"]),
        local_id_description="Hospital number",
        local_id=row["local_id"],
        date_of_birth=row["date_of_birth"],
        date_of_death=row["date_of_death"],
        dead=row["dead"],
        discharged=row["discharged"],
        discharge_date=row["discharged_on"],
        sex=row["sex"],
        gp=Gp(**_reach(row, "gp_")),
        clinician=Clinician(
            **_reach(row, "clinician_"),
            is_consultant=row["clinician_is_consultant"],
            signatory_title=row["clinician_signatory_title"],
        ),
        **_reach(row, ""),
    )
