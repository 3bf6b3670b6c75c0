"""Rows as they are kept: JSON, compressed, with the types that a page or an export must tell apart.

NULL, '', numbers, text, dates and bytes stay distinct (R21). JSON's own types stand for themselves; any
other value is a pair of a mark and a text, and no value of JSON's own is a pair.
"""

import base64
import json
import math
import zlib
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

Cell = None | bool | int | float | str | bytes | Decimal | date | time | datetime | timedelta
"""A value of a result; `datetime` is a `date` too, so test for it first."""

Row = Sequence[Cell]

_COMPRESSION = 3
_ISO_FORMATTED = (("datetime", datetime), ("date", date), ("time", time))
_READ: dict[str, Callable[[str], Cell]] = {
    "decimal": Decimal,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "duration": lambda text: timedelta(microseconds=int(text)),
    "bytes": base64.b64decode,
    "float": float,
    "text": str,
}


def encode_row(row: Sequence[Any]) -> str:
    """Return a row of a driver as JSON; values of types unknown here become their text."""
    return json.dumps([_plain(value) for value in row], ensure_ascii=False, separators=(",", ":"))


def pack(rows: Sequence[str]) -> bytes:
    """Return encoded rows as one compressed chunk."""
    return zlib.compress(f"[{','.join(rows)}]".encode("utf-8", "replace"), _COMPRESSION)


def unpack(content: bytes) -> list[list[Cell]]:
    """Return the rows of a chunk."""
    rows = json.loads(zlib.decompress(content))
    return [[_value(cell) for cell in row] for row in rows]


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else ["float", repr(value)]
    return _marked(value)


def _marked(value: Any) -> list[str]:
    if isinstance(value, bytes | bytearray | memoryview):
        return ["bytes", base64.b64encode(value).decode()]
    if isinstance(value, timedelta):
        return ["duration", str(value // timedelta(microseconds=1))]
    for mark, kind in _ISO_FORMATTED:
        if isinstance(value, kind):
            return [mark, value.isoformat()]
    return ["decimal" if isinstance(value, Decimal) else "text", str(value)]


def _value(cell: Any) -> Cell:
    if isinstance(cell, list):
        mark, text = cell
        value: Cell = _READ[mark](text)
        return value
    plain: Cell = cell
    return plain
