"""Puts the commands together and turns errors into messages and exit codes."""

import sys
from importlib.metadata import entry_points

import typer

from crate_core.cli import audit, config, database, jobs, mail, work
from crate_core.errors import CrateError, SettingsError

_GROUP = "crate.commands"

FAILED = 1
WRONG_SETTINGS = 2


def build() -> typer.Typer:
    """Return the command line with the commands of every distribution that is installed."""
    app = typer.Typer(
        name="crate",
        help="Operate a research database site.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    own = {
        "audit": audit.app,
        "config": config.app,
        "db": database.app,
        "jobs": jobs.app,
        "mail": mail.app,
        "work": work.app,
    }
    for name, commands in own.items():
        app.add_typer(commands, name=name)
    for entry in sorted(entry_points(group=_GROUP), key=lambda entry: entry.name):
        app.add_typer(entry.load(), name=entry.name)
    return app


def main() -> None:
    """Run one command; exit with 1 when it failed, with 2 when it was called or set up wrongly."""
    try:
        build()()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(WRONG_SETTINGS)
    except CrateError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(FAILED)
