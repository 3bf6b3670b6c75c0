"""The people of the demonstration: identity and research record, linked one to one.

Pure: the same people, seed and day always give the same result.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from crate_demo.eunomia import SourcePerson
from crate_demo.identifiers import hashed_id, local_number, nhs_numbers_for_tests
from crate_demo.identities import (
    Clinician,
    Contact,
    make_clinicians,
    make_gps,
    make_patient_contact,
)
from crate_demo.kinds import Kind, kind_for

_OLDEST_LIVING_BORN = 1930
"""The data set ends with people of 110 years still alive; whoever was born before has died."""
_CHILD_AGES = range(6, 15)
_RECENT_DAYS = range(5, 300)
_LONG_AGO_DAYS = range(1200, 3000)


@dataclass(frozen=True)
class Person:
    """One person, as both the research record and the clinical record know them."""

    source_id: int
    """Number in Eunomia; copies of a person (see `make_people`) share it."""
    local_id: int
    nhs_number: int
    rid: str
    mrid: str
    trid: int
    kind: Kind
    sex: str
    born_on: date
    years_shifted: int
    """By how many years Eunomia's dates are moved, so that somebody is a child today."""
    died_on: date | None
    discharged: bool | None
    discharged_on: date | None
    contact: Contact
    gp: Contact
    clinician: Clinician | None
    clinician_email: str


def add_years(day: date, years: int) -> date:
    """Return the same day `years` later; 29 February becomes the 28th where it must."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _took_place(first: date, days: int, as_of: date) -> date:
    return min(first + timedelta(days=days), as_of)


def make_people(source: Sequence[SourcePerson], count: int, seed: int, as_of: date) -> list[Person]:
    """Return `count` people made from those of the data set.

    More people than the data set has are further copies of them, each with an identity and
    research IDs of its own.

    Args:
        source: the people of the data set.
        count: how many people are wanted.
        seed: changes every invented value.
        as_of: the day on which children are children and "recently" is recent.
    """
    nhs_numbers = nhs_numbers_for_tests(count, seed)
    rids = [hashed_id("rid", local_number(index, seed), seed) for index in range(count)]
    # TRIDs follow the order of RIDs, so that they tell nothing about the local number.
    trids = {rid: position for position, rid in enumerate(sorted(rids), start=1)}
    gps, clinicians = make_gps(seed), make_clinicians(seed)
    people: list[Person] = []
    living = 0
    for index in range(count):
        origin = source[index % len(source)]
        rng = random.Random(f"person {seed} {index}")  # noqa: S311 - invented data, not a secret
        if origin.born_on.year < _OLDEST_LIVING_BORN:
            kind = Kind.DEAD
        else:
            kind = kind_for(living, rng.randrange(1000))
            living += 1
        born_on, years = _birth(origin, kind, rng, as_of)
        clinician = None if kind is Kind.NO_CLINICIAN else rng.choice(clinicians)
        discharged, discharged_on = _discharge(kind, rng, as_of)
        people.append(
            Person(
                source_id=origin.person_id,
                local_id=local_number(index, seed),
                nhs_number=nhs_numbers[index],
                rid=rids[index],
                mrid=hashed_id("mrid", nhs_numbers[index], seed),
                trid=trids[rids[index]],
                kind=kind,
                sex=origin.sex,
                born_on=born_on,
                years_shifted=years,
                died_on=_death(origin, kind, rng, as_of),
                discharged=discharged,
                discharged_on=discharged_on,
                contact=make_patient_contact(rng, sex=origin.sex, adult=kind is not Kind.UNDER_16),
                gp=rng.choice(gps),
                clinician=clinician,
                clinician_email=_clinician_email(kind, clinician),
            )
        )
    return people


def _birth(origin: SourcePerson, kind: Kind, rng: random.Random, as_of: date) -> tuple[date, int]:
    if kind is not Kind.UNDER_16:
        return origin.born_on, 0
    years = as_of.year - rng.choice(_CHILD_AGES) - origin.born_on.year
    return add_years(origin.born_on, years), years


def _death(origin: SourcePerson, kind: Kind, rng: random.Random, as_of: date) -> date | None:
    if kind is not Kind.DEAD:
        return None
    return _took_place(origin.last_seen_on, rng.randrange(1, 400), as_of)


def _discharge(kind: Kind, rng: random.Random, as_of: date) -> tuple[bool | None, date | None]:
    match kind:
        case Kind.DISCHARGED_RECENTLY:
            return True, as_of - timedelta(days=rng.choice(_RECENT_DAYS))
        case Kind.DISCHARGED_LONG_AGO:
            return True, as_of - timedelta(days=rng.choice(_LONG_AGO_DAYS))
        case Kind.DISCHARGED_WITHOUT_DATE:
            return True, None
        case Kind.DISCHARGED_UNKNOWN:
            return None, None
        case _:
            return False, None


def _clinician_email(kind: Kind, clinician: Clinician | None) -> str:
    if clinician is None or kind is Kind.NO_CLINICIAN_EMAIL:
        return ""
    if kind is Kind.BAD_CLINICIAN_EMAIL:
        return "bad"
    return clinician.contact.email
