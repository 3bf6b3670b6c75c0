"""Tables of the dummy clinical source: invented people for demonstrations and tests.

The consent service reads them as it reads a real source; the demonstration data fill them.
"""

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, MetaData, String, Table
from sqlalchemy.sql.schema import SchemaItem

metadata = MetaData()


def _contact_columns(prefix: str) -> list[SchemaItem]:
    return [
        Column(f"{prefix}title", String(20), nullable=False, default=""),
        Column(f"{prefix}first_name", String(100), nullable=False, default=""),
        Column(f"{prefix}last_name", String(100), nullable=False, default=""),
        *(
            Column(f"{prefix}address_{line}", String(100), nullable=False, default="")
            for line in range(1, 8)
        ),
        Column(f"{prefix}telephone", String(20), nullable=False, default=""),
        Column(f"{prefix}email", String(254), nullable=False, default=""),
    ]


dummy_patient = Table(
    "dummy_patient",
    metadata,
    Column("local_id", BigInteger, primary_key=True, autoincrement=False),
    # Not unique: real sources hold two patients with one number, and so does this (C94).
    Column("nhs_number", BigInteger, nullable=False, index=True),
    Column("date_of_birth", Date),
    Column("date_of_death", Date),
    Column("dead", Boolean, nullable=False, default=False),
    Column("discharged", Boolean),
    Column("discharged_on", Date),
    Column("sex", String(1), nullable=False, default=""),
    *_contact_columns(""),
    *_contact_columns("gp_"),
    *_contact_columns("clinician_"),
    Column("clinician_is_consultant", Boolean, nullable=False, default=False),
    Column("clinician_signatory_title", String(100), nullable=False, default=""),
)
"""One row a patient (consent spec 1.4). Empty text means "not recorded"."""

dummy_consent = Table(
    "dummy_consent",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("nhs_number", BigInteger, nullable=False, index=True),
    Column("consent_mode", String(10)),
    Column("exclude_entirely", Boolean, nullable=False, default=False),
    Column("prefers_email", Boolean, nullable=False, default=False),
    Column("decided_on", Date),
    Column("decided_at", DateTime),
)
"""Choices as the record holds them: a plain date, or a local time without a zone (C78)."""
