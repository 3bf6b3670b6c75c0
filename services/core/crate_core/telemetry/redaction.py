"""Masks what must never reach a log line: the last wall, not the rule.

Code does not log identifiers in the first place; exceptions of other people's libraries sometimes do.
"""

import re
from collections.abc import Mapping

MASK = "[redacted]"

_NHS_NUMBER_DIGITS = 10

_SECRET_KEY = re.compile(
    r"password|passwd|secret|token|authorization|cookie|nhs|\bpid\b|\bmpid\b|recipient|date_of_birth",
    re.IGNORECASE,
)
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # scheme://user:password@host
    (re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+@"), rf"\1:{MASK}@"),
    (re.compile(r"[\w.+%'-]+@((?:[\w-]+\.)+[A-Za-z]{2,})"), rf"{MASK}@\1"),
    # Link tokens are 43 characters of base64url; a UUID has 36 and stays, as long names do.
    (re.compile(r"(?<![\w-])(?![a-z_-]+(?![\w-]))[A-Za-z0-9_-]{40,}(?![\w-])"), MASK),
    # Ten digits, as NHS numbers are printed: together, or in groups of 3, 3 and 4.
    (re.compile(r"(?<![\w.-])\d{3}[ -]?\d{3}[ -]?\d{4}(?![\w-])"), MASK),
)


def redact_text(text: str) -> str:
    """Return `text` with NHS-like numbers, tokens, mail addresses and passwords in URLs masked (C41)."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def redact(value: object, key: str = "") -> object:
    """Return a copy of `value` without secrets, at any depth; `key` is the name it stands under."""
    if key and _SECRET_KEY.search(key):
        return MASK if value else value
    match value:
        case bool() | float() | None:
            return value
        case int():
            return MASK if len(str(abs(value))) == _NHS_NUMBER_DIGITS else value
        case Mapping():
            return {str(name): redact(part, str(name)) for name, part in value.items()}
        case list() | tuple() | set() | frozenset():
            return [redact(part) for part in value]
        case _:
            return redact_text(str(value))
