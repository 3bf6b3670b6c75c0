from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine, insert

from crate_consent.lookups.dummy import DummySource
from crate_consent.lookups.open_sources import open_lookups
from crate_consent.lookups.secret_map import SecretMap
from crate_consent.lookups.sources import NotFound, NotFoundReason
from crate_core import clinical_dummy, secret_map
from crate_core.domain.consent import NO_DATE, ConsentMode
from crate_core.domain.patient import PatientSnapshot
from crate_core.errors import PermanentError, SettingsError, TemporaryError
from crate_core.settings import Settings

N1 = 9434765919
LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/clinical.db"
    engine = create_engine(url)
    clinical_dummy.metadata.create_all(engine)
    secret_map.metadata.create_all(engine)
    engine.dispose()
    return url


@pytest.fixture
def add(url: str) -> Callable[..., None]:
    def add_row(table: Any, **values: Any) -> None:
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(insert(table).values(**values))
        engine.dispose()

    return add_row


@pytest.fixture
def source(url: str) -> DummySource:
    return DummySource("dummy", url, LONDON)


def test_patient_is_found_as_recorded(source: DummySource, add: Callable[..., None]) -> None:
    add(
        clinical_dummy.dummy_patient,
        local_id=7,
        nhs_number=N1,
        date_of_birth=date(1970, 2, 28),
        sex="F",
        last_name="Lovelace",
        address_6="ZZ1 1AA",
        gp_last_name="Gee",
        clinician_last_name="Sea",
        clinician_email="sea@trust.example.org",
        clinician_is_consultant=True,
    )
    found = source.find_patient(N1)
    assert isinstance(found, PatientSnapshot)
    assert found.patient_found
    assert found.gp_found
    assert found.clinician_found
    assert (found.local_id, found.date_of_birth, found.discharged) == (7, date(1970, 2, 28), None)
    assert found.address.lines[5] == "ZZ1 1AA"
    assert found.clinician.is_consultant
    assert PatientSnapshot.from_dict(found.to_dict()) == found


def test_gp_and_clinician_without_name_are_not_found(
    source: DummySource, add: Callable[..., None]
) -> None:
    add(clinical_dummy.dummy_patient, local_id=7, nhs_number=N1)
    found = source.find_patient(N1)
    assert isinstance(found, PatientSnapshot)
    assert not found.gp_found
    assert not found.clinician_found


def test_c12_absent_patient_is_not_found(source: DummySource) -> None:
    assert source.find_patient(N1) == NotFound(N1, "dummy", NotFoundReason.ABSENT)


def test_c94_two_patients_with_one_number_are_not_found_and_no_data_is_kept(
    source: DummySource, add: Callable[..., None]
) -> None:
    for local_id in (1, 2):
        add(clinical_dummy.dummy_patient, local_id=local_id, nhs_number=N1, last_name="Twin")
    found = source.find_patient(N1)
    assert found == NotFound(N1, "dummy", NotFoundReason.DUPLICATE)
    assert isinstance(found, NotFound)
    assert found.snapshot == PatientSnapshot(nhs_number=N1, source="dummy")


def test_c80_record_without_choices_gives_no_information(source: DummySource) -> None:
    assert source.find_consent(N1) == ()


@pytest.mark.parametrize(
    ("columns", "decided_at"),
    [
        ({"decided_on": date(2026, 7, 1)}, datetime(2026, 6, 30, 23, 0, tzinfo=UTC)),
        ({"decided_at": datetime(2026, 1, 2, 9, 30)}, datetime(2026, 1, 2, 9, 30, tzinfo=UTC)),  # noqa: DTZ001
    ],
)
def test_c78_plain_dates_and_times_without_zone_are_local_times(
    source: DummySource, add: Callable[..., None], columns: dict[str, Any], decided_at: datetime
) -> None:
    add(clinical_dummy.dummy_consent, id=1, nhs_number=N1, consent_mode="GREEN", **columns)
    (record,) = source.find_consent(N1)
    assert (record.mode, record.decided_at) == (ConsentMode.GREEN, decided_at)
    assert record.source == "dummy"
    assert record.decision.is_valid


def test_c77_newest_choice_of_the_record_counts(
    source: DummySource, add: Callable[..., None]
) -> None:
    for row, (mode, day) in enumerate([("green", 5), ("red", 9), ("yellow", 7)]):
        add(
            clinical_dummy.dummy_consent,
            id=row,
            nhs_number=N1,
            consent_mode=mode,
            decided_on=date(2026, 3, day),
        )
    (record,) = source.find_consent(N1)
    assert record.mode is ConsentMode.RED


def test_c79_opt_out_without_colour_is_kept(source: DummySource, add: Callable[..., None]) -> None:
    add(
        clinical_dummy.dummy_consent,
        id=1,
        nhs_number=N1,
        exclude_entirely=True,
        decided_on=date(2026, 3, 1),
    )
    (record,) = source.find_consent(N1)
    assert record.exclude_entirely
    assert record.mode is ConsentMode.UNKNOWN


def test_c79_opt_out_counts_beside_a_colour_that_is_none_and_without_a_date(
    source: DummySource, add: Callable[..., None]
) -> None:
    add(
        clinical_dummy.dummy_consent,
        id=1,
        nhs_number=N1,
        consent_mode="purple",
        exclude_entirely=True,
    )
    (record,) = source.find_consent(N1)
    assert record.exclude_entirely
    assert (record.mode, record.decided_at) == (ConsentMode.UNKNOWN, NO_DATE)


