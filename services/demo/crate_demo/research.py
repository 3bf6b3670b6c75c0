"""Loads Eunomia into a research database, without identities, and with notes."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
from sqlalchemy import Connection, Engine, MetaData, Table, inspect, update

from crate_core.errors import SettingsError
from crate_demo import research_tables as tables
from crate_demo.bulk import insert_rows
from crate_demo.kinds import Kind
from crate_demo.notes import History, write_notes
from crate_demo.people import Person
from crate_demo.research_tables import SourceColumn

_MARK = re.compile(
    r"(?P<loading>loading )?crate-demo seed (?P<seed>\d+) patients (?P<patients>\d+) day (?P<day>\S+)"
)


@dataclass(frozen=True)
class LoadMark:
    """What was loaded, kept in `cdm_source` so that a second load finds it."""

    seed: int
    patients: int
    as_of: date

    def __str__(self) -> str:
        """Return the text that `read_mark` reads."""
        return f"crate-demo seed {self.seed} patients {self.patients} day {self.as_of}"


def read_mark(engine: Engine) -> LoadMark | None:
    """Return what an earlier load left; None if there was none, or it was cut short.

    Raises:
        SettingsError: the database holds tables that are not the demonstration's.
    """
    names = inspect(engine).get_table_names()
    if not names:
        return None
    found = None
    if "cdm_source" in names:
        with engine.connect() as connection:
            row = connection.exec_driver_sql("SELECT cdm_etl_reference FROM cdm_source").first()
        found = _MARK.fullmatch(row[0]) if row and row[0] else None
    if found is None:
        message = (
            "the research database holds tables that are not the demonstration's; "
            "name an empty database"
        )
        raise SettingsError(message)
    if found["loading"]:
        return None
    return LoadMark(int(found["seed"]), int(found["patients"]), date.fromisoformat(found["day"]))


def load_research(
    engine: Engine, eunomia: duckdb.DuckDBPyConnection, people: Sequence[Person], mark: LoadMark
) -> int:
    """Fill the research database anew; what an earlier load left is dropped.

    Returns:
        How many rows were written.
    """
    _register_people(eunomia, people, mark.as_of)
    with engine.begin() as connection:
        _drop_all(connection)
        source = _write_source(connection, eunomia, mark)
        metadata = source.metadata
        rows = sum(
            _copy(connection, eunomia, table, select)
            for table, select in _planned(metadata, eunomia)
        )
        rows += _write_own(connection, eunomia, metadata, people, mark)
        connection.execute(update(source).values(cdm_etl_reference=str(mark)))
    return rows


def _drop_all(connection: Connection) -> None:
    old = MetaData()
    old.reflect(connection)
    old.drop_all(connection)


def _write_source(
    connection: Connection, eunomia: duckdb.DuckDBPyConnection, mark: LoadMark
) -> Table:
    """Write `cdm_source` first, marked as loading: servers commit each CREATE TABLE."""
    columns = tables.kept_columns(eunomia, "cdm_source")
    source = tables.vocabulary_table(MetaData(), "cdm_source", columns)
    source.create(connection)
    select = f"SELECT {', '.join(_value(column) for column in columns)} FROM eunomia.cdm_source x"
    insert_rows(connection, source, eunomia.execute(select).fetchall())
    connection.execute(update(source).values(cdm_etl_reference=f"loading {mark}"))
    return source


def _register_people(
    eunomia: duckdb.DuckDBPyConnection, people: Sequence[Person], as_of: date
) -> None:
    """Give DuckDB the link from Eunomia's people to research IDs, for the copying."""
    eunomia.execute(
        """
        CREATE OR REPLACE TABLE people AS
        SELECT unnest($1) AS source_id, unnest($2) AS rid, unnest($3) AS trid,
               unnest($4) AS mrid, unnest($5) AS shift, unnest($6) AS birth_known,
               CAST($7 AS DATE) AS as_of
        """,
        [
            [person.source_id for person in people],
            [person.rid for person in people],
            [person.trid for person in people],
            [person.mrid for person in people],
            [person.years_shifted for person in people],
            [person.kind is not Kind.BIRTH_UNKNOWN for person in people],
            as_of,
        ],
    )


