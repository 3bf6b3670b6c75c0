"""The embedded broker, with several processes at once."""

import json
import multiprocessing
import os
import time
from pathlib import Path
from queue import Empty

import pytest

from crate_core.celery import folder
from crate_core.celery.queues import broker_queue, declare_queues, open_connection
from crate_core.jobs.tasks import Queue
from tests.waiting import PATIENCE_SECONDS

CONTEXT = multiprocessing.get_context("fork")
MESSAGES, WRITERS, READERS = 200, 3, 3


@pytest.fixture
def url(tmp_path: Path) -> str:
    """URL of an empty broker."""
    folder.register()
    return f"filesystem://{tmp_path}"


def write(url: str, writer: int) -> None:
    with open_connection(url) as connection, connection.Producer() as producer:
        for number in range(MESSAGES):
            producer.publish(
                {"job": writer * MESSAGES + number, "padding": "x" * 5000},
                exchange="",
                routing_key="crate.mail",
            )


def read(url: str, results: Path) -> None:
    taken = []
    with open_connection(url) as connection, connection.channel() as channel:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and not (results / "stop").exists():
            message = channel.basic_get("crate.mail")
            if message is None:
                time.sleep(0.001)
                continue
            taken.append(message.payload["job"])
            message.ack()
    (results / f"{os.getpid()}.json").write_text(json.dumps(taken))


def test_each_message_arrives_whole_and_once_among_several_processes(
    url: str, tmp_path: Path
) -> None:
    readers = [CONTEXT.Process(target=read, args=(url, tmp_path)) for _ in range(READERS)]
    writers = [CONTEXT.Process(target=write, args=(url, number)) for number in range(WRITERS)]
    for process in readers + writers:
        process.start()
    for process in writers:
        process.join(PATIENCE_SECONDS)
    with open_connection(url) as connection, connection.channel() as channel:
        while channel._size("crate.mail"):
            time.sleep(0.01)
    time.sleep(0.1)
    (tmp_path / "stop").touch()
    for process in readers:
        process.join(PATIENCE_SECONDS)

    assert [process.exitcode for process in readers + writers] == [0] * (READERS + WRITERS)
    taken = [job for file in tmp_path.glob("*.json") for job in json.loads(file.read_text())]
    assert sorted(taken) == list(range(MESSAGES * WRITERS))


def bind(url: str, number: int) -> None:
    with open_connection(url) as connection, connection.channel() as channel:
        channel._queue_bind("celeryev", "#", "", f"queue{number}")


def test_no_binding_is_lost_when_processes_bind_at_once(url: str) -> None:
    processes = [CONTEXT.Process(target=bind, args=(url, number)) for number in range(12)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(PATIENCE_SECONDS)

    with open_connection(url) as connection, connection.channel() as channel:
        bound = {binding[2] for binding in channel.get_table("celeryev")}
    assert bound == {f"queue{number}" for number in range(12)}


def test_c130_a_rejected_message_is_kept_in_the_dead_letters(url: str) -> None:
    with open_connection(url) as connection, connection.channel() as channel:
        declare_queues(channel, Queue.MAIL)
        connection.Producer(channel).publish({"job": 1}, exchange="", routing_key="crate.mail")
        channel.basic_get("crate.mail").reject()

        assert channel._size("crate.mail") == 0
        assert channel.basic_get("crate.mail.dead").payload == {"job": 1}


def test_a_message_put_back_is_delivered_again(url: str) -> None:
    with open_connection(url) as connection, connection.channel() as channel:
        declare_queues(channel, Queue.MAIL)
        connection.Producer(channel).publish({"job": 1}, exchange="", routing_key="crate.mail")
        channel.basic_get("crate.mail").requeue()

        assert channel.basic_get("crate.mail").payload == {"job": 1}


def test_messages_come_in_the_order_in_which_they_were_put(url: str) -> None:
    with open_connection(url) as connection, connection.channel() as channel:
        for number in range(5):
            channel._put("crate.mail", {"number": number})

        assert [channel._get("crate.mail")["number"] for _ in range(5)] == [0, 1, 2, 3, 4]
        with pytest.raises(Empty):
            channel._get("crate.mail")


def test_events_that_nobody_reads_any_more_are_forgotten(url: str, tmp_path: Path) -> None:
    with open_connection(url) as connection, connection.channel() as channel:
        channel._new_queue("celeryev.1")
        channel._queue_bind("celeryev", "#", "", "celeryev.1")
        channel._put_fanout("celeryev", {}, "")
        assert channel._size("celeryev.1") == 1

        reader = tmp_path / "queues" / "celeryev.1" / ".reader"
        os.utime(reader, (1, 1))
        channel._put_fanout("celeryev", {}, "")

        assert not reader.parent.exists()
        assert channel.get_table("celeryev") == []


@pytest.mark.parametrize("name", ["../outside", ".hidden", "a/b", ""])
def test_a_name_cannot_leave_the_folder(url: str, name: str) -> None:
    with (
        open_connection(url) as connection,
        connection.channel() as channel,
        pytest.raises(ValueError, match="cannot be the name"),
    ):
        channel._put(name, {})


def test_queues_ask_for_as_little_as_can_never_change() -> None:
    queue = broker_queue(Queue.CONSENT)

    assert queue.durable
    assert queue.queue_arguments == {
        "x-queue-type": "quorum",
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": "crate.consent.dead",
    }
