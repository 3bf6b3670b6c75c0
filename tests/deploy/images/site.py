"""The whole system in containers, as `make up` starts it."""

import json
import os
import time
from collections.abc import Sequence
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from urllib.parse import urlsplit

import httpx

from crate_demo.people import Person
from crate_demo.site_content import PASSWORD
from tests.browser.sites import RunningSite
from tests.deploy.images.engine import ROOT, docker, inspect, run
from tests.load.site import fields_of
from tests.servers.process import HOST, free_port

SERVICES = ("web", "runner", "consent", "mailer", "relay", "flower")
ALL = (*SERVICES, "proxy", "mail", "rabbitmq", "mariadb")

_READ_URL = (
    "import sys, urllib.request as u; sys.stdout.write(u.urlopen(sys.argv[1]).read().decode())"
)
_READ_MAILS = """\
import json, pathlib, sys
known = set(json.load(sys.stdin))
files = pathlib.Path("/mails").glob("[0-9]*.eml")
json.dump({f.name: f.read_text("latin-1") for f in files if f.name not in known}, sys.stdout)
"""


class ContainerSite(RunningSite):
    """A project of the compose file, with data and ports of its own."""

    def __init__(self, people: Sequence[Person]) -> None:
        """Run `make up` from nothing; `seconds` tells how long it took to a signed-in page."""
        super().__init__(people)
        self._project = f"crate-test-{os.getpid()}"
        files = ("docker/compose.yaml", "tests/deploy/images/quick.yaml")
        self._compose = (
            *("docker", "compose", "--project-name", self._project),
            *(word for file in files for word in ("--file", file)),
        )
        site_port, mail_port = str(free_port()), str(free_port())
        self._ports = {"SITE_PORT": site_port, "MAIL_PORT": mail_port}
        self.url = f"http://{HOST}:{site_port}/crate"
        # Nobody outside the containers reaches these: the numbers only name the services.
        self.private = {name: number for number, name in enumerate(SERVICES[:-1], 9001)}
        self._containers: dict[str, str] = {}
        self._kept: dict[str, EmailMessage] = {}
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

    # --- People

    def sign_in(self, username: str) -> httpx.Client:
        """Return a browser without scripts in which somebody is signed in."""
        browser = httpx.Client(base_url=self.url, timeout=60)
        form = fields_of(browser.get("/login"))
        answer = browser.post("/login", data={**form, "username": username, "password": PASSWORD})
        assert answer.status_code == httpx.codes.SEE_OTHER, answer.text
        assert urlsplit(answer.headers["location"]).path.startswith("/crate")
        return browser

    # --- What can be seen

    def mails(self) -> list[tuple[str, EmailMessage]]:
        """Return what the sink keeps."""
        new = json.loads(
            self.execute("mail", "python", "-c", _READ_MAILS, given=json.dumps(list(self._kept)))
        )
        for name, text in new.items():
            parser = BytesParser(_class=EmailMessage, policy=default)
            self._kept[name] = parser.parsebytes(text.encode("latin-1"))
        in_order = sorted(self._kept, key=lambda name: int(name.removesuffix(".eml")))
        return [(str(self._kept[name]["X-Envelope-To"]), self._kept[name]) for name in in_order]

    def rows(self, sql: str) -> list[list[str]]:
        """Return rows of the site database."""
        shell = 'exec mariadb -uroot -p"$(cat /run/secrets/database_root)" --batch --skip-column-names site'
        written = self.execute("mariadb", "sh", "-c", shell, given=sql)
        return [line.split("\t") for line in written.splitlines()]

    @staticmethod
    def passwords() -> dict[str, str]:
        """Return the random values of docker/secrets by name."""
        return dict(json.loads((ROOT / "docker/secrets/values.json").read_text()))

    def _read(self, url: str) -> str:
        parts = urlsplit(url)
        (service,) = (name for name, port in self.private.items() if port == parts.port)
        inside = f"http://127.0.0.1:9000{parts.path}"
        return self.execute(service, "python", "-c", _READ_URL, inside)
