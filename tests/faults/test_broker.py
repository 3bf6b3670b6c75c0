"""RabbitMQ stops, loses its messages, and loses its disk while requests flow: the rows are the truth."""

import pickle
import uuid

from crate_core.celery.publisher import task_message
from crate_core.celery.queues import open_connection
from crate_core.jobs import Task
from tests.faults.outcome import check_outcome, dead_letters
from tests.faults.people import Kind
from tests.faults.system import System
from tests.servers import RabbitMQServer


def test_c125_rabbitmq_stops_and_starts_while_200_requests_flow(
    system: System, rabbitmq: RabbitMQServer
) -> None:
    def disturb(done: int) -> None:
        if done == 60:
            system.await_finished(20)
            rabbitmq.stop()
        if done == 140:
            rabbitmq.start()

    system.send_many(200, after_form=disturb)
    system.await_rest()
    check_outcome(system)
    assert dead_letters(rabbitmq) == 0


def test_queues_purged_and_deleted_while_200_requests_flow(
    system: System, rabbitmq: RabbitMQServer
) -> None:
    def disturb(done: int) -> None:
        if done in {30, 90, 150, 200}:
            rabbitmq.purge(rabbitmq.url())
        if done == 120:
            for queue in ("crate.consent", "crate.mail"):
                rabbitmq.manage("DELETE", f"queues/%2F/{queue}")

    system.send_many(200, after_form=disturb)
    system.await_rest()
    check_outcome(system)


def test_rabbitmq_loses_its_disk_while_200_requests_flow(
    system: System, rabbitmq: RabbitMQServer
) -> None:
    def disturb(done: int) -> None:
        if done == 100:
            system.await_finished(20)
            rabbitmq.wipe()
            rabbitmq.start()

    system.send_many(200, after_form=disturb)
    system.await_rest()
    check_outcome(system)


def test_c130_what_no_task_understands_is_kept_aside_and_work_goes_on(
    system: System, rabbitmq: RabbitMQServer
) -> None:
    # Were pickles read, it would be a job.
    pickled = pickle.dumps([[], {"job": 1}, {}], protocol=0).decode("ascii")
    for queue in ("crate.consent", "crate.mail"):
        _put(rabbitmq.url(), queue, pickled, Task.SEND_MAIL, "application/x-python-serialize")
        _put(rabbitmq.url(), queue, '[[], {"job": 1}, {}]', "no.such_task", "application/json")
    system.await_that(lambda: dead_letters(rabbitmq) == 4)

    system.send(system.add(2, [Kind.GREEN, Kind.YELLOW]))
    system.await_rest()
    check_outcome(system)


def _put(url: str, queue: str, body: str, task: str, content_type: str) -> None:
    headers = task_message(Task.SEND_MAIL, 1)[1] | {"task": task, "id": str(uuid.uuid4())}
    with open_connection(url) as connection, connection.Producer() as producer:
        producer.publish(
            body,
            exchange="",
            routing_key=queue,
            headers=headers,
            content_type=content_type,
            content_encoding="utf-8",
            serializer=None,
        )
