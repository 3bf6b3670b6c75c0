"""The whole site, running: as `make run` starts it, and on MariaDB, RabbitMQ and a mail server."""

import json
import os
import re
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil

from crate_core.clock import utcnow
from crate_core.database import Database, make_engine
from crate_core.migrations import upgrade
from crate_demo.eunomia import open_eunomia, read_people
from crate_demo.kinds import Kind
from crate_demo.load import SEED, Targets, load_all
from crate_demo.people import Person, make_people
from crate_demo.run.services import SERVICES
from tests.faults.processes import ServiceProcess
from tests.servers import SmtpSink
from tests.servers.process import HOST, await_ready, end_process, free_port, start_process

PATIENTS = 300
FLOWER = Path(__file__).parents[2] / "services" / "flower"
FLOWER_ACCOUNT = {"username": "operator", "password": "watches"}


class RunningSite(ABC):
    """A site that people can use; its mails and figures can be read.

    Attributes:
        url: address of the home page, without a slash at the end.
        private: private port of each service.
        flower: address of Flower, "" where there is none: it listens to RabbitMQ.
    """

    url: str
    flower: str = ""
    private: Mapping[str, int]

    def __init__(self, people: Sequence[Person]) -> None:
        """Know who is in the records."""
        self._unused = list(people)

    def take(self, kind: Kind) -> Person:
        """Return somebody of a kind whom no test has asked about yet."""
        person = next(person for person in self._unused if person.kind is kind)
        self._unused.remove(person)
        return person

    @abstractmethod
    def mails(self) -> list[tuple[str, EmailMessage]]:
        """Return every mail that arrived, with its envelope recipients, in order."""

    @abstractmethod
    def stop(self) -> None:
        """End all processes."""

    def await_mail(self, *words: str, to: str = "", seconds: float = 60) -> EmailMessage:
        """Return the newest mail that holds all `words`, as soon as there is one.

        Raises:
            TimeoutError: if none comes in time.
        """
        deadline = time.monotonic() + seconds
        while True:
            mails = self.mails()
            found: EmailMessage
            for recipients, found in reversed(mails):
                text = f"{found['Subject']}\n{text_of(found)}"
                if to in recipients and all(word in text for word in words):
                    return found
            if time.monotonic() > deadline:
                subjects = [f"{whom}: {each['Subject']}" for whom, each in mails]
                raise TimeoutError(f"no mail holds {words} among {subjects}")
            time.sleep(0.1)

    def figures(self, service: str) -> dict[str, float]:
        """Return the sums of a service's metrics, by name and by name with labels."""
        sums: dict[str, float] = {}
        for line in self._read(f"http://{HOST}:{self.private[service]}/metrics").splitlines():
            if sample := re.fullmatch(r"(\w+)(\{.*\})? (\S+)", line):
                sums[sample[1]] = sums.get(sample[1], 0) + float(sample[3])
                if sample[2]:
                    sums[sample[1] + sample[2]] = float(sample[3])
        return sums

    def is_ready(self) -> bool:
        """Whether all services say so."""
        try:
            for port in self.private.values():
                self._read(f"http://{HOST}:{port}/health/ready")
        except (URLError, OSError):
            return False
        return True

    def _read(self, url: str) -> str:
        with urlopen(url, timeout=5) as answer:  # noqa: S310 - http, as written here
            return str(answer.read().decode())


