"""What every table shares: naming of constraints, key and column types."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import BigInteger, Index, Integer, MetaData, String, Unicode, text
from sqlalchemy.orm import DeclarativeBase, mapped_column

from crate_core.database.types import UtcDateTime

# Named constraints, so that a migration can drop one on every engine.
_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Key = Annotated[
    int,
    # SQLite gives row ids to INTEGER keys only.
    mapped_column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),
]
# Unicode is NVARCHAR on SQL Server, where VARCHAR would lose letters outside one code page.
ShortText = Annotated[str, mapped_column(Unicode(100))]
Code = Annotated[str, mapped_column(String(40))]
Line = Annotated[str, mapped_column(Unicode(255))]


class Base(DeclarativeBase):
    """Base of all tables of the site database."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime()}


def unique_where_set(name: str, column: str) -> Index:
    """Return a unique index over a nullable column, in which NULL may stand often.

    SQL Server counts NULLs as equal unless the index is filtered; the others do not.
    """
    return Index(name, column, unique=True, mssql_where=text(f"{column} IS NOT NULL"))
