"""The research pages as a browser meets them, with the runner's work done in between."""

import re
import threading
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, update
from starlette.testclient import TestClient

from crate_core.clock import utcnow
from crate_core.database import WriteSession
from crate_core.jobs import Task
from crate_core.jobs.running import JobView
from crate_core.models.jobs import Job
from crate_core.models.research import (
    ResearchColumn,
    ResearchQuery,
    ResearchRun,
    ResearchRunChunk,
    RunStatus,
)
from crate_core.settings.research import ResearchDatabase
from crate_web.auth.routes import feature as auth
from crate_web.bootstrap import build_application
from crate_web.frame.routes import feature as frame
from crate_web.research.queries import rids_of_run
from crate_web.research.results import encode_row, pack
from crate_web.research.routes import feature as research
from crate_web.runner.tasks import ReadStructure
from tests.integration.research.conftest import ENDLESS, Laboratory
from tests.integration.research.pages import ORIGIN, Browser, Page, settings_of, sign_in
from tests.waiting import wait_until


@pytest.fixture
def app_client(sqlite_lab: Laboratory) -> Iterator[TestClient]:
    app = build_application(
        settings_of(sqlite_lab), database=sqlite_lab.database, features=(frame, auth, research)
    )
    with TestClient(app, base_url=ORIGIN) as client:
        yield client


@pytest.fixture
def alice(sqlite_lab: Laboratory, app_client: TestClient) -> Browser:
    app_client.cookies.set("session", sign_in(sqlite_lab, "alice"))
    return Browser(sqlite_lab, app_client)


def test_r04_result_page_shows_rows_and_their_number(alice: Browser) -> None:
    address = alice.run("SELECT note_id FROM note ORDER BY note_id")
    page = alice.client.get(address).text
    assert "4 rows" in page
    assert [row[1] for row in Page(page).rows[1:]] == ["1", "2", "3", "4"]


def test_r06_text_is_kept_and_shown_as_typed(alice: Browser) -> None:
    sql = "SELECT note_id, 'a  b' -- x\nFROM note"
    address = alice.run(sql)
    assert alice.lab.find(int(address.rpartition("/")[2])).sql == sql
    assert "SELECT note_id, &#39;a  b&#39; -- x\nFROM note" in alice.client.get(address).text


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("DELETE FROM lookup_thing", "DELETE"),
        ("CREATE TABLE z(a int)", "CREATE"),
        ("SELECT 1; DROP TABLE note", "; DROP TABLE note"),
        ("PRAGMA query_only=OFF", "PRAGMA"),
        ("SELECT * FROM secretdb.secret_map", "secretdb"),
    ],
)
def test_r07_r08_r09_r10_refusal_marks_the_words_and_is_audited(
    alice: Browser, sql: str, words: str
) -> None:
    data = {**alice.token("/research/sql"), "database": "alpha", "sql": sql}
    response = alice.client.post("/research/sql", data=data)
    assert response.status_code == 422
    assert f"<mark>{words}</mark>" in response.text
    assert "<title>Error: Write a query" in response.text
    assert f">{sql}</textarea>" in response.text
    (event,) = alice.lab.audit("run_rejected")
    assert (event.actor, event.detail["sql"], event.detail["words"]) == ("alice", sql, words)
    with alice.lab.database.read() as session:
        assert session.scalar(select(func.count()).select_from(ResearchRun)) == 0
        assert session.scalar(select(func.count()).select_from(Job)) == 0


def test_r11_engine_error_is_told_with_the_text(alice: Browser) -> None:
    address = alice.run("SELECT * FROM nosuch")
    page = alice.client.get(address)
    assert page.status_code == 200
    assert "no such table: nosuch" in page.text
    assert "SELECT * FROM nosuch" in page.text


def test_r14_page_tells_how_many_were_kept(alice: Browser) -> None:
    alice.lab = alice.lab.with_settings(run_max_rows=3)
    page = alice.client.get(alice.run("SELECT note_id FROM note")).text
    assert "First 3 of 4 rows kept" in page


def test_r16_run_goes_on_when_the_page_is_left(alice: Browser) -> None:
    address = alice.post_sql("SELECT note_id FROM note")
    waiting = alice.client.get(address).text
    assert "Waiting" in waiting
    assert 'http-equiv="refresh"' in waiting
    state = alice.client.get(f"{address}/state")
    assert "hx-refresh" not in state.headers
    alice.lab.work(int(address.rpartition("/")[2]))
    assert alice.client.get(f"{address}/state").headers["hx-refresh"] == "true"
    assert "4 rows" in alice.client.get(address).text
    assert "4" in alice.client.get("/research/runs").text
    assert len(alice.lab.audit("run_started")) == 1


