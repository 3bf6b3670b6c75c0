"""NHS numbers, research IDs, and lists of them as people paste them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from nhs_number.validate import calculate_checksum

NHS_NUMBER_DIGITS = 10
MAX_RESEARCH_ID_LENGTH = 128

_SEPARATORS = re.compile(r"[\s,;]+")
_GROUPED_NHS_NUMBER = re.compile(
    r"(?<![^\s,;])(\d{3})[ \t\u00a0]+(\d{3})[ \t\u00a0]+(\d{4})(?![^\s,;])", re.ASCII
)
_HEX = re.compile(r"[0-9A-Fa-f]+")


def parse_nhs_number(text: str) -> int:
    """Return the NHS number in `text`; spaces between its digits are allowed (C5, C6, C71).

    Raises:
        ValueError: it has not ten digits, starts with 0, or its check digit is wrong; the message names it.
    """
    digits = "".join(text.split())
    if not (digits.isascii() and digits.isdigit() and len(digits) == NHS_NUMBER_DIGITS):
        raise ValueError(f'"{text.strip()}" is not an NHS number: it must have 10 digits')
    if digits.startswith("0"):
        raise ValueError(f'"{text.strip()}" is not an NHS number: it cannot start with 0')
    # The library's is_valid also refuses Scottish numbers whose digits are no date of birth: not our rule.
    if calculate_checksum(digits[:-1]) != int(digits[-1]):
        raise ValueError(f'"{text.strip()}" is not an NHS number: its check digit is wrong')
    return int(digits)


def format_nhs_number(number: int) -> str:
    """Return an NHS number as people write it: "943 476 5919"."""
    digits = f"{number:0{NHS_NUMBER_DIGITS}d}"
    return f"{digits[:3]} {digits[3:6]} {digits[6:]}"


def normalise_research_id(text: str) -> str:
    """Return a RID or MRID without surrounding space; hexadecimal ones in lower case, as anonymisers write.

    Raises:
        ValueError: it is empty, too long, or holds white space or unprintable characters.
    """
    value = text.strip()
    if not value:
        raise ValueError("A research ID cannot be empty")
    if len(value) > MAX_RESEARCH_ID_LENGTH:
        raise ValueError(f'"{value[:20]}..." is longer than a research ID can be')
    if not value.isprintable() or any(character.isspace() for character in value):
        raise ValueError(
            f"{value!r} is not a research ID: it holds spaces or unprintable characters"
        )
    return value.lower() if _HEX.fullmatch(value) else value


@dataclass(frozen=True, slots=True)
class IdentifierList:
    """Identifiers in the order given, each once, and how many repetitions were left out (C9)."""

    values: tuple[str, ...]
    repeated: int = 0


def split_identifiers(text: str) -> IdentifierList:
    """Split pasted RIDs or MRIDs at white space, commas and semicolons (C7, C9)."""
    return _each_once(part for part in _SEPARATORS.split(text) if part)


def split_nhs_numbers(text: str) -> IdentifierList:
    """Split pasted NHS numbers as `split_identifiers` does, but keep "943 476 5919" together (C6)."""
    return split_identifiers(_GROUPED_NHS_NUMBER.sub(r"\1\2\3", text))


def _each_once(parts: Iterable[str]) -> IdentifierList:
    given = list(parts)
    first: dict[str, str] = {}
    for part in given:
        # The same hexadecimal RID in capitals is the same RID.
        first.setdefault(part.lower() if _HEX.fullmatch(part) else part, part)
    return IdentifierList(values=tuple(first.values()), repeated=len(given) - len(first))
