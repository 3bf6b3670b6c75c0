"""Site databases with the present schema, made quickly."""

import shutil
from pathlib import Path

from sqlalchemy import Engine, exists, literal, select, text, union_all

from crate_core.database import Database, make_engine
from crate_core.models import Base


def create_schema(url: str) -> None:
    """Create all tables in an empty database."""
    engine = make_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()


class SqliteTemplate:
    """A SQLite file with the schema, made once and copied for each test."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "template.db"
        create_schema(f"sqlite:///{self._template}")
        # Closing the last connection of a WAL database leaves everything in the one file.

    def copy_to(self, path: Path) -> str:
        """Return the URL of a copy at ``path``."""
        shutil.copyfile(self._template, path)
        return f"sqlite:///{path}"


def empty_tables(engine: Engine) -> None:
    """Delete all rows of a MariaDB site database; cheaper than making the tables anew."""
    tables = Base.metadata.sorted_tables
    found = union_all(
        *(
            select(literal(table.name)).where(exists(select(literal(1)).select_from(table)))
            for table in tables
        )
    )
    with engine.begin() as connection:
        filled = set(connection.scalars(found))
        connection.execute(text("SET FOREIGN_KEY_CHECKS = 0"))
        for table in tables:
            if table.name in filled:
                connection.execute(table.delete())
        connection.execute(text("SET FOREIGN_KEY_CHECKS = 1"))


def open_database(url: str) -> Database:
    """Return the site database behind a URL."""
    return Database.open(url)
