"""Whether the site database answers: a check of readiness, and a metric."""

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from crate_core.telemetry.metrics import DATABASE_UP


class SiteDatabaseReachable:
    """A check for `HealthServer`: None when the database answers, else why it does not."""

    def __init__(self, engine: Engine) -> None:
        """Ask through `engine`; where the process forks, one without a pool."""
        self._engine = engine

    def __call__(self) -> str | None:
        """Ask, and set `crate_database_up`."""
        try:
            with self._engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except DBAPIError as error:
            DATABASE_UP.labels(database="site").set(0)
            return f"{type(error).__name__}: {error.orig}"
        DATABASE_UP.labels(database="site").set(1)
        return None
