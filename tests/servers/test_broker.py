"""The broker fixtures give what they promise."""

from pathlib import Path

import kombu
import pytest

from tests.servers import RabbitMQServer
from tests.servers.addresses import BrokerAccount


def put(url: str, queue: str) -> None:
    confirmed = kombu.Connection(url, transport_options={"confirm_publish": True})
    with confirmed as connection, connection.channel() as channel:
        kombu.Queue(queue, durable=True)(channel).declare()
        kombu.Producer(channel).publish({}, routing_key=queue, delivery_mode=2)


@pytest.mark.parametrize("turn", [1, 2])
def test_virtual_host_is_empty_though_another_test_wrote(
    amqp_url: str, rabbitmq_server: RabbitMQServer | BrokerAccount, turn: int
) -> None:
    if isinstance(rabbitmq_server, RabbitMQServer):
        assert rabbitmq_server.queues(amqp_url) == {}
    put(amqp_url, "crate.mail")


def test_killed_broker_keeps_messages_and_wiped_one_forgets_them(tmp_path: Path) -> None:
    with RabbitMQServer(tmp_path / "rabbitmq") as server:
        url = server.create_vhost()
        put(url, "crate.mail")
        server.kill()
        server.start()
        assert server.queues(url) == {"crate.mail": 1}
        server.purge(url)
        assert server.queues(url) == {"crate.mail": 0}
        server.wipe()
        server.start()
        with pytest.raises(OSError, match="404"):
            server.queues(url)
