"""Servers that may be stopped, killed and wiped, and the system on them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.conftest import started
from tests.faults.system import System
from tests.servers import MariaDBServer, RabbitMQServer, SmtpSink
from tests.servers.site_database import create_schema

MakeSystem = Callable[..., System]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Longer than all that a test waits for: what stands still is then told by the wait that it stands in.
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(400))


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDBServer]:
    """A MariaDB of these tests' own; who stops it starts it again."""
    server = MariaDBServer(tmp_path_factory.mktemp("mariadb"))
    started(server.start)
    yield server
    server.kill()


@pytest.fixture(scope="session")
def _rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQServer]:
    server = RabbitMQServer(tmp_path_factory.mktemp("rabbitmq"))
    started(server.start)
    yield server
    server.kill()


@pytest.fixture
def rabbitmq(_rabbitmq: RabbitMQServer) -> RabbitMQServer:
    """A RabbitMQ of these tests' own, without queues; who stops it starts it again."""
    for queue in _rabbitmq.manage("GET", "queues/%2F?columns=name"):
        _rabbitmq.manage("DELETE", f"queues/%2F/{quote(queue['name'], safe='')}")
    return _rabbitmq


@pytest.fixture
def make_system(
    mariadb: MariaDBServer, rabbitmq: RabbitMQServer, smtp_sink: SmtpSink, tmp_path: Path
) -> Iterator[MakeSystem]:
    """Starts the system on MariaDB and RabbitMQ, with other addresses where given."""
    with ExitStack() as stack:

        def make(**addresses: Any) -> System:
            url = mariadb.create_database()
            create_schema(url)
            stack.callback(mariadb.drop_database, url)
            for_services = addresses.pop("service_database_url", lambda url: url)
            values = {"broker_url": rabbitmq.url(), **addresses}
            system = System(
                url,
                sink=smtp_sink,
                folder=tmp_path,
                service_database_url=for_services(url),
                **values,
            )
            stack.enter_context(system)
            system.await_ready()
            return system

        yield make


@pytest.fixture
def system(make_system: MakeSystem) -> System:
    """The system on MariaDB and RabbitMQ."""
    return make_system()
