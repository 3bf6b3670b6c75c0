"""Hands jobs to the broker for the relay: all of a batch confirmed, or an error in seconds."""

import json
import socket
import uuid
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic
from typing import Any, Self

from amqp.exceptions import AMQPError
from kombu.connection import Connection
from kombu.exceptions import KombuError

from crate_core.celery import folder
from crate_core.celery.queues import declare_queues, open_connection
from crate_core.errors import TemporaryError
from crate_core.jobs.tasks import QUEUE_OF, Queue, Task

_CONFIRM_SECONDS = 5.0


def task_message(task: Task, job_id: int) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Return body, headers and properties of the message that asks for one job (design 3.4).

    They follow version 2 of Celery's task protocol. The body carries the job's id and nothing
    else; what is shown of it in the headers (for Flower) is the same.
    """
    message_id = str(uuid.uuid4())
    arguments = {"job": job_id}
    no_more = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
    body = json.dumps([[], arguments, no_more])
    headers = {
        "lang": "py",
        "task": task.value,
        "id": message_id,
        "root_id": message_id,
        "parent_id": None,
        "group": None,
        "eta": None,
        "expires": None,
        "retries": 0,
        "timelimit": [None, None],
        "argsrepr": "()",
        "kwargsrepr": repr(arguments),
        "origin": "relay",
        "ignore_result": True,
    }
    return body, headers, {"correlation_id": message_id, "delivery_mode": 2}


class Publisher:
    """Publishes jobs over one connection of its own; for one thread at a time.

    With RabbitMQ a batch goes out at once and then its confirms are awaited; a message that no
    queue takes counts as not published. The connection is opened when needed, and thrown away
    after any error.
    """

    def __init__(self, url: str) -> None:
        """Publish to the broker at `url` (amqp://, amqps:// or filesystem:///folder)."""
        folder.register()
        self._url = url
        self._connection: Connection | None = None
        self._channel: Any = None
        self._sent = 0
        self._waiting: set[int] = set()
        self._refused = False

    def publish(self, messages: Sequence[tuple[str, int]]) -> None:
        """Publish (task name, job id) pairs; return when the broker has confirmed all of them.

        Raises:
            TemporaryError: the broker is away, or did not confirm all in time. Some may have been
                published: a job that is published twice runs once.
        """
        try:
            channel = self._open_channel()
            for task, job_id in messages:
                self._send(channel, Task(task), job_id)
            self._await_confirms()
        except (OSError, AMQPError, KombuError) as error:
            self.close()
            reason = f"the broker cannot be used now ({type(error).__name__})"
            raise TemporaryError(reason) from error

    def close(self) -> None:
        """Close the connection; the next `publish` opens another."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            with suppress(Exception):
                connection.collect(socket_timeout=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _open_channel(self) -> Any:
        if (
            self._channel is not None
            and self._connection is not None
            and self._connection.connected
        ):
            return self._channel
        self.close()
        self._connection = open_connection(self._url)
        self._connection.connect()
        channel = self._connection.channel()
        if not self._is_embedded:
            channel.confirm_select()
            channel.events["basic_ack"].add(self._on_ack)
            channel.events["basic_nack"].add(self._on_refused)
            channel.events["basic_return"].add(self._on_refused)
        declare_queues(channel, *Queue)
        self._waiting, self._refused, self._sent = set(), False, 0
        self._channel = channel
        return channel

    def _send(self, channel: Any, task: Task, job_id: int) -> None:
        body, headers, properties = task_message(task, job_id)
        message = channel.prepare_message(
            body,
            content_type="application/json",
            content_encoding="utf-8",
            headers=headers,
            properties=properties,
        )
        queue = QUEUE_OF[task].value
        if self._is_embedded:
            message["properties"]["delivery_info"] = {}
            channel.basic_publish(message, exchange="", routing_key=queue)
            return
        channel.basic_publish(message, exchange="", routing_key=queue, mandatory=True)
        self._sent += 1
        self._waiting.add(self._sent)

    def _await_confirms(self) -> None:
        deadline = monotonic() + _CONFIRM_SECONDS
        while self._waiting and not self._refused:
            left = deadline - monotonic()
            if left <= 0:
                raise TimeoutError("no confirm from the broker")
            with suppress(socket.timeout):
                self._connection.drain_events(timeout=left)  # type: ignore[union-attr]
        if self._refused:
            raise ConnectionError("the broker refused a message")

    def _on_ack(self, delivery_tag: int, multiple: bool) -> None:
        if multiple:
            self._waiting = {tag for tag in self._waiting if tag > delivery_tag}
        else:
            self._waiting.discard(delivery_tag)

    def _on_refused(self, *_details: object) -> None:
        self._refused = True

    @property
    def _is_embedded(self) -> bool:
        return self._url.startswith("filesystem:")
