"""Alembic's entry point; the connection is given by `crate_core.migrations.running`."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from crate_core.database.types import LongBytes, LongText, UtcDateTime
from crate_core.models import Base


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our own column types by their names in new migrations."""
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        autogen.imports.add("from crate_core.database.types import UtcDateTime")
        return "UtcDateTime()"
    for name, own in (("LongText", LongText), ("LongBytes", LongBytes)):
        if item is own:
            autogen.imports.add(f"from crate_core.database.types import {name}")
            return name
    return False


def run() -> None:
    """Run the migrations that were asked for, on the given connection."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=connection.dialect.name != "mysql",
        compare_type=True,
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
