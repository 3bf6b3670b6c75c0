"""Connections are cut, or go dead without a word (half-open), and come back."""

import time
from collections.abc import Iterator

import pytest

from tests.faults.conftest import MakeSystem
from tests.faults.outcome import check_outcome
from tests.faults.system import System
from tests.servers import MariaDBServer, RabbitMQServer, SmtpSink, TcpProxy


@pytest.fixture
def proxies(
    mariadb: MariaDBServer, rabbitmq: RabbitMQServer, smtp_sink: SmtpSink
) -> Iterator[dict[str, TcpProxy]]:
    """Something to cut between the services and each server."""
    ports = {"database": mariadb.port, "broker": rabbitmq.port, "mail": smtp_sink.port}
    proxies = {name: TcpProxy(port) for name, port in ports.items()}
    for proxy in proxies.values():
        proxy.start()
    yield proxies
    for proxy in proxies.values():
        proxy.stop()


@pytest.fixture
def behind(
    proxies: dict[str, TcpProxy],
    make_system: MakeSystem,
    mariadb: MariaDBServer,
    rabbitmq: RabbitMQServer,
) -> System:
    """The system, whose services reach everything through proxies."""
    ports = {name: proxy.port for name, proxy in proxies.items()}
    return make_system(
        service_database_url=lambda url: url.replace(f":{mariadb.port}/", f":{ports['database']}/"),
        broker_url=rabbitmq.url().replace(f":{rabbitmq.port}/", f":{ports['broker']}/"),
        smtp_url=f"smtp://127.0.0.1:{ports['mail']}",
    )


def test_all_connections_are_cut_again_and_again(
    behind: System, proxies: dict[str, TcpProxy]
) -> None:
    names = iter(["database", "broker", "mail", "database", "broker", "mail"])

    def disturb(done: int) -> None:
        if done % 30 == 0 and (name := next(names, None)):
            proxies[name].cut()
            time.sleep(1)
            proxies[name].restore()

    behind.send_many(200, after_form=disturb)
    behind.await_rest()
    check_outcome(behind, unknown_allowed=True)


@pytest.mark.parametrize("name", ["database", "broker", "mail"])
def test_connections_go_dead_without_a_word(
    behind: System, proxies: dict[str, TcpProxy], name: str
) -> None:
    def disturb(done: int) -> None:
        if done == 20:
            proxies[name].black_hole()
        if done == 40:
            time.sleep(5)
            proxies[name].restore()

    behind.send_many(60, after_form=disturb)
    behind.await_rest()
    check_outcome(behind, unknown_allowed=True)
