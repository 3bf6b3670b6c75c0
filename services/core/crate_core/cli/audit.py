"""`crate audit ...`: the audit's chain of hashes."""

import typer

from crate_core.audit import verify as verify_chain
from crate_core.cli.site import open_site
from crate_core.errors import CrateError

app = typer.Typer(help="The audit.")


@app.callback()
def _group() -> None:
    """Keep `verify` a command of its own, though it is the only one."""


@app.command()
def verify() -> None:
    """Walk the whole chain, and say whether an event was changed, removed or slipped in."""
    with open_site() as (_settings, database), database.read() as session:
        found = verify_chain(session)
    if found.broken_at is not None:
        raise CrateError(
            f"The audit's chain is broken at event {found.broken_at} of {found.sealed}: "
            "it, or one before it, was changed, removed or slipped in."
        )
    typer.echo(f"{found.sealed} events are sealed and fit, {found.unsealed} are not sealed yet.")
    typer.echo(f"Head of the chain: {found.head}")
