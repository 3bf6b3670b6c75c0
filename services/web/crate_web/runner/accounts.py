"""Whether the account on a research database is as read-only as it must be: first of three walls."""

import re
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, text

_GRANT: Final = re.compile(r"GRANT (?P<rights>.+?) ON (?P<where>.+?) TO ", re.IGNORECASE)
_HARMLESS: Final = frozenset(["USAGE", "SELECT", "SHOW VIEW", "PROXY"])
_COLUMNS: Final = re.compile(r"\s*\([^)]*\)")
_SQL_SERVER: Final = text(
    "SELECT permission_name FROM fn_my_permissions(NULL, 'DATABASE') "
    "WHERE permission_name IN ('INSERT', 'UPDATE', 'DELETE', 'ALTER', 'CONTROL', 'EXECUTE')"
)


def excess_rights(connection: Connection) -> list[str]:
    """Return the rights of the connected account beyond reading, as words; none is as it must be.

    SQLite has no accounts: its file is opened for reading only.
    """
    match connection.dialect.name:
        case "mysql" | "mariadb":
            grants = connection.exec_driver_sql("SHOW GRANTS").scalars()
            return rights_beyond_reading(grants)
        case "mssql":
            return sorted(connection.execute(_SQL_SERVER).scalars())
    return []


def rights_beyond_reading(grants: Iterable[str]) -> list[str]:
    """Return what MySQL's GRANT statements allow beyond reading, each with what it is allowed on."""
    found: list[str] = []
    for grant in grants:
        match = _GRANT.match(grant)
        if match is None:
            continue
        rights = [right.strip().upper() for right in _COLUMNS.sub("", match["rights"]).split(",")]
        where = match["where"].replace("`", "")
        found += [f"{right} on {where}" for right in rights if right not in _HARMLESS]
    return found
