import json
import pickle
import signal
import time
import uuid
from pathlib import Path
from typing import Any

import psutil
import pytest
from celery import Celery

from crate_core.celery import folder
from crate_core.celery.publisher import Publisher, task_message
from crate_core.celery.queues import open_connection
from crate_core.celery.worker import relaying
from crate_core.database import Database
from crate_core.jobs import Task
from crate_core.settings import Settings
from tests.integration.celery.conftest import Worker, ask, has_begun, marks, running_worker
from tests.servers import RabbitMQServer, TcpProxy
from tests.waiting import PATIENCE_SECONDS, wait_until

DEADLY_SUBJECT, SLOW_SUBJECT = 666, 777
# A job, were pickles read: only because they are not, it ends in the dead letters.
PICKLED = pickle.dumps([[], {"job": 1}, {}], protocol=0).decode("ascii")


def put(
    url: str, body: str, headers: dict[str, Any], content_type: str = "application/json"
) -> None:
    """Put any message on the queue of consent."""
    folder.register()
    with open_connection(url) as connection, connection.Producer() as producer:
        producer.publish(
            body,
            exchange="",
            routing_key="crate.consent",
            headers=headers,
            content_type=content_type,
            content_encoding="utf-8",
            serializer=None,
        )


def dead(url: str) -> int:
    """Return how many messages are among the dead letters."""
    folder.register()
    with open_connection(url) as connection, connection.channel() as channel:
        count: int = channel.queue_declare("crate.consent.dead", passive=True).message_count
        return count


def headers(task: str) -> dict[str, Any]:
    return task_message(Task.SEND_REMINDER, 1)[1] | {"task": task, "id": str(uuid.uuid4())}


def test_a_job_runs_right_after_the_commit_that_asks_for_it(
    worker: Worker, sqlite_database: Database, settings: Settings
) -> None:
    with relaying(sqlite_database, settings):
        times = []
        for subject in range(1, 6):
            ask(sqlite_database, subject)
            times.append(wait_until(lambda done=subject: marks(sqlite_database) == done))  # type: ignore[misc]

    # No relay sweeps here: a job that is not published at its commit is not run at all.
    assert sorted(times)[2] < 5
    wait_until(lambda: worker.counts(_done(5)))


def _done(count: int) -> str:
    return f'crate_job_total{{outcome="done",task="{Task.PROCESS_CONTACT_REQUEST}"}} {count}.0'


def test_c127_two_identical_messages_do_the_work_once(
    worker: Worker, sqlite_database: Database, broker_url: str
) -> None:
    ask(sqlite_database, 1)
    with Publisher(broker_url) as publisher:
        publisher.publish([(Task.PROCESS_CONTACT_REQUEST, 1)] * 8)

    wait_until(lambda: marks(sqlite_database) == 1)
    wait_until(lambda: worker.log.read_text().count("job skipped") >= 7)
    assert marks(sqlite_database) == 1


@pytest.mark.parametrize(
    ("body", "task", "content_type"),
    [
        pytest.param('[[], {"job": 1}, {}]', "consent.no_such_task", "application/json", id="name"),
        pytest.param('[[], {"job": "1"}, {}]', Task.SEND_REMINDER, "application/json", id="type"),
        pytest.param("[[1], {}, {}]", Task.SEND_REMINDER, "application/json", id="position"),
        pytest.param("no json", Task.SEND_REMINDER, "application/json", id="text"),
        pytest.param(PICKLED, Task.SEND_REMINDER, "application/x-python-serialize", id="pickle"),
        pytest.param("hello", "", "text/plain", id="no task"),
    ],
)
def test_c130_a_message_that_is_no_job_ends_in_the_dead_letters_and_an_alarm(
    worker: Worker, broker_url: str, body: str, task: str, content_type: str
) -> None:
    put(broker_url, body, headers(task) if task else {}, content_type)

    wait_until(lambda: dead(broker_url) == 1)
    alarm = 'crate_job_total{outcome="rejected",task="unknown"} 1.0'
    wait_until(lambda: worker.counts(alarm))
    assert worker.is_ready()
    assert body not in worker.log.read_text()


def test_a_job_whose_worker_process_was_killed_is_run_by_another(
    worker: Worker, sqlite_database: Database, settings: Settings
) -> None:
    with relaying(sqlite_database, settings) as relay:
        ask(sqlite_database, DEADLY_SUBJECT)
        wait_until(lambda: "SIGKILL" in worker.log.read_text())

        def is_done() -> bool:
            relay.wake()
            return marks(sqlite_database) == 1

        wait_until(is_done)


