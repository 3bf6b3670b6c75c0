from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import insert, make_url, text

from crate_consent.lookups.dummy import DummySource
from crate_consent.lookups.engine import make_source_engine, reading
from crate_consent.lookups.secret_map import SecretMap
from crate_consent.lookups.sources import NotFound, NotFoundReason
from crate_core import clinical_dummy, secret_map
from crate_core.database import make_engine
from crate_core.domain.patient import PatientSnapshot
from crate_core.errors import SettingsError, TemporaryError

N1, N2 = 9434765919, 9990001235
LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def url(mariadb_url: str) -> str:
    engine = make_engine(mariadb_url)
    clinical_dummy.metadata.create_all(engine)
    secret_map.metadata.create_all(engine)
    rows = [
        {"pid": "AB/12", "mpid": N1, "rid": "1e5", "mrid": "m1", "trid": 1},
        {"pid": "2", "mpid": N2, "rid": "Zebra", "mrid": "m2", "trid": 2},
    ]
    with engine.begin() as connection:
        connection.execute(insert(secret_map.secret_map), rows)
        connection.execute(
            insert(clinical_dummy.dummy_patient),
            [
                {"local_id": 1, "nhs_number": N1, "last_name": "Lovelace", "dead": True},
                {"local_id": 2, "nhs_number": N2, "last_name": "Twin", "dead": False},
                {"local_id": 3, "nhs_number": N2, "last_name": "Twin", "dead": False},
            ],
        )
    engine.dispose()
    return mariadb_url


@pytest.fixture
def lookup(url: str) -> Iterator[SecretMap]:
    lookup = SecretMap(url)
    yield lookup
    lookup.close()


def test_c11_nhs_numbers_of_ten_digits_are_read(lookup: SecretMap) -> None:
    assert lookup.nhs_number_for(rid="1e5") == N1
    assert lookup.nhs_number_for(mrid="m2") == N2


@pytest.mark.parametrize("rid", ["100000", "1", "zebra", "ZEBRA", "zzz", ""])
def test_c10_what_only_resembles_a_rid_leads_nowhere(lookup: SecretMap, rid: str) -> None:
    assert lookup.nhs_number_for(rid=rid) is None


def test_hexadecimal_rid_in_capitals_is_the_same_rid(lookup: SecretMap) -> None:
    assert lookup.nhs_number_for(rid="1E5") == N1


def test_c94_patients_are_found_once_or_not_at_all(url: str) -> None:
    source = DummySource("dummy", url, LONDON)
    found = source.find_patient(N1)
    assert isinstance(found, PatientSnapshot)
    assert found.dead is True
    assert source.find_patient(N2) == NotFound(N2, "dummy", NotFoundReason.DUPLICATE)
    assert source.find_patient(9990002460) == NotFound(9990002460, "dummy", NotFoundReason.ABSENT)
    source.close()


def test_server_that_is_away_is_a_temporary_error(url: str) -> None:
    away = make_url(url).set(host="127.0.0.1", port=1, query={})
    with pytest.raises(TemporaryError, match="the secret map"):
        SecretMap(away).nhs_number_for(rid="1e5")


def test_operators_see_which_source_is_away_and_when_it_is_back(url: str) -> None:
    away = make_url(url).set(host="127.0.0.1", port=1, query={})
    for name, use in (
        ("secret map", lambda url: SecretMap(url).nhs_number_for(rid="1e5")),
        ("clinical source main", lambda url: DummySource("main", url, LONDON).find_patient(N1)),
    ):
        with pytest.raises(TemporaryError):
            use(away)
        assert _is_up(name) == 0
        use(url)
        assert _is_up(name) == 1


def _is_up(database: str) -> float | None:
    return REGISTRY.get_sample_value("crate_database_up", {"database": database})


def test_server_without_the_tables_is_a_wrong_setting(mariadb_url: str) -> None:
    lookup = SecretMap(mariadb_url)
    with pytest.raises(SettingsError):
        lookup.nhs_number_for(rid="1e5")
    lookup.close()


def test_wrong_database_name_is_a_wrong_setting(url: str) -> None:
    lookup = SecretMap(make_url(url).set(database="no_such_database"))
    with pytest.raises(SettingsError):
        lookup.nhs_number_for(rid="1e5")
    lookup.close()


def test_a_connection_that_was_cut_is_replaced(url: str, lookup: SecretMap) -> None:
    assert lookup.nhs_number_for(rid="1e5") == N1
    with reading(lookup._engine, "the secret map") as connection:
        number = connection.scalar(text("SELECT connection_id()"))
    killer = make_source_engine(url)
    with reading(killer, "the server") as connection:
        connection.execute(text(f"KILL {number}"))
    killer.dispose()
    assert lookup.nhs_number_for(rid="1e5") == N1


def test_no_transaction_stays_open_on_the_source(lookup: SecretMap) -> None:
    lookup.nhs_number_for(rid="1e5")
    with reading(lookup._engine, "the secret map") as connection:
        assert connection.scalar(text("SELECT @@in_transaction")) == 0
