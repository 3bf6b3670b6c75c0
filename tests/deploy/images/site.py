"""The whole system in containers, as `make up` starts it."""

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

from crate_demo.people import Person
from tests.deploy.deployed import DeployedSite
from tests.deploy.images.engine import ROOT, docker, inspect, run
from tests.servers.process import HOST, free_port

SERVICES = ("web", "runner", "consent", "mailer", "relay", "flower")
ALL = (*SERVICES, "proxy", "mail", "rabbitmq", "mariadb")


_PREFIX = "crate-test-"


class ContainerSite(DeployedSite):
    """A project of the compose file, with data and ports of its own."""

    def __init__(self, people: Sequence[Person]) -> None:
        """Run `make up` from nothing; `seconds` tells how long it took to a signed-in page."""
        super().__init__(people)
        self._project = f"{_PREFIX}{os.getpid()}"
        self._compose = _compose(self._project)
        site_port, mail_port = str(free_port()), str(free_port())
        self._ports = {"SITE_PORT": site_port, "MAIL_PORT": mail_port}
        self.url = f"http://{HOST}:{site_port}/crate"
        self._containers: dict[str, str] = {}
        started = time.monotonic()
        self.said = run(
            *("make", "up", f"COMPOSE={' '.join(self._compose)}"),
            seconds=600,
            variables={"DEMO_PATIENTS": str(len(people)), **self._ports},
        ).stdout
        self.sign_in("researcher").close()
        self.seconds = time.monotonic() - started

    def stop(self) -> None:
        """Remove containers and data."""
        self.compose("down", "--volumes", "--timeout", "5")

    # --- Containers

    def compose(self, *arguments: str, seconds: float = 300) -> str:
        """Return what a command of compose on this project wrote."""
        return run(*self._compose, *arguments, seconds=seconds, variables=self._ports).stdout

    def container(self, service: str) -> str:
        """Return the id of a service's container; it stays over restarts."""
        if service not in self._containers:
            names = (f"project={self._project}", f"service={service}")
            filters = [f"--filter=label=com.docker.compose.{name}" for name in names]
            self._containers[service] = docker("ps", "--all", "--quiet", *filters).strip()
        return self._containers[service]

    def execute(self, service: str, *command: str, given: str | None = None) -> str:
        """Return what a command in a service's container wrote."""
        return docker("exec", "--interactive", self.container(service), *command, given=given)

    def await_healthy(self, *services: str, seconds: float = 120) -> None:
        """Return as soon as the engine calls these services healthy.

        Raises:
            TimeoutError: it does not in time; the ends of the logs are in the text.
        """
        waiting, deadline = list(services), time.monotonic() + seconds
        while waiting:
            state = inspect(self.container(waiting[0]))["State"]
            if state["Running"] and state["Health"]["Status"] == "healthy":
                waiting.pop(0)
            elif time.monotonic() > deadline:
                raise TimeoutError(f"{waiting}: {state}\n{self.logs(waiting[0])}")
            else:
                time.sleep(0.3)

    def logs(self, service: str) -> str:
        """Return the end of a service's log."""
        done = run("docker", "logs", "--tail", "40", self.container(service))
        return done.stdout + done.stderr

    @staticmethod
    def passwords() -> dict[str, str]:
        """Return the random values of docker/secrets by name."""
        return dict(json.loads((ROOT / "docker/secrets/values.json").read_text()))


def remove_what_was_left() -> None:
    """Remove containers and data of runs that were cut short: they start again with the engine."""
    label = '--format={{.Label "com.docker.compose.project"}}'
    projects = {name for name in docker("ps", "--all", label).split() if name.startswith(_PREFIX)}
    for project in projects:
        if not Path(f"/proc/{project.removeprefix(_PREFIX)}").exists():
            run(*_compose(project), "down", "--volumes", "--timeout", "5", seconds=120)


def _compose(project: str) -> tuple[str, ...]:
    files = ("docker/compose.yaml", "tests/deploy/images/quick.yaml")
    return (
        *("docker", "compose", "--project-name", project),
        *(word for file in files for word in ("--file", file)),
    )
