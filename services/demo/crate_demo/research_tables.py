"""Tables of the de-identified research database: OMOP, with research IDs for `person_id`."""

from dataclasses import dataclass
from typing import Any

import duckdb
from sqlalchemy import BigInteger, Column, Date, Float, Index, MetaData, String, Table, Text
from sqlalchemy.types import TypeEngine

PATIENT_TABLES = (
    "condition_era",
    "condition_occurrence",
    "drug_era",
    "drug_exposure",
    "measurement",
    "observation",
    "observation_period",
    "procedure_occurrence",
    "visit_occurrence",
)
VOCABULARY_TABLES = (
    "concept",
    "concept_ancestor",
    "concept_relationship",
    "concept_synonym",
    "domain",
    "relationship",
    "vocabulary",
)

# What could tell who somebody is: the day of birth, and numbers of the source's own systems.
_IDENTIFYING = {
    "person_id",
    "birth_datetime",
    "day_of_birth",
    "month_of_birth",
    "person_source_value",
    "visit_source_value",
}
# Eunomia gives each moment twice, as a date and as the same date again.
_REPEATED = ("_datetime", "measurement_time")
_NUMBERS = {"value_as_number", "range_low", "range_high"}
_RID_LENGTH = 64


@dataclass(frozen=True)
class SourceColumn:
    """A column of Eunomia that the research database keeps."""

    name: str
    is_date: bool
    is_text: bool


def kept_columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[SourceColumn]:
    """Return the columns of a table of Eunomia that are kept, in their order."""
    described = connection.execute(f"DESCRIBE eunomia.{table}").fetchall()
    return [
        SourceColumn(name, is_date=kind == "DATE", is_text=kind == "VARCHAR")
        for name, kind in ((row[0].lower(), row[1]) for row in described)
        if name not in _IDENTIFYING and not name.endswith(_REPEATED)
    ]


def _column_type(column: SourceColumn) -> TypeEngine[Any]:
    if column.name in _NUMBERS:
        return Float()
    if column.is_date:
        return Date()
    return String(400) if column.is_text else BigInteger()


def _research_ids() -> list[Column[Any]]:
    return [
        Column("rid", String(_RID_LENGTH), nullable=False, index=True),
        Column("trid", BigInteger, nullable=False, index=True),
    ]


def _plain(columns: list[SourceColumn]) -> list[Column[Any]]:
    return [Column(column.name, _column_type(column)) for column in columns]


def vocabulary_table(metadata: MetaData, name: str, columns: list[SourceColumn]) -> Table:
    """Define a table without patients."""
    table = Table(name, metadata, *_plain(columns))
    if name == "concept":
        Index("ix_concept_concept_id", table.c.concept_id, unique=True)
    return table


def patient_table(metadata: MetaData, name: str, columns: list[SourceColumn]) -> Table:
    """Define a table of what happened to patients: its own number, RID, TRID, the rest."""
    own = Column(columns[0].name, BigInteger, primary_key=True, autoincrement=False)
    return Table(name, metadata, own, *_research_ids(), *_plain(columns[1:]))


def person_table(metadata: MetaData, columns: list[SourceColumn]) -> Table:
    """Define the one table that has the MRID, which links research databases."""
    return Table(
        "person",
        metadata,
        Column("rid", String(_RID_LENGTH), primary_key=True),
        Column("trid", BigInteger, nullable=False, unique=True),
        Column("mrid", String(_RID_LENGTH), nullable=False, unique=True),
        *_plain(columns),
    )


def death_table(metadata: MetaData) -> Table:
    """Define the table of deaths, which Eunomia has empty."""
    return Table("death", metadata, *_research_ids(), Column("death_date", Date, nullable=False))


def note_table(metadata: MetaData) -> Table:
    """Define the table of free-text notes, which Eunomia has empty."""
    return Table(
        "note",
        metadata,
        Column("note_id", BigInteger, primary_key=True, autoincrement=False),
        *_research_ids(),
        Column("note_date", Date, nullable=False),
        Column("note_title", String(100), nullable=False),
        Column("note_text", Text, nullable=False),
    )
