"""What the gate answers when it refuses a statement: what, where, why, and what to write instead."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from crate_core.errors import PermanentError

LONGEST_WORDS = 80


class Reason(StrEnum):
    """Kinds of refusal; the value goes to the audit."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    SEVERAL_STATEMENTS = "several_statements"
    NOT_A_QUERY = "not_a_query"
    WRITES = "writes"
    LOCKS = "locks"
    SETTINGS = "settings"
    FUNCTION = "function"
    SCHEMA = "schema"
    VARIABLE = "variable"
    COMMENT = "comment"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal. `start` and `end` are offsets of the words to mark; line and column count from 1."""

    reason: Reason
    words: str
    line: int
    column: int
    start: int
    end: int
    why: str
    instead: str

    @classmethod
    def at(cls, text: str, start: int, end: int, reason: Reason, why: str, instead: str) -> Self:
        """A refusal of `text[start:end]`."""
        words = " ".join(text[start:end].split())
        shown = words if len(words) <= LONGEST_WORDS else words[: LONGEST_WORDS - 1] + "…"
        line = text.count("\n", 0, start) + 1
        column = start - (text.rfind("\n", 0, start) + 1) + 1
        return cls(reason, shown, line, column, start, end, why, instead)

    def sentence(self) -> str:
        """The refusal in one line, for a page or a log."""
        place = f"Line {self.line}, column {self.column}"
        what = f"{place}, “{self.words}”" if self.words else place
        return f"{what}: {self.why}. Instead: {self.instead}."


class StatementRefusedError(PermanentError):
    """A statement did not pass the gate."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.sentence())
        self.refusal = refusal
