import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crate_core.domain.patient import PatientSnapshot
from crate_core.domain.people import Address, Clinician, Gp

ADDRESSES = st.lists(st.text(max_size=20), max_size=7).map(lambda lines: Address(tuple(lines)))
SNAPSHOTS = st.builds(
    PatientSnapshot,
    address=ADDRESSES,
    gp=st.builds(Gp, address=ADDRESSES),
    clinician=st.builds(Clinician, address=ADDRESSES),
)
DATES = st.dates(date(1900, 1, 1), date(2100, 1, 1))


def born(day: date | None) -> PatientSnapshot:
    return PatientSnapshot(9434765919, date_of_birth=day)


@given(SNAPSHOTS)
def test_snapshot_survives_json(snapshot: PatientSnapshot) -> None:
    assert PatientSnapshot.from_dict(json.loads(json.dumps(snapshot.to_dict()))) == snapshot


@pytest.mark.parametrize(
    ("birth", "day", "age"),
    [
        (date(2010, 5, 3), date(2026, 5, 2), 15),
        (date(2010, 5, 3), date(2026, 5, 3), 16),
        (date(2008, 2, 29), date(2024, 2, 28), 15),
        (date(2008, 2, 29), date(2024, 2, 29), 16),
        (date(2008, 2, 29), date(2025, 2, 28), 16),
        (date(2008, 2, 29), date(2025, 3, 1), 17),
        (date(2026, 5, 3), date(2026, 5, 3), 0),
    ],
)
def test_c17_a_birthday_counts_from_its_day_on(birth: date, day: date, age: int) -> None:
    assert born(birth).age_on(day) == age


@given(DATES, DATES)
def test_age_is_never_more_than_the_difference_of_years(birth: date, day: date) -> None:
    age = born(birth).age_on(day)
    assert age is not None
    assert day.year - birth.year - 1 <= age <= day.year - birth.year


def test_nobody_of_unknown_age_is_called_a_child() -> None:
    assert born(None).age_on(date(2026, 5, 3)) is None
    assert not born(None).is_under(16, date(2026, 5, 3))


def test_c14_date_of_death_or_flag_means_dead() -> None:
    assert PatientSnapshot(1, dead=True).is_dead
    assert PatientSnapshot(1, date_of_death=date(2026, 1, 1)).is_dead
    assert not PatientSnapshot(1).is_dead


@pytest.mark.parametrize(
    ("discharged", "days_ago", "expected"),
    [(True, 1095, 1095), (True, None, None), (False, 10, None), (None, 10, None)],
)
def test_days_since_discharge_need_a_discharge_and_its_date(
    discharged: bool | None, days_ago: int | None, expected: int | None
) -> None:
    today = date(2026, 5, 3)
    left_on = None if days_ago is None else today - timedelta(days=days_ago)
    snapshot = PatientSnapshot(1, discharged=discharged, discharge_date=left_on)
    assert snapshot.days_since_discharge(today) == expected


@pytest.mark.parametrize(
    ("sex", "title"), [("M", "Mr"), ("F", "Ms"), ("X", "Mx"), ("?", "Mx"), ("", "Mx")]
)
def test_c140_patient_without_title_is_greeted_by_sex(sex: str, title: str) -> None:
    assert PatientSnapshot(1, sex=sex, last_name="Smith").salutation == f"{title} Smith"


def test_patient_with_title_keeps_it() -> None:
    snapshot = PatientSnapshot(1, sex="F", title="Prof", first_name="Ada", last_name="Smith")
    assert snapshot.salutation == "Prof Smith"
    assert snapshot.full_name == "Prof Ada Smith"
