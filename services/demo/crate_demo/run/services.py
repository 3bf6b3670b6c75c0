"""The processes of a local run, and what each of them is told."""

import json
import shlex
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crate_demo.run.state import State
from crate_demo.run.supervisor import Process

HOST = "127.0.0.1"
CLINICAL_SOURCE = "dummy"


@dataclass(frozen=True)
class Ports:
    """Where the processes listen; services not named have only a private port."""

    web: int
    smtp: int
    mail_pages: int
    private: Mapping[str, int]
    """Private port (health, metrics) of each service."""


_MODULES = {
    "relay": "crate_core.relay",
    "consent": "crate_consent",
    "mailer": "crate_mailer",
    "runner": "crate_web.runner",
    "web": "crate_web.serve",
}
SERVICES = tuple(_MODULES)
# Celery advises whoever is root to use an option that there is none of here; on the machine of somebody who
# tries the site that helps nobody. Everything else that Python warns of is shown.
_WARNINGS = "ignore:You're running the worker with superuser privileges"
_STAGES = {"mail": 0, "relay": 1, "consent": 1, "mailer": 1, "runner": 1, "web": 2}


def write_environment(state: State, ports: Ports) -> None:
    """Write all settings to a file that a shell can read, for `crate` on this site."""
    settings = _common_settings(state, ports)
    for name in ("web", "mailer", "consent", "runner"):
        settings |= _own_settings(name, state, ports)
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in settings.items()]
    state.environment.write_text("".join(lines), encoding="utf-8")


def _research_settings(state: State, *, with_url: bool) -> dict[str, str]:
    database = {
        "name": "eunomia",
        "title": "Eunomia (demonstration)",
        "dialect": "sqlite",
        "trid_column": "trid",
    }
    if with_url:
        database["url"] = state.database_url("research")
    return {"CRATE_RESEARCH_DATABASES": json.dumps([database])}


def _identity_settings(state: State) -> dict[str, str]:
    source = {"name": CLINICAL_SOURCE, "kind": "dummy", "url": state.database_url("clinical")}
    return {
        "CRATE_CLINICAL_SOURCES": json.dumps([source]),
        "CRATE_CONSENT_LOOKUP": CLINICAL_SOURCE,
        "CRATE_SECRET_MAP_URL": state.database_url("secret"),
    }


def _own_settings(name: str, state: State, ports: Ports) -> dict[str, str]:
    """Return what one service is told and the others are not (design 1: who connects to what)."""
    match name:
        case "web":
            return {
                "CRATE_BIND": f"{HOST}:{ports.web}",
                **_research_settings(state, with_url=False),
            }
        case "runner":
            return _research_settings(state, with_url=True)
        case "consent":
            return _identity_settings(state)
        case "mailer":
            return {"CRATE_SMTP_URL": f"smtp://{HOST}:{ports.smtp}"}
        case _:
            return {}


def _common_settings(state: State, ports: Ports) -> dict[str, str]:
    return {
        "CRATE_SECRET_KEY_FILE": str(state.secret_key),
        "CRATE_PUBLIC_URL": f"http://{HOST}:{ports.web}",
        "CRATE_DATABASE_URL": state.database_url("site"),
        "CRATE_BROKER_URL": f"filesystem://{state.broker}",
        "CRATE_HEARTBEAT_FOLDER": str(state.heartbeats),
        "CRATE_MAIL_FROM": "Research database <research.database@example.org>",
        # Nothing leaves this machine, so that mail may go to whom it is for. Web is told, too: its
        # pages say so while the catch is on.
        "CRATE_SAFETY_CATCH": "false",
        "CRATE_WORKER_PROCESSES": "1",
    }


def make_processes(state: State, ports: Ports, environment: Mapping[str, str]) -> Iterator[Process]:
    """Yield every process of a local run.

    Args:
        state: the folder that they share.
        ports: where they listen.
        environment: that of this process; its `CRATE_*` win over what is set here.
    """
    yield Process(
        "mail",
        (
            sys.executable,
            "-m",
            "crate_demo.run.mail_sink",
            str(state.mail),
            str(ports.smtp),
            str(ports.mail_pages),
        ),
        dict(environment),
        _STAGES["mail"],
    )
    for name, module in _MODULES.items():
        settings = {
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": _WARNINGS,
            **_common_settings(state, ports),
            **_own_settings(name, state, ports),
            "CRATE_HEALTH_PORT": str(ports.private[name]),
        }
        yield Process(
            name, (sys.executable, "-m", module), {**settings, **environment}, _STAGES[name]
        )
