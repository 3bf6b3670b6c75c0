"""What each service's account on the database may do is enough for its work, and no more than that."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Template
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from crate_consent.bootstrap import open_collaborators
from crate_consent.handlers import make_handlers
from crate_core.clock import utcnow
from crate_core.database import Database, WriteSession, make_engine
from crate_core.domain.contact import Answer, Status
from crate_core.domain.roles import Role
from crate_core.jobs import Outcome, Task, run_job
from crate_core.migrations import upgrade
from crate_core.models import (
    ContactRequest,
    Job,
    OwnPatientRequest,
    ResearchQuery,
    ResearchRun,
    UserAccount,
    UserRole,
)
from crate_core.models.research import RunStatus
from crate_mailer.address import parse_smtp_url
from crate_mailer.service import make_handlers as make_mail_handlers
from crate_mailer.transport import SmtpTransport
from crate_web.runner.runs import Ending, Start, finish, start
from tests.conftest import started
from tests.deploy.chart.test_demo_servers import statements
from tests.integration.consent.world import World
from tests.servers import MariaDBServer, SmtpSink
from tests.servers.process import HOST

DOCKER = Path(__file__).parents[2] / "docker"
SERVICES = ("web", "consent", "mailer", "runner", "relay")
PASSWORD = "account"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDBServer]:
    """A database server with the accounts, the schema and the rights of a deployment."""
    server = started(lambda: MariaDBServer(tmp_path_factory.mktemp("database")))
    with server:
        accounts = Template((DOCKER / "templates/accounts.sql").read_text())
        passwords = dict.fromkeys(accounts.get_identifiers(), PASSWORD)
        for statement in statements(accounts.substitute(passwords)):
            server.execute(statement)
        owner = make_engine(url(server, "owner"))
        upgrade(owner)
        owner.dispose()
        for statement in statements((DOCKER / "mariadb/grants.sql").read_text()):
            server.execute(statement)
        yield server


@pytest.fixture
def accounts(server: MariaDBServer) -> Iterator[Mapping[str, Database]]:
    """The site database, by the service whose account is used."""
    databases = {name: Database(make_engine(url(server, name))) for name in ("owner", *SERVICES)}
    yield databases
    for database in databases.values():
        database.dispose()


def url(server: MariaDBServer, account: str) -> str:
    return f"mysql+pymysql://{account}:{PASSWORD}@{HOST}:{server.port}/site?charset=utf8mb4"


@pytest.mark.parametrize("service", ["consent", "mailer", "runner", "relay"])
def test_hashes_of_passwords_are_read_by_the_front_end_alone(
    accounts: Mapping[str, Database], service: str
) -> None:
    statement = text("SELECT password_hash FROM user_account")
    with accounts["web"].read() as session:
        session.execute(statement)
    with pytest.raises(DBAPIError, match="denied"), accounts[service].engine.connect() as it:
        it.execute(statement)
    with pytest.raises(DBAPIError, match="denied"), accounts[service].engine.connect() as it:
        it.execute(text("SELECT * FROM user_account"))


def test_runner_starts_and_ends_a_run(accounts: Mapping[str, Database]) -> None:
    now = utcnow()

    def submit(session: WriteSession) -> int:
        owner = UserAccount(username="alice", password_hash="x", created_at=now)
        session.add(owner)
        session.flush()
        about: dict[str, Any] = {"owner_id": owner.id, "database": "demo", "sql": "SELECT 1"}
        query = ResearchQuery(**about, sql_sha256="x", created_at=now, used_at=now)
        session.add(query)
        session.flush()
        run = ResearchRun(**about, query_id=query.id, submission="s", created_at=now)
        session.add(run)
        session.flush()
        return run.id

    run_id = accounts["web"].write(submit)
    runner = accounts["runner"]
    assert runner.write(lambda session: start(session, run_id, most=1)) is Start.STARTED
    ending = Ending(RunStatus.DONE, rows_total=1)
    assert runner.write(lambda session: finish(session, run_id, ending))
    with accounts["owner"].read() as session:
        told = session.execute(
            text("SELECT kind, actor FROM audit_event ORDER BY id DESC LIMIT 2")
        ).all()
    assert {tuple(row) for row in told} == {("run_started", "alice"), ("run_ended", "alice")}


class ServedWorld(World):
    """A hospital whose jobs are run by each service under its own account."""

    accounts: Mapping[str, Database]

    def run_jobs(self, *, now: bool = False) -> list[Outcome]:
        outcomes: list[Outcome] = []
        while due := [job for job in self.jobs(*self.handlers) if _is_due(job)]:
            for job in due:
                service = "mailer" if job.task == Task.SEND_MAIL else "consent"
                outcomes.append(run_job(self.accounts[service], self.handlers, job.id))
        return outcomes


def _is_due(job: Job) -> bool:
    return job.done_at is None and job.due_at <= utcnow()


def test_consent_and_mailer_do_the_whole_journey(
    accounts: Mapping[str, Database], tmp_path: Path, smtp_sink: SmtpSink
) -> None:
    world = ServedWorld(accounts["owner"], tmp_path)
    world.accounts = accounts
    settings = world.settings.model_copy(update={"safety_catch": False})
    transport = SmtpTransport(parse_smtp_url(smtp_sink.url), settings.smtp_timeout_seconds)
    world.handlers = {
        **make_handlers(open_collaborators(settings, accounts["consent"])),
        **make_mail_handlers(settings, accounts["mailer"], transport),
    }
    world.leaflet()
    green, yellow, own = world.patient(9990001235), world.patient(9990002460), world.patient()
    world.consent("green", 9990001235, letter_wanted=False)
    direct = world.submit(world.study(), green)
    asked = world.submit(world.study(), yellow)
    by_clinician = world.submit(world.study(), own, direct=False)
    make_own(world, by_clinician)
    world.run_jobs()
    assert world.request(direct).status == Status.APPROVED
    assert world.request(by_clinician).status == Status.WITH_PATIENT
    world.answer(asked, Answer.R)
    world.run_jobs()
    world.reply(asked, agreed=True)
    world.run_jobs()
    assert world.request(asked).status == Status.APPROVED
    for number in (9990001235, 9990002460):
        world.consent("red", number)
    world.ask_for(Task.SEAL_AUDIT)
    world.ask_for(Task.REFRESH_CONSENT_MODES)
    world.run_jobs()
    assert {world.request(each).status for each in (direct, asked)} == {Status.WITHDRAWN}
    errors = {job.last_error for job in world.jobs(*world.handlers)}
    assert errors <= {"", "not needed any more"}
    assert len(smtp_sink.sent_to("lead@example.org")) == 4
    transport.close()


def make_own(world: World, request_id: int) -> None:
    """Let a clinician have made this request for a patient of their own."""
    clinician = world.user("clara", roles=[UserRole(role=Role.CLINICIAN)])

    def work(session: WriteSession) -> None:
        session.get_one(ContactRequest, request_id).requested_by_id = clinician
        session.add(
            OwnPatientRequest(
                contact_request_id=request_id,
                manager_posts=True,
                signatory_name="Dr Clara Whitfield",
                signatory_title="",
            )
        )

    world.database.write(work)