def _value(column: SourceColumn, *, moved: bool = False) -> str:
    if not column.is_date:
        return f"x.{column.name}"
    if not moved:
        return f"CAST(x.{column.name} AS VARCHAR)"
    return (
        f"CASE WHEN x.{column.name} IS NULL THEN NULL ELSE "
        f"CAST(least(CAST(x.{column.name} + to_years(p.shift) AS DATE), p.as_of) AS VARCHAR) END"
    )


def _planned(metadata: MetaData, eunomia: duckdb.DuckDBPyConnection) -> Iterator[tuple[Table, str]]:
    for name in tables.VOCABULARY_TABLES:
        columns = tables.kept_columns(eunomia, name)
        values = ", ".join(_value(column) for column in columns)
        table = tables.vocabulary_table(metadata, name, columns)
        yield table, f"SELECT {values} FROM eunomia.{name} x ORDER BY ALL"
    columns = tables.kept_columns(eunomia, "person")
    yield tables.person_table(metadata, columns), _select_person(columns)
    for name in tables.PATIENT_TABLES:
        columns = tables.kept_columns(eunomia, name)
        yield tables.patient_table(metadata, name, columns), _select_events(name, columns)


def _select_person(columns: Sequence[SourceColumn]) -> str:
    born = "CASE WHEN p.birth_known THEN x.year_of_birth + p.shift END"
    values = ", ".join(
        born if column.name == "year_of_birth" else _value(column) for column in columns
    )
    return (
        f"SELECT p.rid, p.trid, p.mrid, {values} FROM eunomia.person x "
        "JOIN people p ON p.source_id = x.person_id ORDER BY p.trid"
    )


def _select_events(name: str, columns: Sequence[SourceColumn]) -> str:
    # Eunomia's own numbers repeat in two tables, and copies of people would repeat them all.
    order = ", ".join(f"x.{column.name}" for column in columns)
    values = ", ".join(_value(column, moved=True) for column in columns[1:])
    start = next(column.name for column in columns if column.is_date)
    return (
        f"SELECT row_number() OVER (ORDER BY p.trid, {order}), p.rid, p.trid, {values} "
        f"FROM eunomia.{name} x JOIN people p ON p.source_id = x.person_id "
        f"WHERE x.{start} + to_years(p.shift) <= p.as_of ORDER BY 1"
    )


def _fetch(eunomia: duckdb.DuckDBPyConnection, select: str) -> Iterator[tuple[Any, ...]]:
    found = eunomia.cursor().execute(select)
    while rows := found.fetchmany(20_000):
        yield from rows


def _copy(
    connection: Connection, eunomia: duckdb.DuckDBPyConnection, table: Table, select: str
) -> int:
    table.create(connection)
    return insert_rows(connection, table, _fetch(eunomia, select))


def _write_own(
    connection: Connection,
    eunomia: duckdb.DuckDBPyConnection,
    metadata: MetaData,
    people: Sequence[Person],
    mark: LoadMark,
) -> int:
    """Write deaths and notes, which Eunomia has none of."""
    death, note = tables.death_table(metadata), tables.note_table(metadata)
    death.create(connection)
    note.create(connection)
    deaths = [
        (person.rid, person.trid, person.died_on.isoformat())
        for person in people
        if person.died_on is not None
    ]
    notes = (
        (number, text.rid, text.trid, text.written_on.isoformat(), text.title, text.text)
        for number, text in enumerate(
            write_notes(people, _read_histories(eunomia), mark.seed, mark.as_of), start=1
        )
    )
    return insert_rows(connection, death, deaths) + insert_rows(connection, note, notes)


def _read_histories(eunomia: duckdb.DuckDBPyConnection) -> dict[int, History]:
    """Return what Eunomia records of each person, with concepts by name, in order of time."""
    histories: dict[int, History] = {}
    for kind, table, concept, day in (
        ("condition", "condition_occurrence", "condition_concept_id", "condition_start_date"),
        ("drug", "drug_exposure", "drug_concept_id", "drug_exposure_start_date"),
        ("procedure", "procedure_occurrence", "procedure_concept_id", "procedure_date"),
    ):
        select = (
            f"SELECT DISTINCT x.person_id, x.{day}, c.concept_name FROM eunomia.{table} x "
            f"JOIN eunomia.concept c ON c.concept_id = x.{concept} "
            "WHERE x.person_id IN (SELECT source_id FROM people) ORDER BY ALL"
        )
        for person_id, happened_on, name in _fetch(eunomia, select):
            history = histories.setdefault(person_id, History())
            history.add(kind, happened_on, name)
    return histories
