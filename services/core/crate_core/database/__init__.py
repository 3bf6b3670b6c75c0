"""Connections, sessions and units of work on the site database."""

from crate_core.database.engine import make_engine
from crate_core.database.sessions import Database, ReadSession, WriteSession
from crate_core.database.types import UtcDateTime

__all__ = ["Database", "ReadSession", "UtcDateTime", "WriteSession", "make_engine"]
