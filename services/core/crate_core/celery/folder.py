"""The embedded broker: queues as folders of small files, for a site or a developer without RabbitMQ.

kombu has a transport of this kind, but with several processes its readers meet half-written
messages and binding tables. Here a file appears whole or not at all (written aside, then renamed)
and is taken by exactly one reader (renamed again). A message that a reader took and never finished
is lost when that reader dies: the job's row is the truth, and the relay publishes it again.
"""

import fcntl
import json
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty
from typing import Any, ClassVar

from kombu.transport import TRANSPORT_ALIASES, virtual

_SCHEME = "filesystem"
_NAME = re.compile(r"\w[\w.@-]*")
_READER = ".reader"
_READER_TOUCH_SECONDS = 5
_READER_GONE_SECONDS = 60


class QoS(virtual.QoS):  # type: ignore[misc]  # kombu is untyped
    """Adds dead letters: a message that is rejected for good is kept where its queue says."""

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Put the message back, or into the dead-letter queue."""
        if not requeue and delivery_tag in self._delivered:
            self.channel.bury(self._delivered[delivery_tag])
        super().reject(delivery_tag, requeue=requeue)


class Channel(virtual.Channel):  # type: ignore[misc]  # kombu is untyped
    """Queues and binding tables under one folder."""

    QoS = QoS
    supports_fanout = True

    def __init__(self, connection: Any, **options: Any) -> None:
        super().__init__(connection, **options)
        root = Path(connection.client.transport_options["folder"])
        self._queues, self._tables = root / "queues", root / "exchanges"
        self._dead_letters: dict[str, str] = {}
        self._touched: dict[str, float] = {}

    def bury(self, message: Any) -> None:
        """Keep `message` in the dead-letter queue of the queue it came from, if that has one."""
        queue = message.delivery_info["routing_key"]
        if dead := self._dead_letters.get(queue):
            self._put(dead, message.serializable())

    def get_table(self, exchange: str) -> list[list[str]]:
        """Return the bindings of `exchange`: (routing key, pattern, queue)."""
        try:
            table: list[list[str]] = json.loads(self._table(exchange).read_text())
        except FileNotFoundError:
            return []
        return table

    def _new_queue(self, queue: str, **options: Any) -> None:
        arguments = options.get("arguments") or {}
        self._folder(queue).mkdir(parents=True, exist_ok=True)
        if dead := arguments.get("x-dead-letter-routing-key"):
            self._dead_letters[queue] = dead
        if arguments.get("x-queue-type") != "quorum":
            self._touch_reader(queue)

    def _has_queue(self, queue: str, **options: Any) -> bool:
        return self._folder(queue).is_dir()

    def _put(self, queue: str, message: Any, **options: Any) -> None:
        folder = self._folder(queue)
        if self._reader_is_gone(folder):
            self._forget(queue)
            return
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex}"
        aside = folder / f".{name}"
        try:
            aside.write_text(json.dumps(message))
        except FileNotFoundError:
            folder.mkdir(parents=True, exist_ok=True)
            aside.write_text(json.dumps(message))
        aside.rename(folder / name)

    def _put_fanout(self, exchange: str, message: Any, routing_key: str, **options: Any) -> None:
        for _key, _pattern, queue in self.get_table(exchange):
            self._put(queue, message)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        folder = self._folder(queue)
        if (folder / _READER).exists():
            self._touch_reader(queue)
        for name in self._names(folder):
            taken = folder / f".{name}"
            try:
                (folder / name).rename(taken)
            except FileNotFoundError:
                continue  # another reader has it
            message = json.loads(taken.read_text())
            taken.unlink()
            return message
        raise Empty

    def _size(self, queue: str) -> int:
        return len(self._names(self._folder(queue)))

    def _purge(self, queue: str) -> int:
        folder = self._folder(queue)
        names = self._names(folder)
        for name in names:
            (folder / name).unlink(missing_ok=True)
        return len(names)

    def _delete(self, queue: str, *args: Any, **options: Any) -> None:
        self._forget(queue)

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        with self._changing(exchange) as table:
            binding = [routing_key or "", pattern or "", queue]
            if binding not in table:
                table.append(binding)

    def _forget(self, queue: str) -> None:
        """Remove `queue`, its messages and its bindings."""
        for file in self._tables.glob("*.json"):
            with self._changing(file.stem) as table:
                table[:] = [binding for binding in table if binding[2] != queue]
        shutil.rmtree(self._folder(queue), ignore_errors=True)

    @contextmanager
    def _changing(self, exchange: str) -> Iterator[list[list[str]]]:
        self._tables.mkdir(parents=True, exist_ok=True)
        with (self._tables / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            table = self.get_table(exchange)
            before = list(table)
            yield table
            if table != before:
                aside = self._tables / f".{uuid.uuid4().hex}"
                aside.write_text(json.dumps(table))
                aside.rename(self._table(exchange))

    def _touch_reader(self, queue: str) -> None:
        """Note that a broadcast queue (events, commands) is being read, for those who write."""
        now = time.monotonic()
        if now - self._touched.get(queue, -_READER_TOUCH_SECONDS) >= _READER_TOUCH_SECONDS:
            self._touched[queue] = now
            with suppress(FileNotFoundError):
                (self._folder(queue) / _READER).touch()

    @staticmethod
    def _reader_is_gone(folder: Path) -> bool:
        # A reader that was killed leaves its queue of events behind, which would grow for ever.
        try:
            touched = (folder / _READER).stat().st_mtime
        except FileNotFoundError:
            return False
        return time.time() - touched > _READER_GONE_SECONDS

    @staticmethod
    def _names(folder: Path) -> list[str]:
        try:
            return sorted(file.name for file in folder.iterdir() if file.name[0] != ".")
        except FileNotFoundError:
            return []

    def _folder(self, queue: str) -> Path:
        return self._queues / _checked(queue)

    def _table(self, exchange: str) -> Path:
        return self._tables / f"{_checked(exchange)}.json"


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot be the name of a queue or exchange")
    return name


class Transport(virtual.Transport):  # type: ignore[misc]  # kombu is untyped
    """The transport of filesystem:///folder."""

    Channel = Channel
    # A worker then has one event loop and a pipe to each pool process, as with RabbitMQ. In the other
    # kind of pool all share one locked pipe: kill one that waits for work, and nobody works again.
    implements = virtual.Transport.implements.extend(
        asynchronous=True, exchange_type=frozenset(["direct", "topic", "fanout"])
    )
    default_port = 0
    # There is no host that could be missing.
    default_connection_params: ClassVar[dict[str, Any]] = {}
    driver_type = _SCHEME
    driver_name = _SCHEME

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        """Look for messages at an interval, from the event loop of a worker."""

        def look() -> None:
            with suppress(Empty):
                while True:
                    self.cycle.get(self._deliver)

        loop.call_repeatedly(self.polling_interval, look)

    def driver_version(self) -> str:
        """Return nothing of interest; kombu asks every transport."""
        return ""


def register() -> None:
    """Make filesystem:// mean this transport, in this process."""
    TRANSPORT_ALIASES[_SCHEME] = f"{__name__}:Transport"
