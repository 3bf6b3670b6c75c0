"""Column types that mean the same on every engine."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, LargeBinary, UnicodeText
from sqlalchemy.dialects import mssql, mysql
from sqlalchemy.types import TypeDecorator, TypeEngine


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware UTC in Python, stored without zone with microseconds."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose a type with microseconds where the engine's default has none."""
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        if dialect.name == "mssql":
            return dialect.type_descriptor(mssql.DATETIME2(6))  # type: ignore[no-untyped-call]
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware moment into the stored form; a naive one is a bug."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"a moment needs a time zone, got {value!r}"
            raise ValueError(message)
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the stored moment its zone back."""
        return None if value is None else value.replace(tzinfo=UTC)


# MySQL's plain TEXT and BLOB end at 64 KiB, less than a leaflet; SQL Server's NTEXT and IMAGE cannot
# be compared, and are on their way out.
LongText = (
    UnicodeText()
    .with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
    .with_variant(mssql.NVARCHAR(None), "mssql")
)
LongBytes = (
    LargeBinary()
    .with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
    .with_variant(mssql.VARBINARY("max"), "mssql")  # type: ignore[no-untyped-call]
)
