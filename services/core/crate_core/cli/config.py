"""`crate config ...`: whether the settings are right, and what they are."""

import json
from typing import Annotated

import typer

from crate_core.settings import Service, load_settings, require
from crate_core.settings.document import describe_settings
from crate_core.settings.masking import masked

app = typer.Typer(help="Settings: check them, show them.", no_args_is_help=True)


@app.command()
def check(
    service: Annotated[
        list[Service] | None,
        typer.Option(help="Check also that all which this service needs is set; may be repeated."),
    ] = None,
) -> None:
    """Read all settings, and say which are wrong, where they stand, and what the rule is."""
    settings = load_settings()
    for one in service or []:
        require(settings, one)
    services = f" for {', '.join(service)}" if service else ""
    typer.echo(f"The settings are right{services}.")


@app.command()
def show() -> None:
    """Show every setting as services see it, secrets masked."""
    typer.echo(json.dumps(masked(load_settings()), indent=2, ensure_ascii=False))


@app.command()
def document() -> None:
    """Write the page that describes every setting (docs/configuration.md)."""
    typer.echo(describe_settings(), nl=False)
