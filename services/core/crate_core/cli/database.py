"""`crate db ...`: the schema of the site database."""

import signal
import sys
import time
from typing import Annotated

import typer
from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError

from crate_core.cli.site import open_site
from crate_core.errors import CrateError, TemporaryError
from crate_core.migrations.running import SchemaState, current_state, upgrade

app = typer.Typer(help="The site database: bring its schema up to date, check it.")

_PAUSE_SECONDS = 1


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
def check(
    *,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait until it is; say for what, once for each reason.")
    ] = False,
) -> None:
    """Say whether the schema is the one that this version needs."""
    with open_site() as (_settings, database):
        state = (_await_state if wait else _usable_state)(database.engine)
    typer.echo(f"The site database has {state}.")


def _usable_state(engine: Engine) -> SchemaState:
    try:
        state = current_state(engine)
    except (OperationalError, InterfaceError) as error:
        raise _away(error) from error
    if not state.is_usable:
        raise CrateError(f"The site database {state}.")
    return state


def _await_state(engine: Engine) -> SchemaState:
    # The first process of a container is not ended by a signal that it does not handle.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    told = ""
    while True:
        try:
            return _usable_state(engine)
        except CrateError as error:
            if str(error) != told:
                told = str(error)
                typer.echo(told)
        time.sleep(_PAUSE_SECONDS)


def _away(error: OperationalError | InterfaceError) -> TemporaryError:
    return TemporaryError(f"The site database cannot be used: {error.orig}")
