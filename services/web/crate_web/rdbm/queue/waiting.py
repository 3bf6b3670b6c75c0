"""What waits for the RDBM, how long it may, and what is done about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from crate_web.formatting import duration


class Kind(StrEnum):
    """Kinds of things that wait, in the order in which they are listed."""

    SERIOUS = "serious"
    HELD = "held"
    CLINICIAN = "clinician"
    LETTER = "letter"
    REPLY = "reply"
    MAIL = "mail"
    JOB = "job"
    FINDING = "finding"


@dataclass(frozen=True, slots=True)
class KindInWords:
    """A kind as people read it, and for how long such a thing may wait."""

    one: str
    many: str
    action: str
    patience: timedelta


WORDS: Mapping[Kind, KindInWords] = MappingProxyType(
    {
        Kind.SERIOUS: KindInWords(
            "serious finding", "serious findings", "Look into it", timedelta(days=1)
        ),
        Kind.HELD: KindInWords(
            "request to confirm", "requests to confirm", "Confirm or cancel", timedelta(days=7)
        ),
        Kind.CLINICIAN: KindInWords(
            "clinician to follow up", "clinicians to follow up", "Follow up", timedelta(days=14)
        ),
        Kind.LETTER: KindInWords(
            "letter to post", "letters to post", "Print and post", timedelta(days=3)
        ),
        Kind.REPLY: KindInWords(
            "reply to enter", "replies to enter", "Enter the reply", timedelta(days=42)
        ),
        Kind.MAIL: KindInWords("mail to settle", "mails to settle", "Decide", timedelta(days=1)),
        Kind.JOB: KindInWords(
            "job that gave up", "jobs that gave up", "Look and retry", timedelta(days=1)
        ),
        Kind.FINDING: KindInWords("finding", "findings", "Look into it", timedelta(days=7)),
    }
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits for a person, with the page on which it is dealt with."""

    kind: Kind
    since: datetime
    title: str
    note: str
    route: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    anchor: str = ""

    @property
    def action(self) -> str:
        """The one next thing to do."""
        return WORDS[self.kind].action

    @property
    def kind_name(self) -> str:
        """The kind in words."""
        return WORDS[self.kind].one

    def overdue(self, now: datetime) -> str:
        """Return "overdue by 3 days", or "" while there is time."""
        late = now - self.since - WORDS[self.kind].patience
        return f"overdue by {duration(late)}" if late > timedelta() else ""

    def matches(self, words: str) -> bool:
        """Say whether all of `words` stand in what is shown."""
        shown = f"{self.kind_name} {self.title} {self.note}".casefold()
        return all(word in shown for word in words.casefold().split())


@dataclass(frozen=True, slots=True)
class Count:
    """How many things of one kind wait."""

    kind: Kind
    number: int

    @property
    def name(self) -> str:
        """The kind, for this number."""
        words = WORDS[self.kind]
        return words.one if self.number == 1 else words.many


def oldest_first(things: Iterable[Waiting]) -> list[Waiting]:
    """Return things in the order in which they began to wait."""
    return sorted(things, key=lambda each: each.since)


def counts(things: Iterable[Waiting]) -> list[Count]:
    """Return how many of each kind wait, without the kinds of which there is none."""
    kinds = [each.kind for each in things]
    return [Count(kind, kinds.count(kind)) for kind in Kind if kind in kinds]
