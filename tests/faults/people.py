"""Patients of each kind that the rules know a way for, and what must have become of a request about each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import count

from crate_core.clinical_dummy import dummy_consent, dummy_patient
from crate_core.domain.contact import Status
from crate_core.secret_map import secret_map
from tests.integration.consent.world import World


class Kind(StrEnum):
    """What is special about the patient whom a request is about."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    NOBODY = "nobody"
    """A RID that stands for nobody."""


@dataclass(frozen=True, slots=True)
class End:
    """What a request must have come to."""

    statuses: tuple[Status, ...]
    letters: tuple[str, ...] = ()
    mails: tuple[str, ...] = ()


ENDS = {
    Kind.GREEN: End((Status.NEW, Status.APPROVED), ("approval",), ("approval",)),
    Kind.YELLOW: End((Status.NEW, Status.WITH_CLINICIAN), (), ("clinician_request",)),
    Kind.RED: End((Status.NEW, Status.STOPPED)),
    Kind.NOBODY: End((Status.NEW, Status.STOPPED)),
}
USUAL_MIX = (Kind.GREEN, Kind.YELLOW, Kind.GREEN, Kind.YELLOW, Kind.RED, Kind.NOBODY)


def add_people(world: World, kinds: Sequence[Kind]) -> dict[str, Kind]:
    """Add one person of each of `kinds`; return them by research ID."""
    numbers = (9_990_000_000 + number for number in count(1))
    people = {f"rid{number:05d}": kind for number, kind in enumerate(kinds, 1)}
    known = [(rid, kind) for rid, kind in people.items() if kind is not Kind.NOBODY]
    patients, choices, links = [], [], []
    for local_id, ((rid, kind), nhs_number) in enumerate(zip(known, numbers, strict=False), 1):
        patients.append(_patient(local_id, nhs_number))
        choices.append(
            {
                "id": local_id,
                "nhs_number": nhs_number,
                "consent_mode": kind.value,
                "exclude_entirely": False,
                "prefers_email": False,
                "decided_at": datetime(2024, 5, 3, 12),  # noqa: DTZ001 - records hold local times
            }
        )
        links.append(
            {
                "pid": str(local_id),
                "mpid": nhs_number,
                "rid": rid,
                "mrid": f"m{rid}",
                "trid": local_id,
            }
        )
    with world.clinical.begin() as connection:
        connection.execute(dummy_patient.insert(), patients)
        connection.execute(dummy_consent.insert(), choices)
    with world.map.begin() as connection:
        connection.execute(secret_map.insert(), links)
    return people


def clinician_of(number: int) -> str:
    """Return the address of the clinician of the patient with this number."""
    return f"clinician{number}@example.org"


def _patient(local_id: int, nhs_number: int) -> dict[str, object]:
    return {
        "local_id": local_id,
        "nhs_number": nhs_number,
        "date_of_birth": date(1980, 5, 3),
        "dead": False,
        "discharged": False,
        "sex": "F",
        "title": "Ms",
        "first_name": "Pat",
        "last_name": f"Example{local_id}",
        "address_1": "1 Test Street",
        "clinician_title": "Dr",
        "clinician_first_name": "Cleo",
        "clinician_last_name": "Clinic",
        "clinician_email": clinician_of(local_id),
    }
