"""Making any text printable with the fonts that come with this package.

PDF/UA forbids a character without a glyph, and typesetting stops at one. A name in a script that the
fonts lack must not stop a letter: such characters are shown as a box.
"""

import struct
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FONT_FOLDER = Path(__file__).parent / "fonts"
# Of all fonts here, the one with the widest coverage; the others are subsets of it.
_WIDEST = "DejaVuSans.ttf"
_BOX = "\u25a1"
_BREAKS = "\n\u200b"
_UNICODE_FULL = 12  # format of the character map's subtable that holds all planes


def printable(text: str) -> str:
    """Return the text in composed form, with a box for each character that no font here has.

    Control characters are left out, except line breaks, real and possible ones; so are joiners and
    variation selectors that the fonts do not know.
    """
    known = covered_characters()
    return "".join(
        character if ord(character) in known or character in _BREAKS else _replacement(character)
        for character in unicodedata.normalize("NFC", text)
    )


def _replacement(character: str) -> str:
    if character == "\t":
        return " "
    return "" if unicodedata.category(character) in {"Cc", "Cf", "Mn", "Me"} else _BOX


@cache
def covered_characters() -> frozenset[int]:
    """Return the code points that the widest font has a glyph for."""
    data = (FONT_FOLDER / _WIDEST).read_bytes()
    return frozenset(
        code
        for first, last in _segments(data, _full_character_map(data))
        for code in range(first, last + 1)
        if not unicodedata.category(chr(code)).startswith("C")
    )


def _full_character_map(data: bytes) -> int:
    """Offset of the character map's subtable for all planes, by the OpenType specification."""
    (tables,) = struct.unpack_from(">H", data, 4)
    records = (struct.unpack_from(">4sLLL", data, 12 + 16 * index) for index in range(tables))
    (start,) = (offset for tag, _, offset, _ in records if tag == b"cmap")
    (subtables,) = struct.unpack_from(">H", data, start + 2)
    offsets: list[int] = [
        start + struct.unpack_from(">L", data, start + 8 + 8 * index)[0]
        for index in range(subtables)
    ]
    return next(
        offset for offset in offsets if struct.unpack_from(">H", data, offset)[0] == _UNICODE_FULL
    )


def _segments(data: bytes, offset: int) -> Iterator[tuple[int, int]]:
    (groups,) = struct.unpack_from(">L", data, offset + 12)
    for index in range(groups):
        first, last, _ = struct.unpack_from(">LLL", data, offset + 16 + 12 * index)
        yield first, last
