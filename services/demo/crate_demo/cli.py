"""`crate demo ...`: commands of the demonstration."""

from typing import Annotated

import typer
from sqlalchemy import Engine

from crate_core.clock import utcnow
from crate_core.database import Database, make_engine
from crate_core.errors import SettingsError
from crate_core.settings import Settings, load_settings
from crate_demo.load import Loaded, Targets, load_all
from crate_demo.report import describe_people, describe_users

app = typer.Typer(help="Demonstration data: invented people, and research records of Eunomia.")


@app.callback()
def _group() -> None:
    """Keep `load` a command of its own, though it is the only one."""


@app.command()
def load(
    patients: Annotated[
        int | None,
        typer.Option(min=30, help="How many people; more than 2,694 are copies of these."),
    ] = None,
    research_url: Annotated[
        str | None, typer.Option(help="URL of an account that may write the research database.")
    ] = None,
    secret_map_url: Annotated[
        str | None, typer.Option(help="URL of an account that may write the secret map.")
    ] = None,
    clinical_url: Annotated[
        str | None, typer.Option(help="URL of an account that may write the clinical source.")
    ] = None,
) -> None:
    """Fill the databases that the settings name; what is there already stays.

    Services read research databases, secret map and clinical sources with accounts that cannot
    write: on a server, name accounts that can.
    """
    settings = load_settings()
    targets = Targets(
        site=Database(_engine(_secret(settings, "database_url"), "CRATE_DATABASE_URL")),
        research=_engine(research_url or _research(settings), "--research-url"),
        secret_map=_engine(
            secret_map_url or _secret(settings, "secret_map_url"), "--secret-map-url"
        ),
        clinical=_engine(clinical_url or _clinical(settings), "--clinical-url"),
    )
    loaded = load_all(targets, patients, utcnow().date())
    typer.echo(describe(loaded))


def describe(loaded: Loaded) -> str:
    """Return what a load came to, in words for people."""
    filled = ", ".join(loaded.filled)
    done = f"Filled: {filled}." if filled else "Everything was there already."
    return "\n\n".join((done, describe_users(), describe_people(loaded.people)))


def _engine(url: str | None, name: str) -> Engine:
    if not url:
        message = f"{name}: is needed to load the demonstration"
        raise SettingsError(message)
    return make_engine(url, socket_seconds=600)


def _secret(settings: Settings, name: str) -> str | None:
    value = getattr(settings, name)
    return value.get_secret_value() if value else None


def _research(settings: Settings) -> str | None:
    first = next(iter(settings.research_databases), None)
    return first.url.get_secret_value() if first and first.url else None


def _clinical(settings: Settings) -> str | None:
    first = next(iter(settings.clinical_sources), None)
    return first.url.get_secret_value() if first else None
