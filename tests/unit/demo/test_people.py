from collections import Counter
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path

import pytest
from nhs_number.validate import is_valid

from crate_demo.eunomia import SourcePerson, open_eunomia, read_people
from crate_demo.identifiers import local_number
from crate_demo.identifiers import nhs_numbers_for_tests as nhs_numbers
from crate_demo.kinds import FACTS, Kind, kind_for
from crate_demo.load import EUNOMIA_PEOPLE, people_to_try
from crate_demo.people import Person, add_years, make_people

DAY = date(2026, 5, 3)


@pytest.fixture(scope="module")
def source() -> list[SourcePerson]:
    with open_eunomia() as eunomia:
        return read_people(eunomia)


@pytest.fixture(scope="module")
def people(source: list[SourcePerson]) -> list[Person]:
    return make_people(source, len(source), 1, DAY)


def of_kind(people: list[Person], kind: Kind) -> list[Person]:
    return [person for person in people if person.kind is kind]


def test_eunomia_has_the_people_it_is_known_for(source: list[SourcePerson]) -> None:
    assert len(source) == EUNOMIA_PEOPLE


def test_same_seed_and_day_give_the_same_people(
    source: list[SourcePerson], people: list[Person]
) -> None:
    assert make_people(source, len(source), 1, DAY) == people


def test_another_seed_gives_other_identities(
    source: list[SourcePerson], people: list[Person]
) -> None:
    others = make_people(source, len(source), 2, DAY)
    assert {person.rid for person in people}.isdisjoint(person.rid for person in others)
    assert others[0].contact != people[0].contact


def test_a_smaller_load_is_a_part_of_a_larger_one_but_for_trids(
    source: list[SourcePerson], people: list[Person]
) -> None:
    few = make_people(source, 60, 1, DAY)
    same = [field.name for field in fields(Person) if field.name != "trid"]
    for small, large in zip(few, people, strict=False):
        assert [getattr(small, name) for name in same] == [getattr(large, name) for name in same]


@pytest.mark.parametrize("identifier", ["local_id", "nhs_number", "rid", "mrid", "trid"])
def test_every_identifier_is_one_person_alone(people: list[Person], identifier: str) -> None:
    assert len({getattr(person, identifier) for person in people}) == len(people)


def test_trids_are_small_numbers_that_do_not_follow_local_numbers(people: list[Person]) -> None:
    assert {person.trid for person in people} == set(range(1, len(people) + 1))
    by_local = [person.trid for person in sorted(people, key=lambda person: person.local_id)]
    assert by_local != sorted(by_local)


def test_nhs_numbers_are_valid_and_of_the_test_range(people: list[Person]) -> None:
    assert all(9990000000 <= person.nhs_number <= 9999999999 for person in people)
    assert all(is_valid(str(person.nhs_number)) for person in people)


def test_nhs_numbers_of_the_test_range_do_not_repeat() -> None:
    assert len(set(nhs_numbers(50_000, 1))) == 50_000


def test_more_people_than_the_test_range_has_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\d+ valid NHS numbers, 1000000 were"):
        nhs_numbers(1_000_000, 1)


def test_local_numbers_do_not_repeat() -> None:
    assert len({local_number(index, 7) for index in range(200_000)}) == 200_000


@pytest.mark.parametrize("count", [30, EUNOMIA_PEOPLE])
def test_every_kind_is_present(source: list[SourcePerson], count: int) -> None:
    assert {person.kind for person in make_people(source, count, 1, DAY)} == set(Kind)


def test_shares_of_kinds_make_a_thousand() -> None:
    assert sum(facts.per_thousand for facts in FACTS.values()) == 1000
    kinds = Counter(kind_for(10_000, draw) for draw in range(1000))
    assert kinds == {kind: facts.per_thousand for kind, facts in FACTS.items()}


def test_people_to_try_are_one_of_each_kind(people: list[Person]) -> None:
    chosen = people_to_try(people)
    assert list(chosen) == list(Kind)
    assert all(person.kind is kind for kind, person in chosen.items())


def test_sex_and_birth_agree_with_the_research_record(
    source: list[SourcePerson], people: list[Person]
) -> None:
    for origin, person in zip(source, people, strict=True):
        assert person.sex == origin.sex
        assert person.born_on == add_years(origin.born_on, person.years_shifted)


def test_only_children_are_moved_in_time_and_all_are_under_16(people: list[Person]) -> None:
    children = of_kind(people, Kind.UNDER_16)
    assert {person for person in people if person.years_shifted} == set(children)
    assert all(add_years(person.born_on, 16) > DAY >= person.born_on for person in children)


def test_living_adults_are_older_than_15_and_younger_than_100(people: list[Person]) -> None:
    adults = [person for person in people if person.kind not in {Kind.UNDER_16, Kind.DEAD}]
    assert all(add_years(person.born_on, 16) <= DAY for person in adults)
    assert all(add_years(person.born_on, 100) > DAY for person in adults)


def test_people_die_after_their_last_record_and_not_in_the_future(
    source: list[SourcePerson], people: list[Person]
) -> None:
    dead = [(o, p) for o, p in zip(source, people, strict=True) if p.died_on is not None]
    assert {person.kind for _, person in dead} == {Kind.DEAD}
    assert all(o.last_seen_on < p.died_on <= DAY for o, p in dead if p.died_on)


def test_discharges_are_on_the_right_side_of_the_limit(people: list[Person]) -> None:
    limit = DAY - timedelta(days=1095)
    for person in of_kind(people, Kind.DISCHARGED_RECENTLY):
        assert person.discharged_on is not None
        assert limit < person.discharged_on < DAY
    for person in of_kind(people, Kind.DISCHARGED_LONG_AGO):
        assert person.discharged_on is not None
        assert person.discharged_on < limit


def test_every_address_is_in_a_domain_that_is_nobodys(people: list[Person]) -> None:
    addresses = {person.contact.email for person in people}
    addresses |= {person.gp.email for person in people} | {p.clinician_email for p in people}
    assert all(a.endswith(".example.org") for a in addresses - {"", "bad"})


def test_leap_day_becomes_the_28th_where_it_must() -> None:
    assert add_years(date(1984, 2, 29), 29) == date(2013, 2, 28)
    assert add_years(date(1984, 3, 1), 29) == date(2013, 3, 1)


def test_more_people_than_eunomia_has_are_copies_with_identities_of_their_own(
    source: list[SourcePerson],
) -> None:
    people = make_people(source, len(source) + 5, 1, DAY)
    first, copy = people[0], people[len(source)]
    assert copy.source_id == first.source_id
    assert copy.rid != first.rid
    assert copy.contact != first.contact


def test_documentation_names_the_people_to_try(people: list[Person]) -> None:
    page = (Path(__file__).parents[3] / "docs" / "demonstration.md").read_text(encoding="utf-8")
    for kind, person in people_to_try(people).items():
        row = f"| `{person.rid}` | {kind.replace('_', ' ')} | {FACTS[kind].expect} |"
        assert row in page
