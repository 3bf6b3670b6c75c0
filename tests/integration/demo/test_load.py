from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, func, inspect, select, text

from crate_consent.lookups.dummy import DummySource
from crate_consent.lookups.secret_map import SecretMap
from crate_consent.lookups.sources import NotFound, NotFoundReason
from crate_core.database import Database, make_engine
from crate_core.domain.consent import ConsentMode
from crate_core.domain.patient import PatientSnapshot
from crate_core.errors import SettingsError
from crate_core.models import ConsentModeRow, Leaflet, Study, UserAccount
from crate_demo.kinds import Kind
from crate_demo.load import EUNOMIA_PEOPLE, Loaded, Targets, load_all, people_to_try
from crate_demo.people import Person
from tests.servers.site_database import create_schema, open_database

DAY = date(2026, 5, 3)
FEW = 120


@pytest.fixture
def new_url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Give URLs of empty databases, once on each engine."""
    server = request.getfixturevalue("mariadb_server") if backend == "mariadb" else None
    made: list[str] = []

    def make(name: str) -> str:
        url = server.create_database() if server else f"sqlite:///{tmp_path / name}.db"
        made.append(url)
        return str(url)

    if backend == "mssql":
        pytest.skip("the demonstration is for SQLite and MariaDB")
    yield make
    if server:
        for url in made:
            server.drop_database(url)


class Loader:
    """The databases of one test, and what was loaded."""

    def __init__(self, site: Database, new_url: Callable[[str], str]) -> None:
        self.urls = {name: new_url(name) for name in ("research", "secret", "clinical")}
        self.engines = {name: make_engine(url) for name, url in self.urls.items()}
        self.site = site
        self.people: Sequence[Person] = ()

    def load(self, patients: int | None = FEW, today: date = DAY) -> Loaded:
        targets = Targets(
            self.site, self.engines["research"], self.engines["secret"], self.engines["clinical"]
        )
        loaded = load_all(targets, patients, today)
        self.people = loaded.people
        return loaded

    def close(self) -> None:
        for engine in self.engines.values():
            engine.dispose()

    def rows(self, name: str, statement: str) -> list[tuple[Any, ...]]:
        with self.engines[name].connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        return {
            f"{name}.{table}": sorted(self.rows(name, f"SELECT * FROM {table}"), key=repr)
            for name, engine in self.engines.items()
            for table in inspect(engine).get_table_names()
        }


@pytest.fixture
def loader(database: Database, new_url: Callable[[str], str]) -> Iterator[Loader]:
    loader = Loader(database, new_url)
    yield loader
    loader.close()


@pytest.fixture
def sqlite_loader(sqlite_database: Database, tmp_path: Path) -> Iterator[Loader]:
    """The same on SQLite alone, for what does not depend on the engine."""
    loader = Loader(sqlite_database, lambda name: f"sqlite:///{tmp_path / name}.db")
    yield loader
    loader.close()


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loader]:
    """A load that tests only look at."""
    folder = tmp_path_factory.mktemp("demo")
    site = f"sqlite:///{folder}/site.db"
    create_schema(site)
    loader = Loader(open_database(site), lambda name: f"sqlite:///{folder / name}.db")
    loader.load(600)
    yield loader
    loader.site.dispose()
    loader.close()


def test_a_second_load_changes_nothing_even_on_another_day(loader: Loader) -> None:
    first = loader.load()
    before = loader.everything()
    second = loader.load(None, DAY + timedelta(days=400))
    assert first.filled == ("research", "secret map", "clinical", "site")
    assert second.filled == ()
    assert second.people == first.people
    assert loader.everything() == before


def test_another_number_of_patients_replaces_what_was_loaded(sqlite_loader: Loader) -> None:
    sqlite_loader.load()
    assert sqlite_loader.load(60).filled[:3] == ("research", "secret map", "clinical")
    assert sqlite_loader.rows("research", "SELECT count(*) FROM person") == [(60,)]
    assert sqlite_loader.rows("secret", "SELECT count(*) FROM secret_map") == [(60,)]


def test_a_load_that_was_cut_short_is_done_anew(loader: Loader) -> None:
    loader.load()
    before = loader.everything()
    with loader.engines["research"].begin() as connection:
        connection.execute(
            text("UPDATE cdm_source SET cdm_etl_reference = concat('loading ', cdm_etl_reference)")
            if connection.dialect.name != "sqlite"
            else text("UPDATE cdm_source SET cdm_etl_reference = 'loading ' || cdm_etl_reference")
        )
        connection.execute(text("DROP TABLE note"))
    assert loader.load().filled == ("research",)
    assert loader.everything() == before


def test_a_database_with_other_tables_is_left_alone(sqlite_loader: Loader) -> None:
    with sqlite_loader.engines["research"].begin() as connection:
        connection.execute(text("CREATE TABLE precious (a INT)"))
    with pytest.raises(SettingsError, match="not the demonstration's"):
        sqlite_loader.load()
    assert inspect(sqlite_loader.engines["research"]).get_table_names() == ["precious"]


def test_identities_and_research_records_are_linked_one_to_one(loaded: Loader) -> None:
    people = loaded.people
    research = loaded.rows("research", "SELECT rid, mrid, trid FROM person ORDER BY trid")
    secret = loaded.rows("secret", "SELECT rid, mrid, trid FROM secret_map ORDER BY trid")
    assert research == secret
    assert len(research) == 600
    numbers = {row[0] for row in loaded.rows("secret", "SELECT mpid FROM secret_map")}
    clinical = {row[0] for row in loaded.rows("clinical", "SELECT nhs_number FROM dummy_patient")}
    absent = {person.nhs_number for person in people if person.kind is Kind.NOT_IN_SOURCE}
    assert clinical == numbers - absent


def test_the_research_database_holds_nothing_that_identifies(loaded: Loader) -> None:
    people = loaded.people
    columns = {
        f"{table}.{column['name']}"
        for table in inspect(loaded.engines["research"]).get_table_names()
        for column in inspect(loaded.engines["research"]).get_columns(table)
    }
    names = {column.split(".")[1] for column in columns}
    assert not names & {
        "person_id",
        "birth_datetime",
        "day_of_birth",
        "month_of_birth",
        "person_source_value",
    }
    assert all(name == name.lower() for name in columns)
    assert "person.mrid" in columns
    assert sum(column.endswith(".mrid") for column in columns) == 1
    notes = " ".join(row[0] for row in loaded.rows("research", "SELECT note_text FROM note"))
    assert not any(str(person.nhs_number) in notes for person in people)
    assert not any(str(person.local_id) in notes for person in people)


def test_every_table_about_patients_has_research_ids(loaded: Loader) -> None:
    rids = {row[0] for row in loaded.rows("research", "SELECT rid FROM person")}
    for table in ("condition_occurrence", "drug_exposure", "measurement", "note", "death"):
        found = {row[0] for row in loaded.rows("research", f"SELECT DISTINCT rid FROM {table}")}
        assert found
        assert found <= rids


def test_nothing_in_the_research_database_lies_in_the_future(loaded: Loader) -> None:
    for table, column in (
        ("condition_occurrence", "condition_start_date"),
        ("drug_exposure", "drug_exposure_end_date"),
        ("note", "note_date"),
        ("death", "death_date"),
    ):
        ((latest,),) = loaded.rows("research", f"SELECT max({column}) FROM {table}")
        assert str(latest) <= str(DAY)


def test_children_have_records_of_their_own_time(loaded: Loader) -> None:
    people = loaded.people
    children = {person.rid: person for person in people if person.kind is Kind.UNDER_16}
    born = dict(loaded.rows("research", "SELECT rid, year_of_birth FROM person"))
    for rid, person in children.items():
        assert born[rid] == person.born_on.year
    starts = loaded.rows("research", "SELECT rid, condition_start_date FROM condition_occurrence")
    mine = [(rid, str(day)) for rid, day in starts if rid in children]
    assert mine
    assert all(day >= str(children[rid].born_on) for rid, day in mine)


@pytest.fixture
def found(loader: Loader) -> Iterator[Callable[[Kind], tuple[Person, Any, Any]]]:
    """Give what the look-ups of the consent service tell about a person of a kind."""
    chosen = people_to_try(loader.load().people)
    source = DummySource("dummy", loader.urls["clinical"], ZoneInfo("Europe/London"))
    secret_map = SecretMap(loader.urls["secret"])

    def look_up(kind: Kind) -> tuple[Person, Any, Any]:
        person = chosen[kind]
        number = secret_map.nhs_number_for(rid=person.rid)
        assert number == secret_map.nhs_number_for(mrid=person.mrid) == person.nhs_number
        return person, source.find_patient(number), source.find_consent(number)

    yield look_up
    source.close()
    secret_map.close()


def test_the_look_ups_of_consent_tell_people_of_all_kinds_apart(
    found: Callable[[Kind], tuple[Person, Any, Any]],
) -> None:
    person, patient, consent = found(Kind.GREEN)
    assert isinstance(patient, PatientSnapshot)
    assert (patient.last_name, patient.sex) == (person.contact.last_name, person.sex)
    assert patient.date_of_birth == person.born_on
    assert patient.local_id == person.local_id
    assert patient.clinician.email.endswith("example.org")
    assert patient.discharged is False
    assert consent == ()

    for kind, reason in (
        (Kind.NOT_IN_SOURCE, NotFoundReason.ABSENT),
        (Kind.DUPLICATE_NHS_NUMBER, NotFoundReason.DUPLICATE),
    ):
        person, patient, _ = found(kind)
        assert patient == NotFound(person.nhs_number, "dummy", reason)

    assert found(Kind.DEAD)[1].date_of_death is not None
    assert found(Kind.DEAD_WITHOUT_DATE)[1].date_of_death is None
    assert found(Kind.DEAD_WITHOUT_DATE)[1].is_dead
    assert found(Kind.UNDER_16)[1].is_under(16, DAY)
    assert found(Kind.BIRTH_UNKNOWN)[1].date_of_birth is None
    assert found(Kind.DISCHARGED_RECENTLY)[1].days_since_discharge(DAY) < 1095
    assert found(Kind.DISCHARGED_LONG_AGO)[1].days_since_discharge(DAY) > 1095
    assert found(Kind.DISCHARGED_WITHOUT_DATE)[1].days_since_discharge(DAY) is None
    assert found(Kind.DISCHARGED_WITHOUT_DATE)[1].discharged
    assert found(Kind.DISCHARGED_UNKNOWN)[1].discharged is None
    assert not found(Kind.NO_CLINICIAN)[1].clinician_found
    assert found(Kind.NO_CLINICIAN_EMAIL)[1].clinician_found
    assert found(Kind.NO_CLINICIAN_EMAIL)[1].clinician.email == ""
    assert found(Kind.BAD_CLINICIAN_EMAIL)[1].clinician.email == "bad"
    assert [record.mode for record in found(Kind.GREEN_IN_RECORD)[2]] == [ConsentMode.GREEN]
    assert [record.mode for record in found(Kind.RED_IN_RECORD)[2]] == [ConsentMode.RED]
    (opted_out,) = found(Kind.OPTED_OUT_IN_RECORD)[2]
    assert (opted_out.mode, opted_out.exclude_entirely) == (ConsentMode.UNKNOWN, True)


def test_the_site_has_its_people_studies_leaflets_and_choices(loaded: Loader) -> None:
    chosen = people_to_try(loaded.people)
    with loaded.site.read() as session:
        assert session.scalar(select(func.count()).select_from(UserAccount)) == 5
        studies = session.scalars(select(Study).order_by(Study.institutional_id)).all()
        assert [study.title[:2] for study in studies] == ["S1", "S2", "S3", "S4"]
        assert [study.form_document_id is not None for study in studies] == [False] * 3 + [True]
        assert all(study.details_document_id for study in studies)
        assert len(session.scalars(select(Leaflet)).all()) == 4

        def row(kind: Kind) -> ConsentModeRow | None:
            number = chosen[kind].nhs_number
            return session.scalar(
                select(ConsentModeRow).where(ConsentModeRow.current_nhs_number == number)
            )

        for kind, mode in (
            (Kind.GREEN, ConsentMode.GREEN),
            (Kind.YELLOW, ConsentMode.YELLOW),
            (Kind.RED, ConsentMode.RED),
        ):
            found = row(kind)
            assert found is not None
            assert found.record.mode is mode
            assert found.record.decision.is_valid
        assert row(Kind.UNKNOWN) is None
        opted_out = row(Kind.OPTED_OUT)
        assert opted_out is not None
        assert opted_out.exclude_entirely


def test_what_people_changed_on_the_site_survives_the_next_load(sqlite_loader: Loader) -> None:
    sqlite_loader.load()

    def rename(session: Any) -> None:
        session.scalar(select(Study).where(Study.institutional_id == 1)).title = "Renamed"

    sqlite_loader.site.write(rename)
    assert sqlite_loader.load().filled == ()
    with sqlite_loader.site.read() as session:
        assert session.scalar(select(Study.title).where(Study.institutional_id == 1)) == "Renamed"


def _count(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_all_of_eunomia_is_loaded(sqlite_loader: Loader) -> None:
    sqlite_loader.load(None)
    research = sqlite_loader.engines["research"]
    assert _count(research, "person") == EUNOMIA_PEOPLE
    assert _count(research, "measurement") > 40_000
    assert _count(research, "note") > 10_000
    assert _count(sqlite_loader.engines["secret"], "secret_map") == EUNOMIA_PEOPLE


def test_more_people_than_eunomia_has(sqlite_loader: Loader) -> None:
    sqlite_loader.load(EUNOMIA_PEOPLE + 100)
    assert _count(sqlite_loader.engines["research"], "person") == EUNOMIA_PEOPLE + 100
    ((total, unique),) = sqlite_loader.rows(
        "research", "SELECT count(*), count(DISTINCT drug_exposure_id) FROM drug_exposure"
    )
    assert total == unique
