"""`crate-run`: starts every service on this machine, with demonstration data."""

import argparse
import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from crate_core.clock import utcnow
from crate_core.database import Database, make_engine
from crate_core.errors import CrateError
from crate_core.migrations import upgrade
from crate_demo.load import Loaded, Targets, load_all
from crate_demo.report import describe_people, describe_users
from crate_demo.run.console import Console
from crate_demo.run.ports import free_ports
from crate_demo.run.readiness import wait_until_ready
from crate_demo.run.services import HOST, SERVICES, Ports, make_processes, write_environment
from crate_demo.run.state import State, locked, open_state
from crate_demo.run.supervisor import Supervisor

_WEB_PORT = 8000
_OTHER_PORTS = 9025
_READY_SECONDS = 60


def main() -> None:
    """Run the site until Ctrl-C or SIGTERM."""
    arguments = _parser().parse_args()
    console = Console(("mail", *SERVICES))
    try:
        state = open_state(Path(os.environ.get("CRATE_STATE") or "run"))
        with locked(state):
            started = time.monotonic()
            loaded = _load(state, arguments.patients, console)
            asyncio.run(_run(state, arguments.port, loaded, console, started))
    except CrateError as error:
        sys.exit(f"crate-run: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="crate-run", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=_WEB_PORT, help="port of the site; the next free one is taken"
    )
    parser.add_argument(
        "--patients", type=int, default=None, help="how many people to load; 2,694 at first"
    )
    return parser


def _load(state: State, patients: int | None, console: Console) -> Loaded:
    """Bring schema and demonstration data up to date."""
    if not (state.folder / "site.db").exists():
        console.say(f"First start: loading the demonstration into {state.folder} ...")
    site, research, secret, clinical = (
        make_engine(state.database_url(name)) for name in ("site", "research", "secret", "clinical")
    )
    try:
        upgrade(site)
        targets = Targets(Database(site), research, secret, clinical)
        loaded = load_all(targets, patients, utcnow().date())
    finally:
        for engine in (site, research, secret, clinical):
            engine.dispose()
    return loaded


def _choose_ports(first: int) -> Ports:
    others = free_ports(_OTHER_PORTS)
    return Ports(
        web=next(free_ports(first)),
        smtp=next(others),
        mail_pages=next(others),
        private={name: next(others) for name in SERVICES},
    )


async def _run(state: State, port: int, loaded: Loaded, console: Console, started: float) -> None:
    ports = _choose_ports(port)
    write_environment(state, ports)
    supervisor = Supervisor(list(make_processes(state, ports, _inherited(os.environ))), console.log)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, supervisor.request_stop)
    welcome = asyncio.create_task(_welcome(state, ports, loaded, console, started))
    await supervisor.run()
    welcome.cancel()
    console.say("All stopped.")


def _inherited(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name != "CRATE_STATE"}


async def _welcome(
    state: State, ports: Ports, loaded: Loaded, console: Console, started: float
) -> None:
    late = await wait_until_ready(ports.private, _READY_SECONDS)
    if late:
        console.say(f"Not ready yet: {', '.join(late)}. See their lines above.")
    else:
        console.say(f"\nReady after {time.monotonic() - started:.1f} s.")
    console.say(_instructions(state, ports, loaded))


def _instructions(state: State, ports: Ports, loaded: Loaded) -> str:
    return f"""
Site:   http://{HOST}:{ports.web}/
Mails:  http://{HOST}:{ports.mail_pages}/  (files in {state.mail})
Shell:  source {state.environment}, then use the command `crate`

{describe_users()}

{describe_people(loaded.people)}

Ctrl-C stops everything. To begin anew, delete {state.folder} while it is stopped."""
