"""Runs the benchmarks and prints their table: `python -m tests.load [ROW...]`."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import psutil

from crate_core.database import make_engine
from tests.load import flow, web
from tests.load.rows import GOALS, HEAD, Result, Row, as_line
from tests.load.site import Site
from tests.servers import MariaDBServer, RabbitMQServer

_SERVER_ROWS = tuple(row for row in Row if row is not Row.EMBEDDED)


def main(arguments: Sequence[str]) -> int:
    """Measure the rows that are named, or all; return 1 when one misses its goal."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=main.__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of: {', '.join(Row)}; all if none")
    named = parser.parse_args(arguments).rows
    if unknown := set(named) - set(Row):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    rows = set(named or Row)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="crate-bench-") as folder:
        results = list(_told(_measure(rows, Path(folder))))
    _print_table(results, time.monotonic() - started)
    return 0 if all(result.is_reached for result in results) else 1


def _told(results: Iterable[Result]) -> Iterator[Result]:
    for result in results:
        load = os.getloadavg()[0]
        print(f"{result.name}: {result.value:.1f} {GOALS[result.name].unit}  (load {load:.1f})", flush=True)  # fmt: skip
        if result.detail:
            print(f"    {result.detail}", flush=True)
        yield result


def _print_table(results: Sequence[Result], seconds: float) -> None:
    print(f"\n{HEAD}\n{'-' * len(HEAD)}")
    for name in GOALS:
        for result in results:
            if result.name == name:
                print(as_line(result))
    print(
        f"\n{os.cpu_count()} cores; {seconds:.0f} s; CRATE's figures are from a machine of 2 cores."
    )


def _measure(rows: set[str], folder: Path) -> Iterator[Result]:
    if rows & set(_SERVER_ROWS):
        yield from _on_servers(rows, folder)
    if Row.EMBEDDED in rows:
        yield _embedded(folder / "embedded")


def _on_servers(rows: set[str], folder: Path) -> Iterator[Result]:
    with (
        MariaDBServer(folder / "mariadb") as mariadb,
        RabbitMQServer(folder / "rabbitmq") as broker,
    ):
        research_url = mariadb.create_database()
        web.make_slow_table(research_url)
        with Site(
            mariadb.create_database(), broker.url(), folder / "site", research_url=research_url
        ) as site:

            def trees() -> Mapping[str, Sequence[psutil.Process]]:
                servers = {"MariaDB": mariadb.pid, "RabbitMQ": broker.pid, "bench": os.getpid()}
                services = {name: site.tree(name) for name in site.services}
                return services | {name: [psutil.Process(pid)] for name, pid in servers.items()}

            if Row.START in rows:
                yield web.start(site)
            if Row.MEMORY in rows:
                yield from web.memory(site)
            site.add_patients(flow.PATIENTS)
            site.let_lead_sign_in()
            site.start("web", "consent", "mailer", "relay")
            measurements: dict[Row, Callable[[], Result]] = {
                Row.LOGIN: lambda: web.log_in_page(site, folder),
                Row.POST: lambda: flow.post_to_processed(site, "post", trees),
                Row.CLINICIAN: lambda: flow.clinician_mails(site, trees),
                Row.DIRECT: lambda: flow.direct_approvals(site, trees),
                Row.HOME: lambda: web.home_page(site, folder),
                Row.SLOW: lambda: web.beside_slow_statements(site, folder),
            }
            yield from (measure() for row, measure in measurements.items() if row in rows)


def _embedded(folder: Path) -> Result:
    """Measure on SQLite and folders, with the processes of `make run`."""
    folder.mkdir()
    research = f"sqlite:///{folder / 'research.db'}"
    make_engine(research).dispose()
    broker = f"filesystem://{folder / 'broker'}"
    database = f"sqlite:///{folder / 'site.db'}"
    with Site(database, broker, folder / "site", research_url=research, worker_processes=1) as site:
        site.add_patients(flow.PATIENTS)
        site.let_lead_sign_in()
        site.start("web", "consent", "mailer", "relay")
        return flow.post_to_processed(
            site, "embedded", lambda: {name: site.tree(name) for name in site.services}
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
