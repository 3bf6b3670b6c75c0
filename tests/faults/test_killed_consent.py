"""Consent is killed at any moment, also between its effects and their commit (C126)."""

import random
import time

import pytest
from sqlalchemy import text

from tests.faults.outcome import check_outcome, dead_letters
from tests.faults.people import Kind
from tests.faults.system import System
from tests.servers import RabbitMQServer

_WAITING_FOR_A_TABLE = text(
    "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE 'Waiting for table%'"
)


@pytest.mark.parametrize("whole", [False, True], ids=["pool process", "container"])
def test_c126_killed_between_effects_and_commit_leaves_each_effect_once(
    system: System, whole: bool
) -> None:
    system.consent.kill()
    system.send(system.add(2, [Kind.GREEN, Kind.YELLOW]))
    with system.database.engine.connect() as holder:
        # The story of a request is the last that a step writes: letters and mails wait for their commit.
        holder.execute(text("LOCK TABLES contact_event READ"))
        system.consent.start()
        with system.database.engine.connect() as watcher:
            system.await_that(lambda: watcher.scalar(_WAITING_FOR_A_TABLE) == 2)
        if whole:
            system.consent.kill()
        else:
            system.consent.kill_children()
        holder.execute(text("UNLOCK TABLES"))
    assert system.finished_requests() == 0
    if whole:
        system.consent.start()
    system.await_rest()
    check_outcome(system)


def test_c126_consent_killed_at_random_while_200_requests_flow(
    system: System, rabbitmq: RabbitMQServer
) -> None:
    def kill(done: int) -> None:
        time.sleep(random.uniform(0, 0.3))
        if done % 70 == 0:
            system.consent.kill()
            system.consent.start()
        elif done % 20 == 0:
            system.consent.kill_child()

    system.send_many(200, after_form=kill)
    system.await_rest()
    check_outcome(system)
    assert dead_letters(rabbitmq) == 0