ROWS_120 = "SELECT a.d * 10 + b.d AS n FROM digit a, digit b, digit c WHERE c.d < 2 AND a.d < 6"


def _numbers(page: Page) -> list[int]:
    return [int(row[0]) for row in page.rows[1:]]


def test_r17_r20_pages_give_each_row_once_with_continuous_numbers(alice: Browser) -> None:
    address = alice.run(ROWS_120)
    pages = [alice.page(f"{address}?page={page}&per_page=50") for page in (1, 2, 3)]
    assert [len(page.rows) - 1 for page in pages] == [50, 50, 20]
    assert [number for page in pages for number in _numbers(page)] == list(range(1, 121))
    assert _numbers(pages[2])[0] == 101
    again = alice.page(f"{address}?page=2&per_page=50")
    assert again.rows == pages[1].rows


@pytest.mark.parametrize(("asked", "first"), [("99", 101), ("-1", 101), ("0", 101), ("abc", 1)])
def test_r18_a_page_beyond_the_ends_is_the_last_and_what_is_no_number_the_first(
    alice: Browser, asked: str, first: int
) -> None:
    address = alice.run(ROWS_120)
    assert _numbers(alice.page(f"{address}?page={asked}&per_page=50"))[0] == first


def test_r19_rows_a_page_are_a_choice(alice: Browser) -> None:
    address = alice.run(ROWS_120)
    assert "Page 6" in alice.client.get(f"{address}?per_page=20").text
    assert alice.client.get(f"{address}?per_page=33").status_code == 400


def test_r21_null_is_marked_and_not_a_text(alice: Browser) -> None:
    address = alice.run("SELECT NULL, '', 'NULL'")
    page = alice.client.get(address).text
    assert page.count('<em class="crate-null" title="no value">NULL</em>') == 1
    assert '<span class="crate-text">NULL</span>' in page
    assert '<span class="crate-text"></span>' in page


def test_r22_values_are_escaped(alice: Browser) -> None:
    address = alice.run('SELECT note AS "<i>x</i>" FROM note WHERE note_id = 3')
    page = alice.page(address)
    assert page.rows[1][1] == "depression <b>bold</b>"
    assert page.rows[0][1] == "<i>x</i>"
    assert "b" not in page.elements
    assert "i" not in page.elements


def test_r23_r24_long_text_is_folded_and_complete(alice: Browser) -> None:
    address = alice.run("SELECT replace('xxxxxxxxxxxxxxxx', 'x', 'word word word word word ') AS t")
    page = alice.client.get(address).text
    assert page.count('<details class="crate-long">') == 1
    assert "word " * 80 in page


def test_r38_same_text_is_one_saved_query_newest_first(alice: Browser) -> None:
    for sql in ("SELECT 1 AS one", "SELECT 2 AS two", "SELECT 1 AS one"):
        alice.run(sql)
    page = alice.client.get("/research/queries").text
    assert "2 queries" in page
    assert page.index("SELECT 1 AS one") < page.index("SELECT 2 AS two")
    with alice.lab.database.read() as session:
        assert session.scalar(select(func.count()).select_from(ResearchQuery)) == 2
        query_id = session.scalar(
            select(ResearchQuery.id).where(ResearchQuery.sql == "SELECT 2 AS two")
        )
    assert ">SELECT 2 AS two</textarea>" in alice.client.get(f"/research/sql?query={query_id}").text


def test_second_post_of_the_same_form_finds_the_first_run(alice: Browser) -> None:
    data = {**alice.token("/research/sql"), "database": "alpha", "sql": "SELECT 1"}
    answers = [
        alice.client.post("/research/sql", data=data, follow_redirects=False) for _ in range(2)
    ]
    assert answers[0].headers["location"] == answers[1].headers["location"]


def test_r13_waiting_run_is_cancelled_at_once(alice: Browser) -> None:
    address = alice.post_sql("SELECT 1")
    token = {"csrf_token": alice.token(address)["csrf_token"]}
    page = alice.client.post(f"{address}/cancel", data=token)
    assert "Cancelled" in page.text
    run_id = int(address.rpartition("/")[2])
    assert alice.lab.find(run_id).status == RunStatus.CANCELLED
    assert len(alice.lab.audit("run_cancelled")) == 1
    alice.client.post(f"{address}/cancel", data=token)
    assert len(alice.lab.audit("run_cancelled")) == 1


