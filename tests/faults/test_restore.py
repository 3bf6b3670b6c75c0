"""The drill of docs/operations.md: dump, lose everything, restore; the audit fits and the work goes on."""

import shlex
import subprocess
import sys
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.engine import make_url

from crate_core.audit import seal
from crate_core.models import Job
from tests.faults.outcome import check_outcome
from tests.faults.system import System
from tests.servers import MariaDBServer, RabbitMQServer
from tests.servers.process import HOST, find_binary

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
_REQUESTS = 20


def test_site_restored_from_its_dump_goes_on_where_it_was(
    system: System, mariadb: MariaDBServer, rabbitmq: RabbitMQServer
) -> None:
    system.mailer.stop()
    system.send_many(_REQUESTS)
    system.await_finished(_REQUESTS)
    for service in (system.consent, system.relay):
        service.stop()
    assert system.database.write(seal), "nothing was audited"
    open_jobs, audit = _open_jobs(system), _crate(system, "audit", "verify")
    assert open_jobs, "a drill without work under way proves little"

    dump = _run_client(mariadb, system, *_dump_command())
    mariadb.wipe()
    rabbitmq.wipe()
    mariadb.start()
    rabbitmq.start()
    name = make_url(system.database_url).database
    mariadb.execute(f"CREATE DATABASE `{name}`")
    _run_client(mariadb, system, "mariadb", given=dump)

    assert _crate(system, "audit", "verify") == audit
    assert _open_jobs(system) == open_jobs
    for service in system.services:
        service.start()
    system.await_rest()
    check_outcome(system)
    _crate(system, "jobs", "status")


def _dump_command() -> list[str]:
    """Return the command of the documentation, up to the name of the database."""
    line = next(
        line for line in OPERATIONS.read_text().splitlines() if line.startswith("mariadb-dump")
    )
    return shlex.split(line.partition(" site ")[0])


def _run_client(
    mariadb: MariaDBServer, system: System, program: str, *options: str, given: bytes = b""
) -> bytes:
    url = make_url(system.database_url)
    where = [f"--host={HOST}", f"--port={mariadb.port}", f"--user={url.username}"]
    command = [find_binary(program), *where, f"--password={url.password}", *options]
    done = subprocess.run(
        [*command, str(url.database)], input=given, capture_output=True, check=True
    )
    return done.stdout


def _crate(system: System, *arguments: str) -> str:
    """Run a command of the operator; fails when the command does."""
    command = [str(Path(sys.executable).with_name("crate")), *arguments]
    done = subprocess.run(
        command, check=False, env=system.environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _open_jobs(system: System) -> list[tuple[int, str]]:
    with system.database.read() as session:
        jobs = session.execute(
            select(Job.id, Job.task).where(Job.done_at.is_(None)).order_by(Job.id)
        )
        return [(number, task) for number, task in jobs]
