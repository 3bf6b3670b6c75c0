"""A site in containers, wherever they run: who signs in there, and what can be seen of it."""

import json
import ssl
from abc import abstractmethod
from collections.abc import Sequence
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from urllib.parse import urlsplit

import httpx

from crate_demo.people import Person
from crate_demo.site_content import PASSWORD
from tests.browser.sites import RunningSite
from tests.load.site import fields_of

PRIVATE = {name: port for port, name in enumerate(("web", "runner", "consent", "mailer", "relay"), 9001)}  # fmt: skip
"""Nobody outside the containers reaches these ports: the numbers only name the services."""

_READ_URL = (
    "import sys, urllib.request as u; sys.stdout.write(u.urlopen(sys.argv[1]).read().decode())"
)
_READ_MAILS = """\
import json, pathlib, sys
known = set(json.load(sys.stdin))
files = pathlib.Path("/mails").glob("[0-9]*.eml")
json.dump({f.name: f.read_text("latin-1") for f in files if f.name not in known}, sys.stdout)
"""


class DeployedSite(RunningSite):
    """A site whose containers can be told to run a command.

    Attributes:
        authority: file of the authority that signed the site's certificate; none without TLS.
    """

    authority: str | None = None

    def __init__(self, people: Sequence[Person]) -> None:
        """Know who is in the records."""
        super().__init__(people)
        self.private = PRIVATE
        self._kept: dict[str, EmailMessage] = {}

    @abstractmethod
    def execute(self, service: str, *command: str, given: str | None = None) -> str:
        """Return what a command in a container of a service wrote."""

    def browser(self) -> httpx.Client:
        """Return a browser without scripts, in which nobody is signed in."""
        verify = ssl.create_default_context(cafile=self.authority) if self.authority else True
        return httpx.Client(base_url=self.url, timeout=60, verify=verify)

    def sign_in(self, username: str) -> httpx.Client:
        """Return a browser without scripts in which somebody is signed in."""
        browser = self.browser()
        form = fields_of(browser.get("/login"))
        answer = browser.post("/login", data={**form, "username": username, "password": PASSWORD})
        assert answer.status_code == httpx.codes.SEE_OTHER, answer.text
        assert urlsplit(answer.headers["location"]).path.startswith("/crate")
        return browser

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

    def _read(self, url: str) -> str:
        parts = urlsplit(url)
        (service,) = (name for name, port in self.private.items() if port == parts.port)
        return self._read_private(service, f"http://127.0.0.1:9000{parts.path}")

    def _read_private(self, service: str, inside: str) -> str:
        return self.execute(service, "python", "-c", _READ_URL, inside)
