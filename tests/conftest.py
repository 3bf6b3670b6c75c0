"""Fixtures for all tests: databases, brokers and mail servers, all of them real.

Servers are started when a test first asks for one. ``CRATE_TEST_MYSQL_URL``, ``CRATE_TEST_MSSQL_URL`` and
``CRATE_TEST_AMQP_URL`` name other servers to use; the broker's virtual host is then emptied before
each test, and the tests must not run in parallel.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from crate_core.database import Database
from tests.servers import MariaDBServer, RabbitMQServer, ServerMissingError, SmtpSink
from tests.servers.addresses import BrokerAccount, DatabaseServer
from tests.servers.shared import close_folder, open_folder, shared_mariadb, shared_rabbitmq
from tests.servers.site_database import (
    SqliteTemplate,
    create_schema,
    empty_tables,
    open_database,
)

MYSQL_URL = os.environ.get("CRATE_TEST_MYSQL_URL")
MSSQL_URL = os.environ.get("CRATE_TEST_MSSQL_URL")
AMQP_URL = os.environ.get("CRATE_TEST_AMQP_URL")
BACKENDS = ["sqlite", "mariadb", *(["mssql"] if MSSQL_URL else [])]

T = TypeVar("T")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        open_folder()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        close_folder()


def started(start: Callable[[], T]) -> T:
    """Return a server; skip the test for want of it, but never where CI=true promises it."""
    try:
        return start()
    except ServerMissingError as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def mariadb_server() -> MariaDBServer | DatabaseServer:
    """The run's MariaDB; do not stop it (make a `MariaDBServer(tmp_path)` for that)."""
    return DatabaseServer(MYSQL_URL) if MYSQL_URL else started(shared_mariadb)


@pytest.fixture(scope="session")
def rabbitmq_server() -> RabbitMQServer | BrokerAccount:
    """The run's RabbitMQ; do not stop it (make a `RabbitMQServer(tmp_path)` for that)."""
    return BrokerAccount(AMQP_URL) if AMQP_URL else started(shared_rabbitmq)


@pytest.fixture
def mariadb_url(mariadb_server: MariaDBServer | DatabaseServer) -> Iterator[str]:
    """URL of an empty MariaDB database of this test's own."""
    url = mariadb_server.create_database()
    yield url
    mariadb_server.drop_database(url)


@pytest.fixture
def amqp_url(rabbitmq_server: RabbitMQServer | BrokerAccount) -> Iterator[str]:
    """URL of an empty RabbitMQ virtual host of this test's own."""
    url = rabbitmq_server.create_vhost()
    yield url
    rabbitmq_server.delete_vhost(url)


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    """A mail server that keeps what it gets and can misbehave."""
    sink = SmtpSink()
    sink.start()
    yield sink
    sink.stop()


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Name of the database engine; a test that uses it runs once on each."""
    return str(request.param)


@pytest.fixture
def database_url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of an empty database without tables, once on each engine."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'site.db'}"
    elif backend == "mariadb":
        yield request.getfixturevalue("mariadb_url")
    else:
        server = DatabaseServer(MSSQL_URL or "")
        url = server.create_database()
        yield url
        server.drop_database(url)


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> SqliteTemplate:
    return SqliteTemplate(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def _mariadb_schema_url(mariadb_server: MariaDBServer | DatabaseServer) -> Iterator[str]:
    url = mariadb_server.create_database()
    create_schema(url)
    yield url
    mariadb_server.drop_database(url)


@pytest.fixture
def sqlite_database(_sqlite_template: SqliteTemplate, tmp_path: Path) -> Iterator[Database]:
    """An empty site database with its tables, on SQLite."""
    database = open_database(_sqlite_template.copy_to(tmp_path / "site.db"))
    yield database
    database.dispose()


@pytest.fixture
def mariadb_database(_mariadb_schema_url: str) -> Iterator[Database]:
    """An empty site database with its tables, on MariaDB."""
    database = open_database(_mariadb_schema_url)
    yield database
    database.dispose()
    empty_tables(database.engine)
    database.dispose()


@pytest.fixture
def database(backend: str, request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty site database with its tables, once on each engine."""
    if backend in {"sqlite", "mariadb"}:
        yield request.getfixturevalue(f"{backend}_database")
        return
    url = request.getfixturevalue("database_url")
    create_schema(url)
    database = open_database(url)
    yield database
    database.dispose()
