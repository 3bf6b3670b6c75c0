"""Invented identities: names, addresses, GPs and clinicians, the same for the same seed."""

import random
from dataclasses import dataclass

from crate_demo import wordlists as words

_DOMAIN = "example.org"
_CONSULTANT_SHARE = 0.4
_EMAIL_SHARE = 0.6
_WOMENS_SHARE = 0.5
_WOMENS_TITLES = ("Ms", "Mrs", "Miss")


@dataclass(frozen=True)
class Contact:
    """Somebody with a name, an address and ways to reach them."""

    title: str
    first_name: str
    last_name: str
    address: tuple[str, str, str, str, str, str, str]
    """Seven lines: 5 is the county, 6 the postcode, 7 the country (consent spec 1.4)."""
    telephone: str
    email: str


@dataclass(frozen=True)
class Clinician:
    """A member of staff who looks after patients."""

    contact: Contact
    is_consultant: bool
    signatory_title: str


def _mobile(rng: random.Random) -> str:
    # Numbers that the telephone regulator keeps for drama.
    return f"07700 900{rng.randrange(1000):03d}"


def _landline(rng: random.Random) -> str:
    return f"01632 960{rng.randrange(1000):03d}"


def _postcode(rng: random.Random) -> str:
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    inward = f"{rng.randrange(10)}{rng.choice(letters)}{rng.choice(letters)}"
    return f"ZZ{rng.randrange(1, 100)} {inward}"


def _address(rng: random.Random, first: str) -> tuple[str, str, str, str, str, str, str]:
    street = f"{rng.randrange(1, 180)} {rng.choice(words.STREETS)}"
    lines = (first, street) if first else (street, "")
    return (*lines, "", rng.choice(words.TOWNS), words.COUNTY, _postcode(rng), words.COUNTRY)


def _email(first_name: str, last_name: str, host: str) -> str:
    local = f"{first_name}.{last_name}".lower().replace(" ", "")
    return f"{local}@{host}.{_DOMAIN}"


def make_patient_contact(rng: random.Random, *, sex: str, adult: bool) -> Contact:
    """Return an invented patient of this sex (`M`, `F`, else either)."""
    female = sex == "F" or (sex != "M" and rng.random() < _WOMENS_SHARE)
    first_name = rng.choice(words.WOMENS_NAMES if female else words.MENS_NAMES)
    last_name = rng.choice(words.SURNAMES)
    titles = {"F": rng.choice(_WOMENS_TITLES), "M": "Mr"}
    has_email = rng.random() < _EMAIL_SHARE
    return Contact(
        title=titles.get(sex, "Mx") if adult else "",
        first_name=first_name,
        last_name=last_name,
        address=_address(rng, ""),
        telephone=_mobile(rng),
        email=_email(first_name, last_name, "post") if has_email else "",
    )


def _staff(rng: random.Random, *, doctor: bool, workplace: str, host: str) -> Contact:
    female = rng.random() < _WOMENS_SHARE
    first_name = rng.choice(words.WOMENS_NAMES if female else words.MENS_NAMES)
    title = "Dr" if doctor else rng.choice(_WOMENS_TITLES) if female else "Mr"
    last_name = rng.choice(words.SURNAMES)
    return Contact(
        title=title,
        first_name=first_name,
        last_name=last_name,
        address=_address(rng, workplace),
        telephone=_landline(rng),
        email=_email(first_name, last_name, host),
    )


def make_gps(seed: int, count: int = 40) -> list[Contact]:
    """Return the GPs of the area; a practice has several, and many patients share one."""
    rng = random.Random(f"gp {seed}")  # noqa: S311 - invented data, not a secret
    return [
        _staff(rng, doctor=True, workplace=rng.choice(words.PRACTICES), host="gp")
        for _ in range(count)
    ]


def make_clinicians(seed: int, count: int = 60) -> list[Clinician]:
    """Return the trust's clinicians; each looks after some of the patients."""
    rng = random.Random(f"clinician {seed}")  # noqa: S311 - invented data, not a secret
    clinicians = []
    for _ in range(count):
        is_consultant = rng.random() < _CONSULTANT_SHARE
        role = rng.choice(("physician", "psychiatrist", "geriatrician"))
        signatory = f"Consultant {role}" if is_consultant else "Care coordinator"
        workplace = rng.choice(("Elm House Clinic", "Northgate Unit", "Wexley Community Team"))
        contact = _staff(rng, doctor=is_consultant, workplace=workplace, host="trust")
        clinicians.append(Clinician(contact, is_consultant, signatory))
    return clinicians
