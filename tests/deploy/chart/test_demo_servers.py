"""What the demonstration's servers are told is understood by real ones, and its accounts work there."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import kombu
import pytest
import yaml
from prometheus_client import generate_latest
from prometheus_client.registry import CollectorRegistry

from charts.generate.rendering import Object
from crate_core.celery.queues import declare_queues
from crate_core.database import Database, make_engine
from crate_core.jobs.tasks import Queue
from crate_core.migrations import upgrade
from crate_core.migrations.running import current_state
from crate_core.telemetry.site_state import SiteState
from tests.conftest import started
from tests.deploy.chart.rendered import SERVICES, example, of_kind
from tests.servers import MariaDBServer, RabbitMQServer
from tests.servers.process import HOST, find_binary

_OWN_QUEUES = {"runner": Queue.RESEARCH, "consent": Queue.CONSENT, "mailer": Queue.MAIL}


def secret(component: str) -> Object:
    """Return the contents of a Secret of the demonstration."""
    return dict(of_kind(example("demo"), "Secret")[f"crate-demo-{component}"]["stringData"])


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQServer]:
    """A broker that has read the demonstration's definitions."""
    server = started(lambda: RabbitMQServer(tmp_path_factory.mktemp("broker")))
    with server:
        server.manage("POST", "definitions", yaml.safe_load(secret("rabbitmq")["definitions.json"]))
        yield server


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDBServer]:
    """A database server with the demonstration's accounts, schema and rights."""
    server = started(lambda: MariaDBServer(tmp_path_factory.mktemp("database")))
    with server:
        for statement in statements(secret("mariadb")["accounts.sql"]):
            server.execute(statement)
        upgrade(make_engine(here(secret("migration")["database_url"], server)))
        options = server.folder / "my.cnf"
        options.write_text(
            f"{secret('migration')['my.cnf']}protocol = tcp\nport = {server.port}\n".replace(
                "crate-mariadb", HOST
            )
        )
        grants = server.folder / "grants.sql"
        grants.write_text(
            of_kind(example("demo"), "ConfigMap")["crate-grants-1"]["data"]["grants.sql"]
        )
        client = [
            find_binary("mariadb"),
            f"--defaults-file={options}",
            f"--execute=source {grants}",
        ]
        subprocess.run(client, check=True, capture_output=True)
        yield server


def statements(text: str) -> list[str]:
    """Return the statements of an SQL file without its comments."""
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    return [part.strip() for part in " ".join(lines).split(";") if part.strip()]


def here(url: str, server: MariaDBServer) -> str:
    """Return a URL of the demonstration for the server that stands for its own."""
    return url.replace("@crate-mariadb/", f"@{HOST}:{server.port}/")


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_can_declare_and_publish(broker: RabbitMQServer, service: str) -> None:
    url = secret(service)["broker_url"].replace("@crate-rabbitmq/", f"@{HOST}:{broker.port}/")
    with kombu.Connection(url) as connection, connection.channel() as channel:
        own = _OWN_QUEUES.get(service)
        declare_queues(channel, *([own] if own else Queue))
        kombu.Producer(channel).publish({"job": 1}, routing_key=(own or Queue.MAIL).value)


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_sees_the_schema(database: MariaDBServer, service: str) -> None:
    engine = make_engine(here(secret(service)["database_url"], database))
    assert current_state(engine).is_usable
    engine.dispose()


def test_the_relay_may_read_what_it_shows(database: MariaDBServer, tmp_path: Path) -> None:
    site = Database(make_engine(here(secret("relay")["database_url"], database)))
    registry = CollectorRegistry()
    registry.register(SiteState(site))
    shown = generate_latest(registry).decode()
    site.dispose()
    for name in (
        "crate_jobs_due",
        "crate_letters_to_post",
        "crate_clinicians_overdue",
        "crate_audit_unsealed",
    ):
        assert f"\n{name}" in shown
