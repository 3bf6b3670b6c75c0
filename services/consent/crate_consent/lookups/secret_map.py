"""Resolves the research IDs of contact requests to NHS numbers, through the secret map."""

from typing import Any

from sqlalchemy import Column, Engine, Select, bindparam, select
from sqlalchemy.engine import URL

from crate_consent.lookups.engine import make_source_engine, reading
from crate_core.domain.identifiers import normalise_research_id
from crate_core.errors import PermanentError
from crate_core.secret_map import secret_map


def _by(column: Column[str]) -> Select[str, int]:
    # Bound as text, whatever it looks like: a number would let the server compare as
    # numbers, without the index and with "1" equal to "1x".
    return select(column, secret_map.c.mpid).where(column == bindparam("value"))


_BY_RID, _BY_MRID = _by(secret_map.c.rid), _by(secret_map.c.mrid)


class SecretMap:
    """The secret map of the research database whose IDs contact requests use."""

    def __init__(self, url: str | URL) -> None:
        """Prepare to read the map at `url`; nothing is connected before the first look-up."""
        self._engine: Engine = make_source_engine(url)

    def nhs_number_for(self, *, rid: str | None = None, mrid: str | None = None) -> int | None:
        """Return the NHS number behind a research ID; None if the map does not hold it (C10, C11).

        Args:
            rid: a RID; give this or `mrid`.
            mrid: a MRID.

        Raises:
            ValueError: not exactly one of the two is given.
            PermanentError: the map holds two NHS numbers for the ID, or one that is no number.
            TemporaryError: the map does not answer.
            SettingsError: the database has no such map, or the account may not read it.
        """
        if rid is not None and mrid is None:
            statement, value = _BY_RID, rid
        elif mrid is not None and rid is None:
            statement, value = _BY_MRID, mrid
        else:
            message = "give exactly one of rid and mrid"
            raise ValueError(message)
        with reading(self._engine, "the secret map") as connection:
            rows = connection.execute(statement, {"value": value}).all()
        # Servers find "ABC" for "abc"; whether these are one ID is not theirs to say.
        found = [_as_nhs_number(row[1]) for row in rows if _is_same(str(row[0]), value)]
        numbers = {number for number in found if number is not None}
        if len(numbers) > 1:
            message = "the secret map holds two NHS numbers for this research ID"
            raise PermanentError(message)
        return numbers.pop() if numbers else None

    def close(self) -> None:
        """Close its connections."""
        self._engine.dispose()


def _is_same(stored: str, asked: str) -> bool:
    return stored == asked or normalise_research_id(stored) == normalise_research_id(asked)


def _as_nhs_number(value: Any) -> int | None:
    """Return a stored NHS number as a number; maps keep it as a number or as text."""
    if value is None:
        return None
    digits = "".join(str(value).split())
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit()):
        message = "the secret map holds an NHS number that is no number"
        raise PermanentError(message)
    return int(digits)
