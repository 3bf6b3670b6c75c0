"""Writes the migration that the models ask for; for developers, by `make migration`."""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory

from crate_core.database import make_engine
from crate_core.migrations.running import config

_HERE = Path(__file__).parent


def write_migration(message: str, folder: Path = _HERE) -> Path:
    """Write what the models have and all migrations together do not make, as the next migration.

    Args:
        message: what it does, a few words; they name the file, too.
        folder: where the migrations are.

    Returns:
        The new file. It is a draft: a person reads it, and sees that it only adds.
    """
    with tempfile.TemporaryDirectory() as scratch:
        engine = make_engine(f"sqlite:///{scratch}/site.db")
        with engine.connect() as connection:
            settings = config(connection)
            settings.set_main_option("script_location", str(folder))
            command.upgrade(settings, "head")
            connection.commit()
            head = ScriptDirectory.from_config(settings).get_current_head() or "0"
            number = f"{int(head) + 1:04d}"
            command.revision(settings, message, autogenerate=True, rev_id=number)
        engine.dispose()
    return next((folder / "versions").glob(f"{number}_*.py"))


if __name__ == "__main__":
    words = " ".join(sys.argv[1:]).strip()
    if not words:
        sys.exit('Say what the migration does: make migration NAME="Add a column"')
    sys.stdout.write(f"{write_migration(words)}\n")