def test_sigterm_lets_a_running_task_finish(
    worker: Worker, sqlite_database: Database, settings: Settings
) -> None:
    with relaying(sqlite_database, settings):
        ask(sqlite_database, SLOW_SUBJECT)
        wait_until(lambda: has_begun(sqlite_database))
    worker.process.send_signal(signal.SIGTERM)

    assert worker.process.wait(PATIENCE_SECONDS) == 0
    assert marks(sqlite_database) == 1
    assert list(worker.heartbeats.iterdir()) == []


def test_sigterm_ends_a_worker_that_has_just_taken_a_message_and_the_next_one_does_it_once(
    worker: Worker, sqlite_database: Database, settings: Settings, broker_url: str, tmp_path: Path
) -> None:
    ask(sqlite_database, 1)
    processes = psutil.Process(worker.process.pid).children()
    for process in processes:
        process.suspend()
    with Publisher(broker_url) as publisher:
        publisher.publish([(Task.PROCESS_CONTACT_REQUEST, 1)] * 8)
    wait_until(lambda: "message taken" in worker.log.read_text())
    worker.process.send_signal(signal.SIGTERM)
    time.sleep(0.7)
    for process in processes:
        process.resume()

    # By default a pool process waits half a minute for a word of each message that it never got.
    assert worker.process.wait(25) == 0
    # Whether it was done already depends on when exactly the signal came.
    with running_worker(sqlite_database, broker_url, tmp_path), relaying(sqlite_database, settings):
        wait_until(lambda: marks(sqlite_database) == 1)


def test_events_of_all_tasks_reach_who_listens(
    worker: Worker, sqlite_database: Database, settings: Settings, broker_url: str
) -> None:
    folder.register()
    succeeded: list[str] = []
    events = Celery(set_as_current=False).events
    handlers = {"task-succeeded": lambda event: succeeded.append(event["uuid"])}
    with open_connection(broker_url) as connection, relaying(sqlite_database, settings):
        receiver = events.Receiver(connection, handlers=handlers)
        for subject in range(1, 31):
            ask(sqlite_database, subject)
        for _ in receiver.itercapture(limit=None, timeout=PATIENCE_SECONDS, wakeup=False):
            if len(succeeded) == 30:
                break

    assert len(set(succeeded)) == 30


def test_heartbeat_files_say_alive_and_ready(worker: Worker) -> None:
    alive = worker.heartbeats / "consent.alive"
    before = alive.stat().st_mtime

    assert (worker.heartbeats / "consent.ready").exists()
    wait_until(lambda: alive.stat().st_mtime > before)


@pytest.mark.timeout(300)
def test_without_its_broker_a_worker_lives_and_comes_back(
    sqlite_database: Database,
    rabbitmq_server: RabbitMQServer,
    amqp_url: str,
    tmp_path: Path,
) -> None:
    proxy = TcpProxy(rabbitmq_server.port)
    proxy.start()
    url = amqp_url.replace(f":{rabbitmq_server.port}/", f":{proxy.port}/")
    proxy.cut()
    with running_worker(sqlite_database, url, tmp_path) as worker:
        wait_until(lambda: worker.get("/health/live")[0] == 200)
        assert worker.dependencies()["broker"]["state"] == "down"
        assert worker.dependencies()["database"]["state"] == "up"

        proxy.restore()
        wait_until(worker.is_ready)
        proxy.cut()
        wait_until(lambda: worker.get("/health/ready")[0] == 503)
        assert worker.get("/health/live")[0] == 200
        assert not (worker.heartbeats / "consent.ready").exists()
        proxy.restore()
        wait_until(worker.is_ready)

        proxy.black_hole()
        wait_until(lambda: worker.get("/health/ready")[0] == 503)
        proxy.restore()
        wait_until(worker.is_ready)

        ask(sqlite_database, 1)
        with Publisher(amqp_url) as publisher:
            publisher.publish([(Task.PROCESS_CONTACT_REQUEST, 1)])
        wait_until(lambda: marks(sqlite_database) == 1)
    proxy.stop()


def test_log_lines_are_json_with_the_job(
    worker: Worker, sqlite_database: Database, broker_url: str
) -> None:
    ask(sqlite_database, 1)
    with Publisher(broker_url) as publisher:
        publisher.publish([(Task.PROCESS_CONTACT_REQUEST, 1)])
    wait_until(lambda: "job ended" in worker.log.read_text())

    lines = [json.loads(line) for line in worker.log.read_text().splitlines()]
    (ended,) = [line for line in lines if line["event"] == "job ended"]
    assert (ended["service"], ended["job"], ended["outcome"]) == ("consent", 1, "done")
