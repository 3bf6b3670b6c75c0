"""Reading which tables and columns the research databases have, for the pages that show them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import create_engine, delete, inspect
from sqlalchemy.engine.reflection import ObjectKind
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlalchemy.types import TypeEngine

from crate_core.clock import utcnow
from crate_core.database import WriteSession
from crate_core.models.research import ResearchColumn
from crate_core.settings.research import ResearchDatabase
from crate_core.telemetry.logs import get_logger
from crate_core.telemetry.metrics import DATABASE_UP
from crate_web.runner.accounts import excess_rights

log = get_logger(__name__)

_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Column:
    """One column as the database describes it."""

    table: str
    name: str
    position: int
    data_type: str
    comment: str


def read_structure(database: ResearchDatabase) -> list[Column] | None:
    """Return the columns of all tables and views of a database; None when it is away.

    Reports an account that can do more than read.
    """
    if database.address is None:
        return None
    engine = create_engine(database.address, poolclass=NullPool)
    schema = None if database.engine_name == "sqlite" else database.schema_read
    try:
        with engine.connect() as connection:
            found = inspect(connection).get_multi_columns(schema=schema, kind=ObjectKind.ANY)
            if rights := excess_rights(connection):
                log.warning("account can do more than read", database=database.name, rights=rights)
    except SQLAlchemyError as error:
        DATABASE_UP.labels(database=database.name).set(0)
        log.warning("structure not read", database=database.name, reason=type(error).__name__)
        return None
    finally:
        engine.dispose()
    DATABASE_UP.labels(database=database.name).set(1)
    return [
        Column(
            table=table[:_LONGEST_NAME],
            name=column["name"][:_LONGEST_NAME],
            position=position,
            data_type=_type_name(column["type"]),
            comment=column.get("comment") or "",
        )
        for (_schema, table), columns in sorted(found.items(), key=lambda item: item[0][1])
        for position, column in enumerate(columns, start=1)
    ]


def _type_name(kind: TypeEngine[object]) -> str:
    # Collations and character sets fill the line and help nobody who writes a query.
    return str(kind).partition(" COLLATE")[0].partition(" CHARACTER SET")[0][:_LONGEST_NAME]


def store_structure(session: WriteSession, database: str, columns: Sequence[Column]) -> None:
    """Replace what is known of one database."""
    now = utcnow()
    session.change(delete(ResearchColumn).where(ResearchColumn.database == database))
    session.add_all(
        ResearchColumn(
            database=database,
            table_name=column.table,
            column_name=column.name,
            position=column.position,
            data_type=column.data_type,
            comment=column.comment,
            read_at=now,
        )
        for column in columns
    )
