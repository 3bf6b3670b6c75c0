"""`crate db ...`: the schema of the site database."""

import typer
from sqlalchemy.exc import InterfaceError, OperationalError

from crate_core.cli.site import open_site
from crate_core.errors import CrateError, TemporaryError
from crate_core.migrations.running import current_state, upgrade

app = typer.Typer(help="The site database: bring its schema up to date, check it.")


@app.command("upgrade")
def upgrade_schema() -> None:
    """Bring the schema to what this version needs; waits for an upgrade that is under way."""
    with open_site() as (_settings, database):
        try:
            upgrade(database.engine)
            state = current_state(database.engine)
        except (OperationalError, InterfaceError) as error:
            raise _away(error) from error
    typer.echo(f"The site database has {state}.")


@app.command()
def check() -> None:
    """Say whether the schema is the one that this version needs."""
    with open_site() as (_settings, database):
        try:
            state = current_state(database.engine)
        except (OperationalError, InterfaceError) as error:
            raise _away(error) from error
    if not state.is_usable:
        raise CrateError(f"The site database {state}.")
    typer.echo(f"The site database has {state}.")


def _away(error: OperationalError | InterfaceError) -> TemporaryError:
    return TemporaryError(f"The site database cannot be used: {error.orig}")
