import json

from crate_core.celery.publisher import task_message
from crate_core.jobs import Task


def test_a_message_carries_the_number_of_a_job_and_nothing_else() -> None:
    body, headers, properties = task_message(Task.SEND_MAIL, 42)

    assert json.loads(body)[:2] == [[], {"job": 42}]
    assert headers["task"] == "mail.send"
    assert (headers["argsrepr"], headers["kwargsrepr"]) == ("()", "{'job': 42}")
    assert headers["id"] == properties["correlation_id"]
    assert properties["delivery_mode"] == 2
