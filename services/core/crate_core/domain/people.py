"""Names and addresses of patients, general practitioners and clinicians, as letters need them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

ADDRESS_LINES = 7
DOCTOR = "Dr"
NO_GP = "No registered GP"

_TITLE_BY_SEX = {"M": "Mr", "F": "Ms"}
_TITLES_WITH_FORENAME = frozenset({"Sir", "Dame"})


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address of seven lines; 5 is the county, 6 the postcode, 7 the country. Lines may be empty."""

    lines: tuple[str, ...] = ("",) * ADDRESS_LINES

    def __post_init__(self) -> None:
        if len(self.lines) > ADDRESS_LINES:
            raise ValueError(f"An address has at most {ADDRESS_LINES} lines, not {len(self.lines)}")
        padded = self.lines + ("",) * (ADDRESS_LINES - len(self.lines))
        object.__setattr__(self, "lines", padded)

    @property
    def filled(self) -> tuple[str, ...]:
        """The lines that hold text, in order: what an envelope shows."""
        return tuple(line.strip() for line in self.lines if line.strip())


@dataclass(frozen=True, slots=True)
class Gp:
    """A general practitioner."""

    title: str = ""
    first_name: str = ""
    last_name: str = ""
    address: Address = field(default_factory=Address)
    telephone: str = ""
    email: str = ""

    @property
    def full_name(self) -> str:
        """Title, first and last name."""
        return full_name(self.title, self.first_name, self.last_name)


@dataclass(frozen=True, slots=True)
class Clinician:
    """The clinician who knows the patient best, or best knew them."""

    title: str = ""
    first_name: str = ""
    last_name: str = ""
    address: Address = field(default_factory=Address)
    telephone: str = ""
    email: str = ""
    is_consultant: bool = False
    signatory_title: str = ""

    @property
    def full_name(self) -> str:
        """Title, first and last name."""
        return full_name(self.title, self.first_name, self.last_name)

    @property
    def salutation(self) -> str:
        """How a letter or mail greets the clinician, without "Dear" (C140)."""
        return salutation(self.title, self.first_name, self.last_name, assume_doctor=True)


def care_of(rdbm_address: Sequence[str]) -> tuple[str, ...]:
    """Return the RDBM's address with "c/o" before its first line, for who has no address (C141)."""
    lines = Address(tuple(rdbm_address)).filled
    return (f"c/o {lines[0]}", *lines[1:]) if lines else ()


def full_name(title: str, first_name: str, last_name: str) -> str:
    """Join the parts of a name that are there."""
    return " ".join(part.strip() for part in (title, first_name, last_name) if part.strip())


def salutation(
    title: str, first_name: str, last_name: str, *, sex: str = "", assume_doctor: bool = False
) -> str:
    """Return title and surname as a letter uses them after "Dear" (C140).

    A missing title becomes Dr for those assumed to be doctors, else Mr, Ms or Mx by `sex`; "Sir" and
    "Dame" take the forename.
    """
    shown = title.strip() or (DOCTOR if assume_doctor else _TITLE_BY_SEX.get(sex, "Mx"))
    name = (
        first_name if shown.title() in _TITLES_WITH_FORENAME and first_name.strip() else last_name
    )
    return full_name(shown, "", name)


def parse_gp_name(text: str) -> Gp:
    """Return a GP from the one name field of a clinical record (C139).

    "VAN DEN BERG AJ" and "AJ VAN DEN BERG" are Dr A. Van Den Berg: the shorter of first and last word
    holds the initials. A name with a bracket is kept whole as surname. Empty, or "No Registered GP", is
    `NO_GP`.
    """
    name = " ".join(text.split())
    if not name or name.lower() == NO_GP.lower():
        return Gp(last_name=NO_GP)
    if "(" in name:
        return Gp(last_name=name)
    words = name.split()
    if len(words) > 1 and words[0].rstrip(".").lower() == "dr":
        words = words[1:]
    if len(words) == 1:
        return Gp(title=DOCTOR, last_name=words[0].title())
    initials_first = len(words[0]) < len(words[-1])
    if not initials_first:
        words.reverse()
    count = _count_initials(words)
    given, family = words[:count], words[count:]
    if not initials_first:
        given.reverse()
        family.reverse()
    return Gp(
        title=DOCTOR, first_name=f"{given[0][0].upper()}.", last_name=" ".join(family).title()
    )


def _count_initials(words: Sequence[str]) -> int:
    """Count the words at the start that are initials: the first, and single letters after a single letter."""
    count = 1
    while (
        len(words[0].rstrip(".")) == 1
        and count < len(words) - 1
        and len(words[count].rstrip(".")) == 1
    ):
        count += 1
    return count