def test_r13_running_run_is_cancelled_by_its_page_once_and_an_ended_one_stays(
    alice: Browser,
) -> None:
    address = alice.post_sql(ENDLESS)
    run_id = int(address.rpartition("/")[2])
    worker = threading.Thread(target=alice.lab.work, args=(run_id,))
    worker.start()
    wait_until(lambda: alice.lab.find(run_id).status == RunStatus.RUNNING)
    token = {"csrf_token": alice.token(address)["csrf_token"]}
    for _ in range(2):
        assert alice.client.post(f"{address}/cancel", data=token).status_code == 200
    # Sooner than the time-out of a minute would end it.
    worker.join(timeout=30)
    assert alice.lab.find(run_id).status == RunStatus.CANCELLED
    (event,) = alice.lab.audit("run_cancelled")
    assert (event.actor, event.subject) == ("alice", f"run {run_id}")
    ended = alice.run("SELECT 1 AS one")
    assert "1 row" in alice.client.post(f"{ended}/cancel", data=token).text
    assert alice.lab.find(int(ended.rpartition("/")[2])).status == RunStatus.DONE
    assert len(alice.lab.audit("run_cancelled")) == 1


def test_r41_runs_and_queries_of_others_are_not_found(alice: Browser) -> None:
    address = alice.run("SELECT brcid FROM note")
    run_id = int(address.rpartition("/")[2])
    alice.client.cookies.clear()
    alice.client.cookies.set("session", sign_in(alice.lab, "bob"))
    token = {"csrf_token": alice.token("/research/sql")["csrf_token"]}
    for path in (
        address,
        f"{address}/state",
        f"/research/sql?run={run_id}",
        "/research/sql?query=1",
    ):
        assert alice.client.get(path).status_code == 404
    assert alice.client.post(f"{address}/cancel", data=token).status_code == 404
    assert "You have not run a query yet" in alice.client.get("/research/runs").text
    bob = alice.lab.owner_id + 1
    with alice.lab.database.read() as session:
        databases = alice.lab.settings.research_databases
        assert rids_of_run(session, run_id, bob, databases=databases) == []


def test_research_ids_of_a_result_are_distinct_and_may_be_chosen(alice: Browser) -> None:
    address = alice.run("SELECT note_id, BRCID FROM note ORDER BY note_id")
    run_id = int(address.rpartition("/")[2])
    page = alice.client.get(address).text
    assert "Ask about these patients" in page
    assert f'name="run" value="{run_id}"' in page
    databases = alice.lab.settings.research_databases
    with alice.lab.database.read() as session:
        owner_id = alice.lab.owner_id
        assert rids_of_run(session, run_id, owner_id, databases=databases) == ["r1", "r2", "r3"]
        chosen = rids_of_run(session, run_id, owner_id, databases=databases, rows=[2, 4])
        assert chosen == ["r1", "r3"]


def test_r17_large_result_is_never_held_as_a_whole(alice: Browser) -> None:
    address = alice.run("SELECT brcid, note FROM note WHERE note_id = 1")
    run_id = int(address.rpartition("/")[2])
    chunk = [["r1", "x" * 1_000_000], ["r2", "y" * 1_000_000]]
    content = pack([encode_row(row) for row in chunk])

    def store(session: WriteSession) -> None:
        session.get_one(ResearchRun, run_id).rows_kept = 41
        session.add_all(
            ResearchRunChunk(run_id=run_id, first_row=first, row_count=2, content=content)
            for first in range(1, 41, 2)
        )

    alice.lab.database.write(store)
    databases = alice.lab.settings.research_databases
    tracemalloc.start()
    try:
        with alice.lab.database.read() as session:
            rids = rids_of_run(session, run_id, alice.lab.owner_id, databases=databases)
        assert alice.client.get(f"{address}?per_page=100").text.count("more characters") == 40
        held = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert rids == ["r1", "r2"]
    assert held < 15_000_000


def test_columns_without_a_name_have_a_heading(alice: Browser) -> None:
    address = alice.run("SELECT 1 AS one")
    nameless = update(ResearchRun).values(columns='[""]')
    alice.lab.database.write(lambda session: session.change(nameless))
    assert alice.page(address).rows[0][1] == "(no name)"


