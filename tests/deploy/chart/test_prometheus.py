"""A real Prometheus scrapes the running site: what dashboards and alerts ask for is there, and an alert fires."""

import json
import re
import runpy
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives import serialization

from charts.generate.rendering import CHART
from crate_demo.kinds import Kind
from crate_demo.site_content import PASSWORD, RESEARCHER
from tests.browser.sites import RunningSite, ServedSite
from tests.conftest import started
from tests.deploy.certificates import make_certificate
from tests.deploy.chart.rendered import metric_names, queries
from tests.faults.processes import ServiceProcess
from tests.servers import MariaDBServer, RabbitMQServer, SmtpSink
from tests.servers.addresses import DatabaseServer
from tests.servers.process import (
    HOST,
    await_ready,
    end_process,
    find_binary,
    free_port,
    start_process,
)

pytestmark = pytest.mark.timeout(500)


class MeteredRabbitMQ(RabbitMQServer):
    """A broker with its Prometheus plugin."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.metrics_port = free_port()

    def _write_config(self) -> dict[str, str]:
        environment = super()._write_config()
        with (self.folder / "rabbitmq.conf").open("a") as config:
            config.write(
                f"\nprometheus.tcp.ip = {HOST}\nprometheus.tcp.port = {self.metrics_port}\n"
            )
        (self.folder / "enabled_plugins").write_text("[rabbitmq_management,rabbitmq_prometheus].\n")
        return environment


class CertifiedSite(ServedSite):
    """A site whose relay knows a certificate."""

    def __init__(self, folder: Path, *others: Any) -> None:
        self._certificate = folder / "tls.crt"
        folder.mkdir(parents=True, exist_ok=True)
        _, certificate = make_certificate()
        self._certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        super().__init__(folder, *others)

    def service(self, module: str) -> ServiceProcess:
        """Return the process of a service."""
        return next(each for each in self._services if each.module == module)

    def _common(self, databases: Mapping[str, str], broker_url: str) -> dict[str, str]:
        return super()._common(databases, broker_url) | {
            "CRATE_CERTIFICATE_PATH": str(self._certificate)
        }


class Prometheus:
    """A private Prometheus with the alerts of the chart, which fire without their minutes of patience."""

    def __init__(self, folder: Path, site: RunningSite, broker: MeteredRabbitMQ) -> None:
        port = free_port()
        self._url = f"http://{HOST}:{port}"
        rules = (CHART / "files" / "alerts.yaml").read_text()
        (folder / "alerts.yaml").write_text(re.sub(r"for: \d+[mh]", "for: 1s", rules))
        targets = [(name, port, "/metrics") for name, port in site.private.items()]
        targets.append(("rabbitmq", broker.metrics_port, "/metrics/per-object"))
        config = {
            "global": {"scrape_interval": "2s", "evaluation_interval": "1s"},
            "rule_files": ["alerts.yaml"],
            "scrape_configs": [
                {"job_name": n, "metrics_path": p, "static_configs": [{"targets": [f"{HOST}:{o}"]}]}
                for n, o, p in targets
            ],
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        command = [
            find_binary("prometheus"),
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={HOST}:{port}",
        ]
        self._process = start_process(command, folder / "prometheus.log")
        await_ready(self._answers, self._process, folder / "prometheus.log", seconds=60)

    def stop(self) -> None:
        """End it."""
        end_process(self._process)

    def query(self, expression: str) -> list[Any]:
        """Return the series of an expression."""
        found: list[Any] = self._get(f"query?{urllib.parse.urlencode({'query': expression})}")[
            "result"
        ]
        return found

    def firing(self) -> set[str]:
        """Return the names of alerts that fire."""
        found = self._get("alerts")["alerts"]
        return {alert["labels"]["alertname"] for alert in found if alert["state"] == "firing"}

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self._url}/api/v1/{path}", timeout=10) as answer:  # noqa: S310 - http, as above
            return json.loads(answer.read())["data"]

    def _answers(self) -> bool:
        try:
            return bool(self.query("vector(1)"))
        except OSError:
            return False


def use(site: RunningSite) -> None:
    """Sign in, run a query, and send a request, as the test of the chart does."""
    journey = runpy.run_path(str(CHART / "files" / "journey.py"))
    browser = journey["Browser"](site.url, site.url.removeprefix("http://"))
    browser.get("/login")
    browser.post("/login", {"username": RESEARCHER, "password": PASSWORD})
    browser.get("/research/sql")
    browser.post("/research/sql", {"database": "eunomia", "sql": "SELECT rid FROM person"})
    site.await_mail(journey["ask_about"](browser, site.take(Kind.GREEN).rid))


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeteredRabbitMQ]:
    with started(partial(MeteredRabbitMQ, tmp_path_factory.mktemp("broker"))) as server:
        yield server


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory,
    mariadb_server: MariaDBServer | DatabaseServer,
    broker: MeteredRabbitMQ,
) -> Iterator[CertifiedSite]:
    """A site on servers, on which somebody has signed in, run a query and sent a request."""
    names = ("site", "research", "secret", "clinical")
    databases = {name: mariadb_server.create_database() for name in names}
    with SmtpSink() as sink:
        site = CertifiedSite(
            tmp_path_factory.mktemp("site"), databases, broker.create_vhost(), sink
        )
        try:
            use(site)
            yield site
        finally:
            site.stop()
    for url in databases.values():
        mariadb_server.drop_database(url)


@pytest.fixture(scope="module")
def prometheus(
    tmp_path_factory: pytest.TempPathFactory, site: CertifiedSite, broker: MeteredRabbitMQ
) -> Iterator[Prometheus]:
    server = started(partial(Prometheus, tmp_path_factory.mktemp("prometheus"), site, broker))
    yield server
    server.stop()


def await_that(condition: Any, *, seconds: float = 120) -> None:
    """Wait until `condition` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.5)


@pytest.mark.parametrize("name", ["alerts", "operators", "rdbm"])
def test_every_metric_has_a_series(prometheus: Prometheus, name: str) -> None:
    wanted = metric_names(queries()[name])
    # Over time: a service that another test has restarted counts from nothing again.
    await_that(lambda: all(prometheus.query(f"last_over_time({each}[15m])") for each in wanted))
    for expression in queries()[name]:
        # Refused with an error if it is no expression.
        prometheus.query(expression.replace("$namespace", ".*"))


def test_an_alert_fires_when_nobody_takes_mail_and_ends_when_somebody_does(
    prometheus: Prometheus, site: CertifiedSite
) -> None:
    seen = ("rabbitmq_queue_consumers", "crate_mail_total")
    await_that(lambda: all(map(prometheus.query, seen)) and not prometheus.firing())
    mailer = site.service("crate_mailer")
    mailer.stop()
    await_that(lambda: "CrateQueueWithoutConsumers" in prometheus.firing())
    mailer.start()
    await_that(lambda: not prometheus.firing())