@pytest.mark.parametrize("colour", ["purple", "", None])
def test_row_without_a_known_colour_or_opt_out_is_no_information(
    source: DummySource, add: Callable[..., None], colour: str | None
) -> None:
    add(
        clinical_dummy.dummy_consent,
        id=1,
        nhs_number=N1,
        consent_mode=colour,
        decided_on=date(2026, 3, 1),
    )
    assert source.find_consent(N1) == ()


def test_c11_rid_and_mrid_lead_to_the_nhs_number(url: str, add: Callable[..., None]) -> None:
    add(secret_map.secret_map, pid="AB/12", mpid=N1, rid="1e5", mrid="m1", trid=1)
    lookup = SecretMap(url)
    assert lookup.nhs_number_for(rid="1e5") == N1
    assert lookup.nhs_number_for(mrid="m1") == N1
    assert lookup.nhs_number_for(mrid="1e5") is None


@pytest.mark.parametrize("rid", ["zzz", "", "100000", "' OR 1=1 --", "x" * 500, "1e5 "])
def test_c10_unknown_rid_leads_nowhere(url: str, add: Callable[..., None], rid: str) -> None:
    add(secret_map.secret_map, pid="1", mpid=N1, rid="1e5", mrid="m1", trid=1)
    assert SecretMap(url).nhs_number_for(rid=rid) is None


def test_patient_without_nhs_number_leads_nowhere(url: str, add: Callable[..., None]) -> None:
    add(secret_map.secret_map, pid="1", mpid=None, rid="r1", mrid=None, trid=1)
    assert SecretMap(url).nhs_number_for(rid="r1") is None


def test_mrid_with_two_nhs_numbers_needs_a_person(url: str, add: Callable[..., None]) -> None:
    add(secret_map.secret_map, pid="1", mpid=N1, rid="r1", mrid="m1", trid=1)
    add(secret_map.secret_map, pid="2", mpid=9990001235, rid="r2", mrid="m1", trid=2)
    with pytest.raises(PermanentError):
        SecretMap(url).nhs_number_for(mrid="m1")


def test_two_local_numbers_of_one_patient_are_one_patient(
    url: str, add: Callable[..., None]
) -> None:
    add(secret_map.secret_map, pid="1", mpid=N1, rid="r1", mrid="m1", trid=1)
    add(secret_map.secret_map, pid="2", mpid=N1, rid="r2", mrid="m1", trid=2)
    assert SecretMap(url).nhs_number_for(mrid="m1") == N1


def test_nhs_number_kept_as_text_is_read(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/map.db"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE secret_map (pid, mpid, rid, mrid, trid)")
        connection.exec_driver_sql(
            "INSERT INTO secret_map VALUES (1, '943 476 5919', 'r1', 'm1', 1), (2, 'n/a', 'r2', '', 2)"
        )
    engine.dispose()
    assert SecretMap(url).nhs_number_for(rid="r1") == N1
    with pytest.raises(PermanentError):
        SecretMap(url).nhs_number_for(rid="r2")


@pytest.mark.parametrize("ids", [{}, {"rid": "a", "mrid": "b"}])
def test_exactly_one_research_id_is_asked_for(url: str, ids: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="exactly one"):
        SecretMap(url).nhs_number_for(**ids)


def test_source_that_is_away_is_a_temporary_error(tmp_path: Path) -> None:
    away = f"sqlite:///{tmp_path}/no/such/folder/x.db"
    with pytest.raises(TemporaryError):
        SecretMap(away).nhs_number_for(rid="r1")
    with pytest.raises(TemporaryError):
        DummySource("dummy", away, LONDON).find_patient(N1)


def test_source_without_its_tables_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="the secret map"):
        SecretMap(f"sqlite:///{tmp_path}/empty.db").nhs_number_for(rid="r1")
    with pytest.raises(SettingsError, match="dummy"):
        DummySource("dummy", f"sqlite:///{tmp_path}/empty.db", LONDON).find_consent(N1)


def test_error_messages_name_no_patient(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        DummySource("dummy", f"sqlite:///{tmp_path}/empty.db", LONDON).find_patient(N1)
    assert str(N1) not in str(caught.value)
    assert caught.value.__cause__ is None


def _settings(**values: Any) -> Settings:
    return Settings.model_validate(values)


def _source(url: str) -> dict[str, str]:
    return {"name": "record", "url": url}


def test_settings_open_the_sources_they_name(url: str) -> None:
    lookups = open_lookups(_settings(clinical_sources=[_source(url)], secret_map_url=url))
    assert lookups.patients.name == "record"
    assert lookups.consents is None


def test_settings_may_name_a_source_of_choices(url: str) -> None:
    lookups = open_lookups(
        _settings(clinical_sources=[_source(url)], secret_map_url=url, consent_lookup="record")
    )
    assert lookups.consents is lookups.patients


@pytest.mark.parametrize("setting", ["clinical_lookup", "consent_lookup"])
def test_settings_that_name_an_unknown_source_are_refused(url: str, setting: str) -> None:
    settings = _settings(clinical_sources=[_source(url)], secret_map_url=url, **{setting: "other"})
    with pytest.raises(SettingsError, match="CRATE_"):
        open_lookups(settings)


def test_settings_without_source_or_map_are_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="CLINICAL_SOURCES"):
        open_lookups(_settings(secret_map_url=url))
    with pytest.raises(SettingsError, match="SECRET_MAP_URL"):
        open_lookups(_settings(clinical_sources=[_source(url)]))