class EmbeddedSite(RunningSite):
    """What `make run` starts, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        """Start it; returns when it is ready."""
        self._state, self._log = folder / "run", folder / "run.log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CRATE_")}
        # The ports beside that of the site are others than those of any other run on this machine.
        others = free_port(and_more=20)
        command = f"from crate_demo.run import main; main._OTHER_PORTS = {others}; main.main()"
        port = free_port()
        self._process = start_process(
            [sys.executable, "-c", command, "--port", str(port), "--patients", str(PATIENTS)],
            self._log,
            {**kept, "CRATE_STATE": str(self._state), "PYTHONUNBUFFERED": "1"},
        )
        await_ready(self._says_ready, self._process, self._log, seconds=180)
        said = re.search(r"Site: +(http://\S+)/", self._log.read_text())
        assert said
        self.url = said[1]
        self.private = dict(self._ports())
        super().__init__(demo_people())

    def mails(self) -> list[tuple[str, EmailMessage]]:
        """Return what the mail sink keeps as files."""
        files = sorted((self._state / "mail").glob("*.eml"), key=lambda path: int(path.stem))
        mails = [_parse(file.read_bytes()) for file in files]
        return [(str(mail["X-Envelope-To"]), mail) for mail in mails]

    def stop(self) -> None:
        """Ask it to stop, once: asked twice it would end all by force."""
        end_process(self._process, seconds=60)

    def _says_ready(self) -> bool:
        return "Ctrl-C stops everything" in self._log.read_text()

    def _ports(self) -> Iterator[tuple[str, int]]:
        """Yield the private port of each service: its own environment tells it."""
        for process in psutil.Process(self._process.pid).children():
            port = process.environ().get("CRATE_HEALTH_PORT")
            module = process.cmdline()[2]
            name = module.removeprefix("crate_").replace("web.serve", "web")
            if port:
                yield name.split(".")[-1], int(port)


class ServedSite(RunningSite):
    """Each service as it is deployed, on MariaDB, RabbitMQ and a mail server."""

    def __init__(
        self, folder: Path, databases: Mapping[str, str], broker_url: str, sink: SmtpSink
    ) -> None:
        """Load the demonstration into empty databases and start; returns when all are ready.

        Args:
            folder: for logs.
            databases: URLs of `site`, `research`, `secret` and `clinical`.
            broker_url: an empty virtual host.
            sink: where mail goes.
        """
        super().__init__(_load(databases))
        self._sink = sink
        port = free_port()
        self.url = f"http://{HOST}:{port}"
        self.private = {name: free_port() for name in SERVICES}
        modules = {
            "relay": "crate_core.relay",
            "runner": "crate_web.runner",
            "web": "crate_web.serve",
        }
        self._services = [
            ServiceProcess(
                modules.get(name, f"crate_{name}"),
                {
                    **self._common(databases, broker_url),
                    **_own(name, databases, port, sink),
                    "CRATE_HEALTH_PORT": str(self.private[name]),
                },
                folder,
            )
            for name in SERVICES
        ]
        self._services.append(self._flower(broker_url, folder))
        for service in self._services:
            service.start()
        deadline = time.monotonic() + 120
        while not (self.is_ready() and self._flower_answers()):
            if time.monotonic() > deadline:
                self.stop()
                logs = [service.log.read_text()[-2000:] for service in self._services]
                raise TimeoutError("\n".join(["not ready", *logs]))
            time.sleep(0.1)

    def mails(self) -> list[tuple[str, EmailMessage]]:
        """Return what the mail server got."""
        return [(" ".join(each.recipients), each.message) for each in list(self._sink.deliveries)]

    def stop(self) -> None:
        """End each process."""
        for service in reversed(self._services):
            with suppress(ProcessLookupError):
                service.stop()

    def _flower(self, broker_url: str, folder: Path) -> ServiceProcess:
        port = free_port()
        self.flower = f"http://{HOST}:{port}"
        environment = {
            "PYTHONPATH": str(FLOWER),
            "CRATE_BROKER_URL": broker_url,
            "FLOWER_BASIC_AUTH": ":".join(FLOWER_ACCOUNT.values()),
            "FLOWER_ADDRESS": HOST,
            "FLOWER_PORT": str(port),
        }
        return ServiceProcess("crate_flower", environment, folder)

    def _flower_answers(self) -> bool:
        try:
            return self._read(f"{self.flower}/healthcheck").strip() == "OK"
        except (URLError, OSError):
            return False

    def _common(self, databases: Mapping[str, str], broker_url: str) -> dict[str, str]:
        return {
            "CRATE_SECRET_KEY": "a secret of forty characters for tests...",
            "CRATE_PUBLIC_URL": self.url,
            "CRATE_DATABASE_URL": databases["site"],
            "CRATE_BROKER_URL": broker_url,
            "CRATE_MAIL_FROM": "Research database <research.database@example.org>",
            "CRATE_SAFETY_CATCH": "false",
            "CRATE_WORKER_PROCESSES": "1",
        }


def text_of(mail: EmailMessage) -> str:
    """Return the text of a mail."""
    body = mail.get_body(("plain",))
    return str(body.get_content()) if body else ""


def _own(name: str, databases: Mapping[str, str], port: int, sink: SmtpSink) -> dict[str, str]:
    """Return what one service is told and the others are not (design 1)."""
    research = {"name": "eunomia", "title": "Eunomia (demonstration)", "trid_column": "trid"}
    schema = databases["research"].rpartition("/")[2].partition("?")[0]
    source = {"name": "dummy", "kind": "dummy", "url": databases["clinical"]}
    own: dict[str, dict[str, str]] = {
        "web": {
            "CRATE_BIND": f"{HOST}:{port}",
            "CRATE_RESEARCH_DATABASES": json.dumps(
                [{**research, "dialect": "mysql", "schema_name": schema}]
            ),
        },
        "runner": {
            "CRATE_RESEARCH_DATABASES": json.dumps([{**research, "url": databases["research"]}])
        },
        "consent": {
            "CRATE_CLINICAL_SOURCES": json.dumps([source]),
            "CRATE_CONSENT_LOOKUP": "dummy",
            "CRATE_SECRET_MAP_URL": databases["secret"],
        },
        "mailer": {"CRATE_SMTP_URL": sink.url},
    }
    return own.get(name, {})


def _load(databases: Mapping[str, str]) -> Sequence[Person]:
    engines = {name: make_engine(url, socket_seconds=120) for name, url in databases.items()}
    upgrade(engines["site"])
    targets = Targets(
        Database(engines["site"]), engines["research"], engines["secret"], engines["clinical"]
    )
    try:
        return load_all(targets, PATIENTS, utcnow().date()).people
    finally:
        for engine in engines.values():
            engine.dispose()


def demo_people() -> list[Person]:
    """Return the people of a demonstration that was loaded today."""
    with open_eunomia() as eunomia:
        return make_people(read_people(eunomia), PATIENTS, SEED, utcnow().date())


def _parse(raw: bytes) -> EmailMessage:
    return BytesParser(_class=EmailMessage, policy=default).parsebytes(raw)
