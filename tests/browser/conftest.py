"""A browser, and the whole site for it: on the embedded default, and on servers."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.sites import EmbeddedSite, RunningSite, ServedSite
from tests.conftest import started
from tests.servers import MariaDBServer, RabbitMQServer, SmtpSink
from tests.servers.addresses import BrokerAccount, DatabaseServer
from tests.servers.process import find_binary

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 30_000
FORM_CAME_BACK = "status of 422"

NewPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(400))


@pytest.fixture(scope="session")
def embedded_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """What `make run` starts."""
    site = EmbeddedSite(tmp_path_factory.mktemp("embedded"))
    yield site
    site.stop()


@pytest.fixture(scope="session")
def served_site(
    tmp_path_factory: pytest.TempPathFactory,
    mariadb_server: MariaDBServer | DatabaseServer,
    rabbitmq_server: RabbitMQServer | BrokerAccount,
) -> Iterator[RunningSite]:
    """The services on MariaDB, RabbitMQ and a mail server."""
    names = ("site", "research", "secret", "clinical")
    databases = {name: mariadb_server.create_database() for name in names}
    vhost = rabbitmq_server.create_vhost()
    with SmtpSink() as sink:
        site = ServedSite(tmp_path_factory.mktemp("served"), databases, vhost, sink)
        yield site
        site.stop()
    rabbitmq_server.delete_vhost(vhost)
    for url in databases.values():
        mariadb_server.drop_database(url)


# Only as long as a module: Playwright's event loop is in the way of tests with one of their own.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's chromium."""
    path = started(lambda: find_binary("chromium"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        expect.set_options(timeout=PATIENCE_MS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Browser) -> Iterator[NewPage]:
    """Opens a page of a visitor of its own; fails where a page writes an error to its console."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def make(site: RunningSite, **options: Any) -> Page:
        window = {"viewport": {"width": 1200, "height": 900}}
        context = chromium.new_context(base_url=site.url, **{**window, **options})
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda said: (
                errors.append(f"{page.url}: {said.text}")
                if said.type == "error" and FORM_CAME_BACK not in said.text
                else None
            ),
        )
        return page

    yield make
    for context in contexts:
        context.close()
    assert not errors
