"""Queues of the broker, and where what no task understands ends."""

from typing import Any

from kombu.connection import Connection
from kombu.entity import Exchange
from kombu.entity import Queue as BrokerQueue

from crate_core.jobs.tasks import Queue

# The default exchange: a message goes to the queue that its routing key names, and there is
# nothing to bind and nothing that can be bound wrongly.
_DIRECT = Exchange("", type="direct")


_IO_SECONDS = 4


def dead_letter_name(queue: Queue) -> str:
    """Return the name of the queue for what `queue` could not use."""
    return f"{queue}.dead"


def broker_queue(queue: Queue) -> BrokerQueue:
    """Return the declaration of `queue`.

    Arguments of a queue cannot change while it exists, so these are the least that it needs;
    delivery limit, lengths and the rest are policies of the broker.
    """
    return BrokerQueue(
        queue.value,
        _DIRECT,
        routing_key=queue.value,
        durable=True,
        queue_arguments={
            "x-queue-type": "quorum",
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": dead_letter_name(queue),
        },
    )


def dead_letter_queue(queue: Queue) -> BrokerQueue:
    """Return the declaration of the dead-letter queue of `queue`."""
    name = dead_letter_name(queue)
    return BrokerQueue(
        name,
        _DIRECT,
        routing_key=name,
        durable=True,
        queue_arguments={"x-queue-type": "quorum"},
    )


def declare_queues(channel: Any, *queues: Queue) -> None:
    """Make sure that `queues` and their dead-letter queues exist, over an open channel."""
    for queue in queues:
        for declaration in (dead_letter_queue(queue), broker_queue(queue)):
            declaration(channel).declare()


def open_connection(url: str, *, connect_seconds: float = 4, **options: Any) -> Connection:
    """Return a connection to the broker at `url` that is opened when it is first used.

    Args:
        url: amqp://, amqps:// or filesystem:///folder.
        connect_seconds: how long connecting may take.
        options: further options of the transport.
    """
    return Connection(
        url,
        ssl=tls_options(url),
        connect_timeout=connect_seconds,
        transport_options=transport_options(url) | options,
    )


def tls_options(url: str) -> dict[str, Any] | None:
    """Return what a connection to `url` asks of the broker's certificate; None where there is no TLS."""
    # No name here means the one of the address. Without the key, the certificate of whomever a trusted
    # authority knows would do, and that one would be told the password.
    return {"server_hostname": None} if url.startswith("amqps://") else None


def transport_options(url: str) -> dict[str, Any]:
    """Return the options that the transport of `url` needs."""
    if not url.startswith("filesystem://"):
        # Without these, closing a connection that was cut half-open waits for ever for the
        # broker's goodbye, and the worker never comes back.
        return {"read_timeout": _IO_SECONDS, "write_timeout": _IO_SECONDS}
    # The embedded broker is asked 20 times a second: a job waits 25 ms for that, on average.
    return {"folder": url.removeprefix("filesystem://"), "polling_interval": 0.05}
