"""Rows of web: pages a second, their times beside slow statements, start and memory."""

import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import func, select, text

from crate_core.clock import utcnow
from crate_core.database import make_engine
from crate_core.models import ResearchRun
from crate_core.models.research import RunStatus
from crate_web.research.forms import SqlForm
from crate_web.research.queries import submit_run
from tests.load.measures import ask_for, memory_mib, working
from tests.load.rows import Result
from tests.load.site import Site

_RUNS, _RUNS_EACH = 12, 2
_SETTLE_SECONDS = 3
_RESEARCHERS = [f"researcher{number}" for number in range(_RUNS // _RUNS_EACH)]


def make_slow_table(research_url: str) -> None:
    """Make a research database that answers slowly: each row of `slow` takes a quarter of a second.

    Like a database on another machine, it makes the runner wait and takes nothing of this machine.
    """
    engine = make_engine(research_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE note (rid INTEGER)"))
        connection.execute(text("INSERT INTO note SELECT seq FROM seq_1_to_400"))
        connection.execute(text("CREATE VIEW slow AS SELECT rid, SLEEP(0.25) AS waited FROM note"))
    engine.dispose()


def start(site: Site) -> Result:
    """Measure from the start of web to its first page."""
    site.start("web")
    site.stop("web")  # as a container that has started before: the disk is warm
    started = time.monotonic()
    site.launch("web")
    site.await_answer(f"{site.address}/login")
    elapsed = time.monotonic() - started
    site.stop("web")
    return Result("start", elapsed)


def memory(site: Site) -> Iterator[Result]:
    """Measure each service alone, so that nothing is shared with the others."""
    for name in ("web", "consent", "mailer", "runner"):
        site.start(name)
        if name == "web":
            for _ in range(20):
                site.await_answer(f"{site.address}/login")
        time.sleep(_SETTLE_SECONDS)
        yield Result(f"memory of {name}", memory_mib(site.tree(name)))
        site.stop(name)


def log_in_page(site: Site, folder: Path) -> Result:
    """Measure the log-in page."""
    with working({"web": site.tree("web")}) as work:
        pages = ask_for(f"{site.address}/login", folder)
    done = work.seconds["web"] / (pages.per_second * 9) * 1000
    return Result(
        "login", pages.per_second, f"p95 {pages.p95_ms:.1f} ms; CPU of web {done:.2f} ms a page"
    )


def home_page(site: Site, folder: Path) -> Result:
    """Measure the home page of a researcher who has sent requests."""
    browser = site.sign_in()
    cookie = "; ".join(f"{each.name}={each.value}" for each in browser.cookies.jar)
    size = len(browser.get("/").content)
    browser.close()
    with working({"web": site.tree("web")}) as work:
        pages = ask_for(f"{site.address}/", folder, cookie=cookie)
    done = work.seconds["web"] / (pages.per_second * 9) * 1000
    detail = f"p95 {pages.p95_ms:.1f} ms; {size:,} bytes; CPU of web {done:.2f} ms a page"
    return Result("home", pages.per_second, detail)


def beside_slow_statements(site: Site, folder: Path) -> Result:
    """Measure the log-in page while the runner waits for twelve statements, two of each of six people."""
    people = [site.world.user(name) for name in _RESEARCHERS]
    site.start("runner", CRATE_WORKER_PROCESSES=str(_RUNS))
    for number in range(_RUNS):
        form = SqlForm(
            submission=f"run-number-{number:08d}", database="research", sql="SELECT * FROM slow"
        )
        owner = people[number % len(people)]
        site.database.write(
            lambda session, form=form, owner=owner: submit_run(  # type: ignore[misc]
                session, form, owner_id=owner, address="", now=utcnow()
            )
        )
    _await_running(site)
    pages = ask_for(f"{site.address}/login", folder)
    still = _running(site)
    site.kill("runner")
    assert still == _RUNS, f"only {still} statements ran to the end of the measurement"
    return Result("slow", pages.p95_ms, f"{pages.per_second:.0f} req/s beside them")


def _running(site: Site) -> int:
    statement = (
        select(func.count()).select_from(ResearchRun).where(ResearchRun.status == RunStatus.RUNNING)
    )
    with site.database.read() as session:
        return session.scalar(statement) or 0


def _await_running(site: Site, *, seconds: float = 45) -> None:
    deadline = time.monotonic() + seconds
    while (running := _running(site)) < _RUNS:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{running} statements run")
        time.sleep(0.1)
