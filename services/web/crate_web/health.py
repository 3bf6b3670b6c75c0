"""What web needs in order to answer: its database, with the schema of this version."""

from collections.abc import Mapping

from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from crate_core.migrations.running import current_state
from crate_core.settings import Settings
from crate_core.telemetry.health import Check
from crate_core.telemetry.reachable import SiteDatabaseReachable


def readiness(settings: Settings) -> Mapping[str, Check]:
    """Return the checks of /health/ready, by the name of what they look at.

    They connect anew each time: the process that serves them forks the ones that answer pages, and a
    connection must not be in two processes.
    """
    if settings.database_url is None:
        raise TypeError("no database_url: require() checks the settings before")
    engine = create_engine(settings.database_url.get_secret_value(), poolclass=NullPool)
    return {"database": SiteDatabaseReachable(engine), "schema": _SchemaIsOwn(engine)}


class _SchemaIsOwn:
    """Asks until it is, then no more: a running version's schema stays usable to it (migrations add)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._seen = False

    def __call__(self) -> str | None:
        if self._seen:
            return None
        state = current_state(self._engine)
        self._seen = state.is_usable
        return None if self._seen else str(state)
