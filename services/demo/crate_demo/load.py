"""Loads all of the demonstration, or as much of it as is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Engine

from crate_core.database import Database
from crate_demo.eunomia import open_eunomia, read_people
from crate_demo.identity_databases import load_clinical, load_secret_map
from crate_demo.kinds import Kind
from crate_demo.people import Person, make_people
from crate_demo.research import LoadMark, load_research, read_mark
from crate_demo.site import load_site

SEED = 1
EUNOMIA_PEOPLE = 2694


@dataclass(frozen=True)
class Targets:
    """The databases to fill; their tables, but for the site's, are made as needed."""

    site: Database
    research: Engine
    secret_map: Engine
    clinical: Engine


@dataclass(frozen=True)
class Loaded:
    """What a load came to."""

    people: Sequence[Person]
    filled: tuple[str, ...]
    """Names of the databases in which something was missing."""


def load_all(targets: Targets, patients: int | None, today: date, seed: int = SEED) -> Loaded:
    """Fill the databases. A second load finds everything there and changes nothing.

    Args:
        targets: the databases.
        patients: how many people; by default as many as are loaded, else all of Eunomia.
        today: the day on which children are children, unless data are there already: then
            theirs stays.
        seed: changes every invented value.

    Raises:
        SettingsError: the research database holds tables that are not the demonstration's.
    """
    mark = read_mark(targets.research)
    wanted = patients or (mark.patients if mark else EUNOMIA_PEOPLE)
    if mark is None or (mark.patients, mark.seed) != (wanted, seed):
        mark, found = LoadMark(seed, wanted, today), None
    else:
        found = mark
    with open_eunomia() as eunomia:
        people = make_people(read_people(eunomia), mark.patients, mark.seed, mark.as_of)
        if found is None:
            load_research(targets.research, eunomia, people, mark)
    filled = {
        "research": found is None,
        "secret map": load_secret_map(targets.secret_map, people),
        "clinical": load_clinical(targets.clinical, people, mark.as_of),
        "site": load_site(targets.site, people, mark.as_of),
    }
    return Loaded(people, tuple(name for name, was_filled in filled.items() if was_filled))


def people_to_try(people: Sequence[Person]) -> dict[Kind, Person]:
    """Return the first person of each kind."""
    first: dict[Kind, Person] = {}
    for person in people:
        first.setdefault(person.kind, person)
    return {kind: first[kind] for kind in Kind if kind in first}
