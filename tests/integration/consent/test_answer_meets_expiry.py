"""An answer that comes in at the moment in which the request expires."""

import re
import threading
from datetime import timedelta

from sqlalchemy import update

from crate_core.clock import utcnow
from crate_core.domain.contact import Status
from crate_core.jobs import Task
from crate_core.models import ClinicianLink, ContactRequest
from crate_web.respond.forms import AnswerForm
from crate_web.respond.recording import record_answer
from tests.integration.consent.world import World

FORM = AnswerForm.model_validate({"answer": "B", "reason_b": "Too ill", "name": "C Clinic"})


def ask_long_ago(world: World) -> tuple[int, str]:
    """Return a request whose time has come, and the token of a link that still works."""
    rid = world.patient(9990000000 + world.count(ContactRequest))
    request_id = world.submit(world.study(), rid)
    world.run_jobs()
    world.shift(57, request_id)
    tomorrow = utcnow() + timedelta(days=1)
    world.database.write(
        lambda session: session.change(update(ClinicianLink).values(expires_at=tomorrow))
    )
    found = re.search(r"/respond/([\w-]{43})", world.mails("clinician_request")[-1].text)
    assert found
    return request_id, found[1]


def test_answer_that_meets_the_expiry_is_acted_upon_or_was_never_taken(world: World) -> None:
    for _ in range(5):
        request_id, token = ask_long_ago(world)
        world.make_due_of(Task.SEND_REMINDER)
        taken: list[bool] = []

        def answer(token: str = token, taken: list[bool] = taken) -> None:
            taken.append(
                world.database.write(
                    lambda session: record_answer(
                        session, token, FORM, now=utcnow(), address="192.0.2.1"
                    )
                )
            )

        answering = threading.Thread(target=answer)
        answering.start()
        world.run_jobs()
        answering.join()
        world.run_jobs()
        expected = Status.CLINICIAN_REFUSED if taken[0] else Status.EXPIRED
        assert world.request(request_id).status == expected
