"""The embedded default, SQLite and a folder as broker, with the same faults."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.outcome import check_outcome
from tests.faults.system import System
from tests.servers import SmtpSink
from tests.servers.site_database import create_schema


@pytest.fixture
def broker_folder(tmp_path: Path) -> Path:
    """The folder that is the broker."""
    return tmp_path / "broker"


@pytest.fixture
def embedded(smtp_sink: SmtpSink, tmp_path: Path, broker_folder: Path) -> Iterator[System]:
    """The system without servers."""
    url = f"sqlite:///{tmp_path / 'site.db'}"
    create_schema(url)
    with System(url, f"filesystem://{broker_folder}", smtp_sink, tmp_path) as system:
        system.await_ready()
        yield system


def test_c126_embedded_killed_while_requests_flow(embedded: System) -> None:
    def kill(done: int) -> None:
        if done in {5, 20}:
            embedded.consent.kill_child()
            embedded.mailer.kill_child()
        if done == 15:
            embedded.consent.kill_main()
            embedded.consent.start()

    embedded.send_many(30, a_form=5, after_form=kill)
    embedded.await_rest()
    check_outcome(embedded, unknown_allowed=True)


def test_embedded_all_idle_pool_processes_killed_and_work_goes_on(embedded: System) -> None:
    embedded.send_many(4, a_form=4)
    embedded.await_rest()
    embedded.consent.kill_children()
    embedded.send_test_mail()
    embedded.await_rest()
    assert len(embedded.sink.messages) == 5


def test_embedded_broker_folder_deleted_in_the_middle_loses_nothing(
    embedded: System, broker_folder: Path
) -> None:
    def delete(done: int) -> None:
        if done in {10, 20}:
            shutil.rmtree(broker_folder, ignore_errors=True)

    embedded.send_many(30, a_form=5, after_form=delete)
    embedded.await_rest()
    check_outcome(embedded)
