"""The research databases as pages and the runner speak of them."""

from collections.abc import Sequence

from crate_core.settings.research import ResearchDatabase
from crate_web.research.gate import Place

_GATE_DIALECTS = {"mysql": "mysql", "mssql": "tsql", "sqlite": "sqlite"}


def place_of(database: ResearchDatabase) -> Place:
    """Return what the gate must know of a database."""
    return Place(
        dialect=_GATE_DIALECTS[database.engine_name],
        schema=database.schema_read,
        functions=frozenset(name.upper() for name in database.allowed_functions),
    )


def find_database(databases: Sequence[ResearchDatabase], name: str) -> ResearchDatabase | None:
    """Return the database of this name, or None."""
    return next((database for database in databases if database.name == name), None)
