"""What the commands work with: the settings, and the site database."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager

from crate_core.database import Database
from crate_core.errors import SettingsError
from crate_core.settings import Settings, load_settings


@contextmanager
def open_site() -> Iterator[tuple[Settings, Database]]:
    """Give the settings and the site database that they name.

    Raises:
        SettingsError: no site database is set.
    """
    settings = load_settings()
    if settings.database_url is None:
        raise SettingsError("CRATE_DATABASE_URL: must be set, to find the site database")
    database = Database.open(settings.database_url.get_secret_value(), pool_size=1)
    try:
        yield settings, database
    finally:
        database.dispose()


def operator() -> str:
    """Return the name under which the audit knows who runs this command."""
    try:
        return f"operator:{getpass.getuser()}"
    except (KeyError, OSError):  # an account without a name, as in containers
        return f"operator:{os.getuid()}"
