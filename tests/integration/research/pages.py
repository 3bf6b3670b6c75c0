"""The research pages as a person in a browser sees and posts them."""

import re
from html.parser import HTMLParser

from pydantic import SecretStr
from sqlalchemy import select
from starlette.testclient import TestClient

from crate_core.clock import utcnow
from crate_core.database import WriteSession
from crate_core.domain.roles import Role
from crate_core.models.users import UserAccount, UserRole
from crate_core.settings import Settings
from crate_web.auth.sessions import Sessions
from tests.integration.research.conftest import Laboratory

ORIGIN = "http://127.0.0.1:8000"


class Page(HTMLParser):
    """Cells of result rows, names of all elements, text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.rows: list[list[str]] = []
        self._cell: list[str] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"} and self._cell is not None:
            self.rows[-1].append("".join(self._cell).strip())
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)


class Browser:
    """A person at the pages, and the runner that works when it is told to."""

    def __init__(self, lab: Laboratory, client: TestClient) -> None:
        self.lab = lab
        self.client = client

    def token(self, path: str) -> dict[str, str]:
        page = self.client.get(path).text
        names = ("csrf_token", "submission")
        found = {name: re.search(rf'name="{name}" value="([^"]+)"', page) for name in names}
        return {name: match[1] for name, match in found.items() if match}

    def post_sql(self, sql: str, **changes: str) -> str:
        """Post a text as browsers do, and return where the answer leads."""
        data = {**self.token("/research/sql"), "database": "alpha", **changes}
        data["sql"] = sql.replace("\n", "\r\n")
        response = self.client.post("/research/sql", data=data, follow_redirects=False)
        assert response.status_code == 303, response.text
        return str(response.headers["location"])

    def run(self, sql: str) -> str:
        """Run a text to its end and return the address of its result."""
        address = self.post_sql(sql)
        self.lab.work(int(address.rpartition("/")[2]))
        return address

    def page(self, address: str) -> Page:
        response = self.client.get(address)
        assert response.status_code == 200
        return Page(response.text)


def settings_of(lab: Laboratory) -> Settings:
    return Settings(
        secret_key=SecretStr("k" * 32),
        database_url=SecretStr(str(lab.database.engine.url)),
        broker_url=SecretStr("filesystem:///nowhere"),
        public_url=ORIGIN,
        research_databases=lab.settings.research_databases,
    )


def sign_in(lab: Laboratory, username: str) -> str:
    sessions = Sessions(lab.database, idle_minutes=30, hours=12)

    def work(session: WriteSession) -> str:
        user = session.scalar(select(UserAccount).where(UserAccount.username == username))
        if user is None:
            user = UserAccount(username=username, password_hash="x", created_at=utcnow())
            session.add(user)
        user.roles = [UserRole(role=Role.RESEARCHER)]
        session.flush()
        return sessions.begin(session, user, now=utcnow(), address="192.0.2.1")

    return lab.database.write(work)
