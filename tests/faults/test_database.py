"""MariaDB stops, or is killed, while requests flow."""

from threading import Timer

import pytest

from tests.faults.outcome import check_outcome
from tests.faults.system import System
from tests.servers import MariaDBServer


@pytest.mark.parametrize("in_good_order", [True, False], ids=["stopped", "killed"])
def test_mariadb_goes_and_comes_back_while_200_requests_flow(
    system: System, mariadb: MariaDBServer, in_good_order: bool
) -> None:
    later: list[Timer] = []

    def disturb(done: int) -> None:
        if done in {60, 140}:
            system.await_finished(20)
            (mariadb.stop if in_good_order else mariadb.kill)()
            # Who submits meanwhile is told to try again later.
            later.append(Timer(3, mariadb.start))
            later[-1].start()

    system.send_many(200, after_form=disturb)
    for timer in later:
        timer.join()
    system.await_rest()
    check_outcome(system, unknown_allowed=True)
