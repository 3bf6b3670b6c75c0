"""Loads what links identities with research IDs: secret map and dummy clinical source."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, func, insert, select

from crate_core import clinical_dummy
from crate_core import secret_map as secret
from crate_core.clinical_dummy import dummy_consent, dummy_patient
from crate_core.secret_map import secret_map
from crate_demo.identities import Contact
from crate_demo.kinds import Kind
from crate_demo.people import Person

_BATCH = 1000
_DECIDED_DAYS_AGO = 20
"""The site's own rows are older."""
_TWIN_OFFSET = 90_000_000
"""Added to a local number for the second patient who has the same NHS number."""


def load_secret_map(engine: Engine, people: Sequence[Person]) -> bool:
    """Fill the secret map; return False if it already holds exactly these people."""
    secret.metadata.create_all(engine)
    rows = [
        {
            "pid": str(person.local_id),
            "mpid": person.nhs_number,
            "rid": person.rid,
            "mrid": person.mrid,
            "trid": person.trid,
        }
        for person in people
    ]
    with engine.begin() as connection:
        if _same_keys(connection, secret_map, "rid", {row["rid"] for row in rows}):
            return False
        _replace(connection, secret_map, rows)
    return True


def load_clinical(engine: Engine, people: Sequence[Person], as_of: date) -> bool:
    """Fill the dummy clinical source; return False if it already holds exactly these people."""
    clinical_dummy.metadata.create_all(engine)
    patients = list(_patients(people))
    with engine.begin() as connection:
        ids = {row["local_id"] for row in patients}
        if _same_keys(connection, dummy_patient, "local_id", ids):
            return False
        _replace(connection, dummy_consent, list(_consents(people, as_of)))
        _replace(connection, dummy_patient, patients)
    return True


def _same_keys(connection: Connection, table: Table, key: str, expected: set[Any]) -> bool:
    count = connection.scalar(select(func.count()).select_from(table))
    return count == len(expected) and set(connection.scalars(select(table.c[key]))) == expected


def _replace(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    connection.execute(delete(table))
    for start in range(0, len(rows), _BATCH):
        connection.execute(insert(table), rows[start : start + _BATCH])


def _patients(people: Sequence[Person]) -> Iterator[dict[str, Any]]:
    for person in people:
        if person.kind is Kind.NOT_IN_SOURCE:
            continue
        row = _patient(person)
        yield row
        if person.kind is Kind.DUPLICATE_NHS_NUMBER:
            yield {**row, "local_id": person.local_id + _TWIN_OFFSET, "first_name": "Leslie"}


def _patient(person: Person) -> dict[str, Any]:
    clinician = person.clinician
    return {
        "local_id": person.local_id,
        "nhs_number": person.nhs_number,
        "date_of_birth": None if person.kind is Kind.BIRTH_UNKNOWN else person.born_on,
        "date_of_death": person.died_on,
        "dead": person.kind in {Kind.DEAD, Kind.DEAD_WITHOUT_DATE},
        "discharged": person.discharged,
        "discharged_on": person.discharged_on,
        "sex": person.sex,
        **_reach("", person.contact),
        **_reach("gp_", person.gp),
        **_reach("clinician_", clinician.contact if clinician else _NOBODY),
        "clinician_email": person.clinician_email,
        "clinician_is_consultant": clinician.is_consultant if clinician else False,
        "clinician_signatory_title": clinician.signatory_title if clinician else "",
    }


_NOBODY = Contact("", "", "", ("", "", "", "", "", "", ""), "", "")


def _reach(prefix: str, contact: Contact) -> dict[str, str]:
    return {
        f"{prefix}title": contact.title,
        f"{prefix}first_name": contact.first_name,
        f"{prefix}last_name": contact.last_name,
        **{f"{prefix}address_{n}": line for n, line in enumerate(contact.address, start=1)},
        f"{prefix}telephone": contact.telephone,
        f"{prefix}email": contact.email,
    }


def _consents(people: Sequence[Person], as_of: date) -> Iterator[dict[str, Any]]:
    """Yield what the record says of choices: newer than the site's own rows."""
    colours = {
        Kind.GREEN_IN_RECORD: "green",
        Kind.RED_IN_RECORD: "red",
        Kind.OPTED_OUT_IN_RECORD: None,
    }
    day = as_of - timedelta(days=_DECIDED_DAYS_AGO)
    chosen = (person for person in people if person.kind in colours)
    for number, person in enumerate(chosen, start=1):
        # Records give a plain day or a local time; both kinds are here.
        timed = number % 2 == 0
        yield {
            "id": number,
            "nhs_number": person.nhs_number,
            "consent_mode": colours[person.kind],
            "exclude_entirely": person.kind is Kind.OPTED_OUT_IN_RECORD,
            "prefers_email": False,
            "decided_on": None if timed else day,
            "decided_at": datetime.combine(day, time(10, 30)) if timed else None,
        }
