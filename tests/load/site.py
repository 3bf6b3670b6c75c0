"""One site for benchmarks: its databases, its people, and its services as processes."""

import json
import re
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

import httpx
import psutil
from sqlalchemy import func, select

from crate_core.clock import utcnow
from crate_core.database import Database, WriteSession, make_engine
from crate_core.jobs import Task
from crate_core.migrations.running import upgrade
from crate_core.models import Job, UserAccount, UserRole
from crate_web.auth.hashing import PasswordHashing
from tests.faults.people import Kind, add_people
from tests.faults.processes import ServiceProcess
from tests.integration.consent.world import World
from tests.servers.process import HOST, end_process, free_port, start_process

PASSWORD = "correct horse battery"
_MODULES = {
    "web": "crate_web.serve",
    "consent": "crate_consent",
    "mailer": "crate_mailer",
    "relay": "crate_core.relay",
    "runner": "crate_web.runner",
}
_JOURNEY = [task for task in Task if task.value.startswith("consent.process_")] + [Task.SEND_MAIL]


class Site:
    """A site on given databases and a given broker; services are started one by one."""

    def __init__(
        self,
        database_url: str,
        broker_url: str,
        folder: Path,
        *,
        research_url: str,
        worker_processes: int = 2,
    ) -> None:
        folder.mkdir(parents=True)
        engine = make_engine(database_url)
        upgrade(engine)
        self.database = Database(engine)
        self.world = World(self.database, folder)
        self.study = self.world.study()
        self._rids: dict[Kind, list[str]] = {}
        self._folder = folder
        self.address = f"http://{HOST}:{free_port()}"
        self._sink_port = free_port()
        self._health_ports = {name: free_port() for name in _MODULES}
        self._environment = self._settings(database_url, broker_url, research_url, worker_processes)
        self.services: dict[str, ServiceProcess] = {}

    def _settings(
        self, database_url: str, broker_url: str, research_url: str, worker_processes: int
    ) -> dict[str, str]:
        sources = [{"name": "record", "kind": "dummy", "url": str(self.world.clinical.url)}]
        research = [{"name": "research", "url": research_url}]
        return {
            "CRATE_SECRET_KEY": "a secret of forty characters for tests...",
            "CRATE_PUBLIC_URL": self.address,
            "CRATE_BIND": self.address.removeprefix("http://"),
            "CRATE_DATABASE_URL": database_url,
            "CRATE_BROKER_URL": broker_url,
            "CRATE_SECRET_MAP_URL": str(self.world.map.url),
            "CRATE_CLINICAL_SOURCES": json.dumps(sources),
            "CRATE_CONSENT_LOOKUP": "record",
            "CRATE_RESEARCH_DATABASES": json.dumps(research),
            "CRATE_MAIL_FROM": "no-reply@example.org",
            "CRATE_SAFETY_CATCH": "false",
            "CRATE_SMTP_URL": f"smtp://{HOST}:{self._sink_port}",
            "CRATE_WORKER_PROCESSES": str(worker_processes),
        }

    def __enter__(self) -> Self:
        self._times.touch()
        sink = (sys.executable, "-m", "tests.load.sink")
        command = [*sink, str(self._sink_port), str(self._times)]
        self._sink = start_process(command, self._folder / "sink.log")
        return self

    def __exit__(self, *_: object) -> None:
        for service in self.services.values():
            service.kill()
        end_process(self._sink)
        self.world.clinical.dispose()
        self.world.map.dispose()
        self.database.dispose()

    # --- Services

    def start(self, *names: str, **settings: str) -> None:
        """Start services, with further settings; return when all are ready."""
        for name in names:
            self.launch(name, **settings)
        for name in names:
            self.await_answer(f"http://{HOST}:{self._health_ports[name]}/health/ready")

    def launch(self, name: str, **settings: str) -> None:
        """Start a service, and wait for nothing."""
        environment = {"CRATE_HEALTH_PORT": str(self._health_ports[name]), **settings}
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        service = ServiceProcess(_MODULES[name], self._environment | environment, folder)
        service.start()
        self.services[name] = service

    def stop(self, *names: str) -> None:
        """Stop services."""
        for name in names:
            self.services.pop(name).stop()

    def kill(self, name: str) -> None:
        """End a service at once, whatever it does."""
        self.services.pop(name).kill()

    def await_answer(self, url: str, *, seconds: float = 30) -> None:
        """Return as soon as `url` answers 200.

        Raises:
            TimeoutError: it does not in time; the ends of the logs are in the text.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(httpx.HTTPError):
                if httpx.get(url, timeout=5).status_code == httpx.codes.OK:
                    return
            time.sleep(0.01)
        logs = [service.log.read_text()[-2000:] for service in self.services.values()]
        raise TimeoutError("\n".join([f"{url} is not ready", *logs]))

    def tree(self, name: str) -> list[psutil.Process]:
        """Return the processes of a service."""
        main = psutil.Process(self.services[name].pid)
        return [main, *main.children(recursive=True)]

    # --- People

    def add_patients(self, numbers: dict[Kind, int]) -> None:
        """Add patients, so many of each kind; once."""
        people = add_people(self.world, [kind for kind in numbers for _ in range(numbers[kind])])
        for rid, kind in people.items():
            self._rids.setdefault(kind, []).append(rid)

    def take(self, kind: Kind, number: int) -> list[str]:
        """Return the research IDs of so many patients about whom nobody has asked."""
        taken, self._rids[kind] = self._rids[kind][:number], self._rids[kind][number:]
        return taken

    def let_lead_sign_in(self) -> None:
        """Give the lead researcher a password and a role."""
        password_hash = PasswordHashing().hash(PASSWORD)

        def work(session: WriteSession) -> None:
            account = session.get_one(UserAccount, self.world.lead)
            account.password_hash = password_hash
            account.roles = [UserRole(role="researcher")]

        self.database.write(work)

    def sign_in(self) -> httpx.Client:
        """Return a browser in which the lead researcher is signed in."""
        browser = httpx.Client(base_url=self.address, timeout=60)
        form = fields_of(browser.get("/login"))
        answer = browser.post("/login", data={**form, "username": "lead", "password": PASSWORD})
        assert answer.status_code == httpx.codes.SEE_OTHER, answer.text
        return browser

    def ask_about(self, browser: httpx.Client, rids: Sequence[str]) -> tuple[float, float]:
        """Post a confirmed form for these patients; return when it was sent and when it was answered."""
        form = fields_of(browser.get("/contact/requests/new"))
        order = {"study": str(self.study), "rids": " ".join(rids), "direct": "true"}
        sent = time.time()
        answer = browser.post("/contact/requests/new", data={**form, **order, "confirmed": "true"})
        assert answer.status_code == httpx.codes.SEE_OTHER, answer.text
        return sent, time.time()

    # --- What can be seen

    @property
    def _times(self) -> Path:
        return self._folder / "mails.txt"

    def mail_times(self) -> list[float]:
        """Return when each mail arrived."""
        return [float(line) for line in self._times.read_text().splitlines()]

    def await_mails(self, number: int, *, seconds: float) -> list[float]:
        """Return when the mails arrived, as soon as there are so many or the time is over."""
        deadline = time.monotonic() + seconds
        while len(times := self.mail_times()) < number and time.monotonic() < deadline:
            time.sleep(0.02)
        return times

    def await_rest(self, *, seconds: float = 60) -> None:
        """Return when no job of a request or a mail is open.

        Raises:
            TimeoutError: they do not end in time.
        """
        deadline = time.monotonic() + seconds
        statement = (
            select(func.count())
            .select_from(Job)
            .where(Job.done_at.is_(None), Job.task.in_(_JOURNEY), Job.due_at <= utcnow())
        )
        while True:
            with self.database.read() as session:
                left = session.scalar(statement)
            if not left:
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"{left} jobs are open")
            time.sleep(0.05)


def fields_of(page: httpx.Response) -> dict[str, str]:
    """Return the hidden fields of the page's form, as its browser would send them."""
    main = page.text.partition("<main")[2]
    inputs = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', main)
    return dict(inputs)
