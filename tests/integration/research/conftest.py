"""Research databases of fixture F (research spec 8), a site database, and a person who queries them."""

import sqlite3
import uuid
from dataclasses import dataclass
from pathlib import Path

import pymysql
import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.engine import make_url

from crate_core.clock import utcnow
from crate_core.database import Database, WriteSession
from crate_core.jobs import Task, enqueue, run_job
from crate_core.jobs.running import Outcome
from crate_core.models.audit import AuditEvent
from crate_core.models.jobs import Job
from crate_core.models.research import ResearchQuery, ResearchRun, ResearchRunChunk
from crate_core.models.users import UserAccount
from crate_core.settings import Settings
from crate_core.settings.research import ResearchDatabase
from crate_web.research.results import Cell, unpack
from crate_web.runner.tasks import handlers

ALPHA = [
    "CREATE TABLE patients (trid INTEGER, brcid VARCHAR(10), nhshash VARCHAR(10), sex VARCHAR(1), age INTEGER)",
    "INSERT INTO patients VALUES (1,'r1','m1','F',40), (2,'r2','m2','M',50), (3,'r3','m3','F',60)",
    """CREATE TABLE note (note_id INTEGER, trid INTEGER, brcid VARCHAR(10), note_datetime DATE, note TEXT,
    score INTEGER, val DECIMAL(5,1))""",
    """INSERT INTO note VALUES
    (1,1,'r1','2020-01-01','Takes mirtazapine. Doesn''t smoke (ever).',0,1.5),
    (2,1,'r1','2021-01-01','=1+1 formula',1,NULL),
    (3,2,'r2','2022-01-01','depression <b>bold</b>',0,2.5), (4,3,'r3','2023-01-01','nil',0,NULL)""",
    "CREATE TABLE lookup_thing (code VARCHAR(10), label VARCHAR(50))",
    "CREATE TABLE digit (d INTEGER)",
    "INSERT INTO digit VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)",
]

# Gives 10 ** n rows, or takes for ever to count them.
ROWS_300_000 = (
    "SELECT a.d, b.d AS b FROM digit a, digit b, digit c, digit d, digit e, digit f WHERE f.d < 3"
)
ENDLESS = "SELECT COUNT(*) FROM " + ", ".join(f"digit d{number}" for number in range(14))


@dataclass
class Laboratory:
    """Submits texts and runs them here, as the runner does."""

    database: Database
    research: ResearchDatabase
    owner_id: int
    settings: Settings

    def with_settings(self, **changes: object) -> "Laboratory":
        settings = self.settings.model_copy(update=changes)
        return Laboratory(self.database, self.research, self.owner_id, settings)

    def submit(self, sql: str) -> int:
        def work(session: WriteSession) -> int:
            now = utcnow()
            query = ResearchQuery(
                owner_id=self.owner_id,
                database=self.research.name,
                sql=sql,
                sql_sha256=uuid.uuid4().hex,
                created_at=now,
                used_at=now,
            )
            session.add(query)
            session.flush()
            run = ResearchRun(
                owner_id=self.owner_id,
                query_id=query.id,
                database=self.research.name,
                sql=sql,
                submission=uuid.uuid4().hex,
                address="192.0.2.1",
                created_at=now,
            )
            session.add(run)
            session.flush()
            enqueue(session, Task.RUN_QUERY, run.id)
            return run.id

        return self.database.write(work)

    def job_id(self, run_id: int) -> int:
        with self.database.read() as session:
            found = session.scalar(
                select(Job.id).where(Job.task == Task.RUN_QUERY, Job.subject_id == run_id)
            )
            assert found is not None
            return found

    def work(self, run_id: int) -> Outcome:
        return run_job(self.database, handlers(self.database, self.settings), self.job_id(run_id))

    def run(self, sql: str) -> ResearchRun:
        run_id = self.submit(sql)
        self.work(run_id)
        return self.find(run_id)

    def find(self, run_id: int) -> ResearchRun:
        with self.database.read() as session:
            return session.get_one(ResearchRun, run_id)

    def rows(self, run: ResearchRun) -> list[list[Cell]]:
        with self.database.read() as session:
            chunks = session.scalars(
                select(ResearchRunChunk)
                .where(ResearchRunChunk.run_id == run.id)
                .order_by(ResearchRunChunk.first_row)
            ).all()
        assert [chunk.first_row for chunk in chunks] == [
            sum(chunk.row_count for chunk in chunks[:index]) for index in range(len(chunks))
        ]
        return [row for chunk in chunks for row in unpack(chunk.content)]

    def audit(self, kind: str) -> list[AuditEvent]:
        with self.database.read() as session:
            found = session.scalars(select(AuditEvent).where(AuditEvent.kind == kind))
            return list(found.all())


def _mysql(url: str, statements: list[str]) -> None:
    address = make_url(url)
    connection = pymysql.connect(
        host=address.host,
        port=address.port or 3306,
        user=address.username,
        password=address.password or "",
        database=address.database,
        autocommit=True,
    )
    with connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def alpha_sqlite(tmp_path: Path) -> ResearchDatabase:
    path = tmp_path / "alpha research.db"
    connection = sqlite3.connect(path)
    for statement in ALPHA:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return ResearchDatabase(
        name="alpha", url=SecretStr(f"sqlite:///{path}"), rid_column="brcid", mrid_column="nhshash"
    )


@pytest.fixture
def alpha_mariadb(mariadb_url: str) -> ResearchDatabase:
    _mysql(mariadb_url, ALPHA)
    return ResearchDatabase(
        name="alpha", url=SecretStr(mariadb_url), rid_column="brcid", mrid_column="nhshash"
    )


@pytest.fixture(params=["sqlite", "mariadb"])
def alpha(request: pytest.FixtureRequest) -> ResearchDatabase:
    found: ResearchDatabase = request.getfixturevalue(f"alpha_{request.param}")
    return found


def _laboratory(database: Database, research: ResearchDatabase) -> Laboratory:
    def work(session: WriteSession) -> int:
        user = UserAccount(username="alice", password_hash="x", created_at=utcnow())
        session.add(user)
        session.flush()
        return user.id

    settings = Settings.model_construct(
        research_databases=[research],
        run_timeout_seconds=60,
        run_max_rows=10_000,
        runs_per_user=2,
    )
    return Laboratory(database, research, database.write(work), settings)


@pytest.fixture
def lab(sqlite_database: Database, alpha: ResearchDatabase) -> Laboratory:
    """Both engines for research, SQLite for the site."""
    return _laboratory(sqlite_database, alpha)


@pytest.fixture
def sqlite_lab(sqlite_database: Database, alpha_sqlite: ResearchDatabase) -> Laboratory:
    return _laboratory(sqlite_database, alpha_sqlite)


@pytest.fixture
def mariadb_lab(sqlite_database: Database, alpha_mariadb: ResearchDatabase) -> Laboratory:
    return _laboratory(sqlite_database, alpha_mariadb)


@pytest.fixture
def server_lab(mariadb_database: Database, alpha_mariadb: ResearchDatabase) -> Laboratory:
    """MariaDB for both."""
    return _laboratory(mariadb_database, alpha_mariadb)
