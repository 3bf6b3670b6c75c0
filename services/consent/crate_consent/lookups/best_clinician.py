"""Chooses the clinician to ask from all who were ever involved (consent spec 3.3). Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import IntEnum

from crate_core.domain.email import is_valid_address
from crate_core.domain.people import Clinician


class Involvement(IntEnum):
    """In which function somebody is involved; the smaller number is asked first."""

    CARE_COORDINATOR = 1
    CONSULTANT = 2
    OTHER_STAFF = 3
    TEAM = 4


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody, or a team, that is or was involved with a patient. Dates may be missing (C145)."""

    involvement: Involvement
    clinician: Clinician = field(default_factory=Clinician)
    team: str = ""
    started_on: date | None = None
    ended_on: date | None = None

    @property
    def is_contactable(self) -> bool:
        """Whether there is a name and an address to write to."""
        return bool(self.clinician.last_name and self.clinician.email)

    def is_current(self, today: date) -> bool:
        """Whether the involvement has not ended; its last day still counts."""
        return self.ended_on is None or self.ended_on >= today


@dataclass(frozen=True, slots=True)
class Involvements:
    """What the candidates of a patient tell."""

    clinician: Clinician | None
    discharged: bool
    discharged_on: date | None


def with_representatives(
    candidates: Iterable[Candidate], representatives: Mapping[str, Clinician]
) -> list[Candidate]:
    """Give each team the person who speaks for it (C93).

    A team without one stays: it shows that the patient is not discharged.
    """
    return [
        replace(candidate, clinician=representatives[candidate.team])
        if candidate.involvement is Involvement.TEAM and candidate.team in representatives
        else candidate
        for candidate in candidates
    ]


def with_guessed_emails(candidates: Iterable[Candidate], pattern: str | None) -> list[Candidate]:
    """Make up the missing addresses of staff, if and as the site allows it (C92).

    Args:
        candidates: people without an address get one.
        pattern: such as "{first}.{last}@trust.example"; none leaves addresses missing.
    """
    if not pattern:
        return list(candidates)
    return [_with_guessed_email(candidate, pattern) for candidate in candidates]


def _with_guessed_email(candidate: Candidate, pattern: str) -> Candidate:
    clinician = candidate.clinician
    first, last = clinician.first_name.strip().lower(), clinician.last_name.strip().lower()
    # One letter is an initial, from which no address can be known.
    if clinician.email or len(first) < 2 or not last:  # noqa: PLR2004
        return candidate
    address = pattern.format(first=first, last=last)
    if not is_valid_address(address):
        return candidate
    return replace(candidate, clinician=replace(clinician, email=address))


def choose_clinician(candidates: Sequence[Candidate], today: date) -> Involvements:
    """Return whom to ask, and whether the patient is discharged (C87 to C91, C145).

    Any current candidate shows that the patient is not discharged, contactable or not.
    Of the contactable ones a current one comes first (by function, then the newest), else the
    one whose involvement ended last.
    """
    started = [c for c in candidates if c.started_on is None or c.started_on <= today]
    current = [c for c in started if c.is_current(today)]
    previous = [c for c in started if not c.is_current(today)]
    discharged_on = None
    if not current:
        discharged_on = max((c.ended_on for c in previous if c.ended_on), default=None)
    best = _first(current, _current_order) or _first(previous, _previous_order)
    return Involvements(
        clinician=best.clinician if best else None,
        discharged=not current,
        discharged_on=discharged_on,
    )


def _first(
    candidates: Iterable[Candidate], order: Callable[[Candidate], tuple[int, ...]]
) -> Candidate | None:
    return min((c for c in candidates if c.is_contactable), key=order, default=None)


def _current_order(candidate: Candidate) -> tuple[int, int]:
    return candidate.involvement, -_ordinal(candidate.started_on)


def _previous_order(candidate: Candidate) -> tuple[int, int, int]:
    return (
        -_ordinal(candidate.ended_on),
        candidate.involvement,
        -_ordinal(candidate.started_on),
    )


def _ordinal(day: date | None) -> int:
    """Return a number that grows with the day; a missing day is before all others."""
    return day.toordinal() if day else 0