def test_result_without_research_ids_offers_no_request(alice: Browser) -> None:
    address = alice.run("SELECT note_id FROM note")
    assert "Ask about these patients" not in alice.client.get(address).text


def test_structure_is_read_shown_and_searched(alice: Browser) -> None:
    job = JobView(1, Task.READ_STRUCTURE, 0, 1, utcnow())
    alice.lab.database.write(ReadStructure(alice.lab.settings).perform(job))
    page = alice.client.get("/research/structure").text
    assert "note_datetime" in page
    assert "lookup_thing" in page
    found = alice.client.get("/research/structure?q=nhsh").text
    assert "nhshash" in found
    assert "note_datetime" not in found
    editor = alice.client.get("/research/sql").text
    assert "note_datetime" in editor
    assert "LIMIT 10" in editor
    with alice.lab.database.read() as session:
        again = session.scalar(select(Job.due_at).where(Job.task == Task.READ_STRUCTURE))
    assert again is not None
    assert again > utcnow()


def test_structure_of_a_database_that_is_away_stays_known(
    mariadb_lab: Laboratory, alpha_mariadb: ResearchDatabase
) -> None:
    job = JobView(1, Task.READ_STRUCTURE, 0, 1, utcnow())
    mariadb_lab.database.write(ReadStructure(mariadb_lab.settings).perform(job))
    away = alpha_mariadb.model_copy(update={"url": SecretStr("mysql+pymysql://x@127.0.0.1:1/x")})
    lab = mariadb_lab.with_settings(research_databases=[away])
    mariadb_lab.database.write(ReadStructure(lab.settings).perform(job))
    with mariadb_lab.database.read() as session:
        found = session.scalars(select(ResearchColumn)).all()
    assert {column.table_name for column in found} == {"patients", "note", "lookup_thing", "digit"}


def test_chunks_are_compressed(alice: Browser) -> None:
    alice.run("SELECT a.d FROM digit a, digit b, digit c")
    with alice.lab.database.read() as session:
        chunk = session.scalars(select(ResearchRunChunk)).first()
    assert chunk is not None
    assert chunk.row_count == 200
    assert len(zlib.decompress(chunk.content)) > 2 * len(chunk.content)


def test_home_shows_the_last_runs(alice: Browser) -> None:
    assert "Run an example" in alice.client.get("/").text
    alice.run("SELECT 1 AS one")
    assert "SELECT 1 AS one" in alice.client.get("/").text


def test_the_example_is_put_into_the_editor_when_asked_for(alice: Browser) -> None:
    job = JobView(1, Task.READ_STRUCTURE, 0, 1, utcnow())
    alice.lab.database.write(ReadStructure(alice.lab.settings).perform(job))
    offered = alice.client.get("/research/sql").text
    assert re.search(r"<textarea[^>]*></textarea>", offered)
    assert "Put the example into the editor" in offered
    filled = alice.client.get("/research/sql?example=yes").text
    assert re.search(r"<textarea[^>]*>\s*SELECT", filled)
    assert "Put the example into the editor" not in filled


def test_lists_are_downloaded_as_they_were_filtered_and_hold_own_things_only(
    alice: Browser,
) -> None:
    alice.run("SELECT 1 AS one")
    alice.run("SELECT 2 AS two")
    job = JobView(1, Task.READ_STRUCTURE, 0, 1, utcnow())
    alice.lab.database.write(ReadStructure(alice.lab.settings).perform(job))
    for path, found in (
        ("runs", "SELECT 1 AS one,alpha,done,1,1,"),
        ("queries", "SELECT 1 AS one,alpha,"),
    ):
        page = alice.client.get(f"/research/{path}?q=one").text
        assert f'href="/research/{path}.csv?q=one' in page
        csv = alice.client.get(f"/research/{path}.csv?q=one").text
        assert found in csv
        assert "SELECT 2" not in csv
    columns = alice.client.get("/research/structure.csv?q=nhsh").text
    assert "nhshash" in columns
    assert "note_datetime" not in columns


def test_empty_query_is_asked_for(alice: Browser) -> None:
    data = {**alice.token("/research/sql"), "database": "alpha", "sql": ""}
    response = alice.client.post("/research/sql", data=data)
    assert response.status_code == 422
    assert "Enter a query" in response.text
