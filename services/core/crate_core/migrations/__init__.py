"""Migrations of the site database, run once by `crate db upgrade`, under a lock."""

from crate_core.migrations.running import SchemaState, current_state, downgrade, upgrade

__all__ = ["SchemaState", "current_state", "downgrade", "upgrade"]
