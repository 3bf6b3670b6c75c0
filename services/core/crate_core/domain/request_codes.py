"""Codes by which people name a contact request: printed on forms, read out by telephone, typed back."""

# Crockford's base 32: no I, L, O, U, so that nothing is misread or spells a word.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ENTROPY_BYTES = 7
_DATA_CHARACTERS = 11
_GROUP = 4
_BASE = len(ALPHABET)
_MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})


def new_request_code(entropy: bytes) -> str:
    """Return a code such as "K7QM-2Z9T-4HWX" from random bytes: 55 bits and a check character.

    Args:
        entropy: `ENTROPY_BYTES` random bytes.

    Raises:
        ValueError: another number of bytes.
    """
    if len(entropy) != ENTROPY_BYTES:
        raise ValueError(f"A request code needs {ENTROPY_BYTES} random bytes, not {len(entropy)}")
    number = int.from_bytes(entropy) >> 1
    data = "".join(
        ALPHABET[number >> (5 * place) & 31] for place in reversed(range(_DATA_CHARACTERS))
    )
    return _grouped(data + _check_character(data))


def parse_request_code(text: str) -> str:
    """Return the code in `text` in its one written form; capitals, hyphens, spaces, I/L and O do not matter.

    Raises:
        ValueError: it is not a code, or a character is wrong (the check character tells).
    """
    code = text.strip().upper().translate(_MISREAD)
    if len(code) != _DATA_CHARACTERS + 1 or any(character not in ALPHABET for character in code):
        raise ValueError(f'"{text.strip()}" is not a request code: it has 12 letters and digits')
    if _check_character(code[:-1]) != code[-1]:
        raise ValueError(f'"{text.strip()}" is not a request code: please check each character')
    return _grouped(code)


def _grouped(code: str) -> str:
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def _check_character(data: str) -> str:
    """Luhn's check in base 32: finds every wrong character, and all exchanged neighbours but 0 and Z."""
    total = 0
    for place, character in enumerate(reversed(data)):
        value = ALPHABET.index(character) * (2 if place % 2 == 0 else 1)
        total += value // _BASE + value % _BASE
    return ALPHABET[-total % _BASE]
