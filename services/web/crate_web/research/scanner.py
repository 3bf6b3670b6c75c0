"""Splits a researcher's SQL into tokens that the engine and the gate cannot read in two ways.

A gate that reads a text otherwise than the engine does is open, so this scanner knows few constructs,
and raises on all that some engine, mode or driver reads differently: executable comments, `--` without
a blank, nested comments, escapes of drivers, parameters, variables. Strings and comments are masked in
the text that the parser gets; the engine gets the text as it was typed.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NoReturn

from crate_web.research.refusal import Reason, Refusal, StatementRefusedError

DIALECTS: Final = ("mysql", "tsql", "sqlite")


class Kind(StrEnum):
    """What a token is."""

    WORD = "word"
    QUOTED = "quoted"
    STRING = "string"
    NUMBER = "number"
    SYMBOL = "symbol"


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its kind, its meaning (a quoted name without its quotes) and where it stands in the text."""

    kind: Kind
    text: str
    start: int
    end: int

    @property
    def upper(self) -> str:
        """An unquoted word in capitals, if ASCII: engines fold no other letters of keywords."""
        return self.text.upper() if self.kind is Kind.WORD and self.text.isascii() else self.text


@dataclass(frozen=True, slots=True)
class Scan:
    """Tokens of a text, and the text with strings and comments masked, character for character as long."""

    tokens: tuple[Token, ...]
    masked: str


_NUMBER: Final = re.compile(
    r"0[xX][0-9a-fA-F]+|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
)
_WORD: Final = re.compile(r"[^\W\d][\w$]*")
_QUOTES: Final = '`"[]\\'
_NAMES: Final = (Kind.WORD, Kind.QUOTED)
_BLANK: Final = " \t\r\n"
_SYMBOLS: Final = "()+-*/%,.;=<>!&|^~"
# Engines and parsers disagree about which of these end a line or a word; nobody types them by intent.
_ODD: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]|\r(?!\n)")

_FORBIDDEN_SYMBOLS: Final = {
    "@": (
        Reason.VARIABLE,
        "variables (@name, @@name) are not available",
        "write the value itself, or join a sub-query that computes it",
    ),
    ":": (
        Reason.VARIABLE,
        "assignments and parameters (:name, :=, ::) are not available",
        "write the value itself",
    ),
    "?": (
        Reason.VARIABLE,
        "parameters (?) are not filled in on this page",
        "write the value itself",
    ),
    "#": (Reason.VARIABLE, "temporary tables (#name) are not available", "use a WITH clause"),
    "$": (Reason.VARIABLE, "names do not begin with $ here", "put the name in quotes"),
    "{": (
        Reason.UNREADABLE,
        "escapes in braces are read by drivers, not by the database",
        "write plain SQL",
    ),
    "}": (
        Reason.UNREADABLE,
        "escapes in braces are read by drivers, not by the database",
        "write plain SQL",
    ),
    "\\": (
        Reason.UNREADABLE,
        "a backslash has no meaning outside a string",
        "write NULL instead of \\N",
    ),
}


def scan(text: str, dialect: str) -> Scan:
    """Tokens and masked text of SQL in `dialect` (mysql, tsql or sqlite).

    Raises StatementRefusedError, naming the place, for what cannot be read in one way only.
    """
    return _Scanner(text, dialect).run()


