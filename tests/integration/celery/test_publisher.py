import time

import pytest

from crate_core.celery.publisher import Publisher
from crate_core.celery.queues import open_connection
from crate_core.errors import TemporaryError
from crate_core.jobs import Task
from tests.servers import RabbitMQServer, TcpProxy


def waiting(url: str, queue: str) -> int:
    with open_connection(url) as connection, connection.channel() as channel:
        count: int = channel.queue_declare(queue, passive=True).message_count
        return count


def test_a_batch_goes_to_the_queues_of_its_tasks(broker_url: str) -> None:
    batch = [(Task.SEND_MAIL, number) for number in range(100)] + [(Task.RUN_QUERY, 1)]
    with Publisher(broker_url) as publisher:
        publisher.publish(batch)
        publisher.publish([(Task.SEND_REMINDER, 1)])

    assert waiting(broker_url, "crate.mail") == 100
    assert waiting(broker_url, "crate.research") == 1
    assert waiting(broker_url, "crate.consent") == 1


def test_a_broker_that_is_away_is_said_soon_and_used_again_later(
    rabbitmq_server: RabbitMQServer, amqp_url: str
) -> None:
    proxy = TcpProxy(rabbitmq_server.port)
    proxy.start()
    url = amqp_url.replace(f":{rabbitmq_server.port}/", f":{proxy.port}/")
    with Publisher(url) as publisher:
        publisher.publish([(Task.SEND_MAIL, 1)])
        for fault in (proxy.cut, proxy.black_hole):
            fault()
            started = time.monotonic()
            with pytest.raises(TemporaryError, match="broker cannot be used"):
                publisher.publish([(Task.SEND_MAIL, 2)])
            # Some six seconds on a quiet machine: it does not wait for a broker that never answers.
            assert time.monotonic() - started < 30
            proxy.restore()
            publisher.publish([(Task.SEND_MAIL, 3)])
    proxy.stop()

    assert waiting(amqp_url, "crate.mail") >= 3


def test_a_queue_that_was_lost_makes_the_batch_fail_and_is_declared_anew(amqp_url: str) -> None:
    with Publisher(amqp_url) as publisher:
        publisher.publish([(Task.SEND_MAIL, 1)])
        with open_connection(amqp_url) as connection, connection.channel() as channel:
            channel.queue_delete("crate.mail")

        with pytest.raises(TemporaryError):
            publisher.publish([(Task.SEND_MAIL, 2)])
        publisher.publish([(Task.SEND_MAIL, 2)])

    assert waiting(amqp_url, "crate.mail") == 1