class _Scanner:
    def __init__(self, text: str, dialect: str) -> None:
        self.text = text
        self.dialect = dialect
        self.at = 0
        self.tokens: list[Token] = []
        self.masked: list[str] = []

    def run(self) -> Scan:
        # A NUL ends the text for C libraries, half a surrogate pair has no UTF-8: not even in strings.
        if bad := re.search("[\x00\ud800-\udfff]", self.text):
            self.at = bad.start()
            self._refuse(
                bad.end(),
                Reason.UNREADABLE,
                f"U+{ord(bad.group()):04X} is no character",
                "delete it",
            )
        while self.at < len(self.text):
            self._step(self.text[self.at])
        return Scan(tuple(self.tokens), "".join(self.masked))

    def _step(self, char: str) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        if _ODD.match(self.text, self.at):
            self._refuse(
                self.at + 1,
                Reason.UNREADABLE,
                f"the control character U+{ord(char):04X} stands here",
                "type a blank or a new line instead",
            )
        if char in _BLANK:
            self._skip(self.at + 1)
        elif char + following in {"--", "/*"} or (char == "#" and self.dialect == "mysql"):
            self._comment(char)
        elif char in "'\"`[":
            self._quote(char)
        else:
            self._plain(char)

    def _plain(self, char: str) -> None:
        if _NUMBER.match(self.text, self.at):
            self._number()
        elif match := _WORD.match(self.text, self.at):
            self._take(Kind.WORD, match.end())
        elif char in _SYMBOLS:
            self._take(Kind.SYMBOL, self.at + 1)
        else:
            self._unknown(char)

    def _unknown(self, char: str) -> NoReturn:
        reason, why, instead = _FORBIDDEN_SYMBOLS.get(
            char,
            (
                Reason.UNREADABLE,
                f"the character {char!r} (U+{ord(char):04X}) has no meaning in SQL outside quotes",
                "delete it, or type it again (text pasted from a document often holds look-alikes)",
            ),
        )
        end = self.at + 1
        while end < len(self.text) and (
            self.text[end] == char or self.text[end].isalnum() or self.text[end] == "_"
        ):
            end += 1
        self._refuse(end, reason, why, instead)

    def _comment(self, char: str) -> None:
        if char == "/":
            self._block_comment()
        elif char == "-":
            self._dashes()
        else:
            self._line_comment()

    def _dashes(self) -> None:
        after = self.text[self.at + 2 : self.at + 3]
        if self.dialect == "mysql" and after not in ("", *_BLANK):
            self._refuse(
                self.at + 3,
                Reason.COMMENT,
                "without a blank after it, -- begins no comment on this database but subtracts twice",
                "write a blank after --",
            )
        self._line_comment()

    def _line_comment(self) -> None:
        end = self.text.find("\n", self.at)
        self._skip_comment(len(self.text) if end < 0 else end)

    def _block_comment(self) -> None:
        end = self.text.find("*/", self.at + 2)
        if end < 0:
            self._refuse(
                len(self.text), Reason.COMMENT, "this comment has no end", "close it with */"
            )
        inside = self.text[self.at + 2 : end]
        if self.dialect == "mysql" and inside.lstrip("mM").startswith(("!", "+")):
            self._refuse(
                end + 2,
                Reason.COMMENT,
                "comments that the database executes (/*! */, /*M! */, /*+ */) are not available",
                "write an ordinary comment: /* text */",
            )
        if "/*" in inside:
            self._refuse(
                end + 2,
                Reason.COMMENT,
                "a comment within a comment ends at different places on different databases",
                "close the first comment before the second begins",
            )
        self._skip_comment(end + 2)

    def _skip_comment(self, end: int) -> None:
        odd = _ODD.search(self.text, self.at)
        if odd and odd.start() < end:
            self.at = odd.start()
            self._refuse(
                odd.end(),
                Reason.UNREADABLE,
                f"a comment holds U+{ord(odd.group()):04X}, which ends a line on some databases",
                "delete it",
            )
        self._skip(end)

    def _quote(self, char: str) -> None:
        if char == "'" or (char == '"' and self.dialect == "mysql"):
            self._string(char)
        elif (char, self.dialect) in {("`", "tsql"), ("[", "mysql")}:
            self._unknown(char)
        else:
            self._name("]" if char == "[" else char)

    def _string(self, quote: str) -> None:
        start = self.at
        at = start + 1
        while at < len(self.text):
            if self.text[at] == "\\" and self.dialect == "mysql":
                at += 2
            elif self.text[at] != quote:
                at += 1
            elif self.text[at + 1 : at + 2] == quote:
                at += 2
            else:
                self._masked_string(start, at + 1)
                return
        self._refuse(
            len(self.text), Reason.UNREADABLE, "this text has no end", f"close it with {quote}"
        )

    def _masked_string(self, start: int, end: int) -> None:
        # 'a' is a letter, a hexadecimal digit and a JSON path: whatever reads the masked text can.
        bits = start > 0 and self.text[start - 1] in "bB" and self.dialect == "mysql"
        self.tokens.append(Token(Kind.STRING, self.text[start + 1 : end - 1], start, end))
        self.masked.append("'" + ("1" if bits else "a") * (end - start - 2) + "'")
        self.at = end

    def _name(self, closing: str) -> None:
        start = self.at
        end = self.text.find(closing, start + 1)
        name = self.text[start + 1 : end]
        if end < 0:
            self._refuse(
                len(self.text),
                Reason.UNREADABLE,
                "this name has no end",
                f"close it with {closing}",
            )
        if (
            not name
            or self.text[end + 1 : end + 2] == closing
            or not all(_may_stand_in_name(char) for char in name)
        ):
            self._refuse(
                end + 1,
                Reason.UNREADABLE,
                "a name in quotes cannot hold quotes, square brackets, backslashes or control characters",
                "name the column differently, or ask the research database manager for a view of it",
            )
        self.tokens.append(Token(Kind.QUOTED, name, start, end + 1))
        quotes = {"mysql": "``", "tsql": "[]", "sqlite": '""'}[self.dialect]
        self.masked.append(quotes[0] + name + quotes[1])
        self.at = end + 1

    def _number(self) -> None:
        match = _NUMBER.match(self.text, self.at)
        end = match.end() if match else self.at + 1
        after_name = (
            bool(self.tokens) and self.tokens[-1].end == self.at and self.tokens[-1].kind in _NAMES
        )
        if after_name or re.match(r"[\w$]", self.text[end : end + 1]):
            while re.match(r"[\w$]", self.text[end : end + 1]):
                end += 1
            self._refuse(
                end,
                Reason.UNREADABLE,
                "a number runs straight into a word",
                "write a blank between them, or put a name that begins with a digit in quotes",
            )
        self._take(Kind.NUMBER, end)

    def _take(self, kind: Kind, end: int) -> None:
        text = self.text[self.at : end]
        self.tokens.append(Token(kind, text, self.at, end))
        self.masked.append(text)
        self.at = end

    def _skip(self, end: int) -> None:
        self.masked.append(
            "".join(char if char in "\r\n" else " " for char in self.text[self.at : end])
        )
        self.at = end

    def _refuse(self, end: int, reason: Reason, why: str, instead: str) -> NoReturn:
        raise StatementRefusedError(Refusal.at(self.text, self.at, end, reason, why, instead))


def _may_stand_in_name(char: str) -> bool:
    return char.isprintable() and char not in _QUOTES
