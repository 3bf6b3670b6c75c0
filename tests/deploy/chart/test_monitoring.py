"""Dashboards and alerts ask for what is exported; alerts fire when they should and have a page."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

from charts.generate.rendering import ROOT
from crate_core.jobs.tasks import Queue
from crate_core.models.mail import MailState
from crate_core.telemetry import metrics, site_state
from crate_core.telemetry.certificate import CertificateExpiry
from crate_mailer import delivery
from tests.deploy.chart.rendered import ALERTS, alerts, example, metric_names, of_kind, queries

_PAGES = ROOT / "docs" / "operations"
# Of RabbitMQ's own plugin, at /metrics/per-object.
_RABBITMQ = {"rabbitmq_queue_messages", "rabbitmq_queue_messages_ready", "rabbitmq_queue_consumers"}


def exported() -> set[str]:
    """Return the names of all series that the services export."""
    names = set(_RABBITMQ)
    for value in vars(metrics).values():
        for family in getattr(value, "describe", list)() if hasattr(value, "_labelnames") else []:
            names |= {
                family.name,
                f"{family.name}_total",
                f"{family.name}_bucket",
                f"{family.name}_count",
            }
    text = Path(site_state.__file__).read_text() + Path(str(CertificateExpiry.__module__)).name
    names |= set(re.findall(r'"(crate_[a-z_]+)"', text))
    return names | {"crate_certificate_expiry_timestamp_seconds"}


@pytest.mark.parametrize("name", ["alerts", "operators", "rdbm"])
def test_every_metric_is_exported(name: str) -> None:
    used = metric_names(queries()[name])
    assert used
    assert used <= exported()


def test_what_alerts_and_dashboards_choose_is_what_services_write() -> None:
    """A value of a label that nobody writes would silence an alert for ever."""
    text = " ".join(each for expressions in queries().values() for each in expressions)

    def chosen(metric: str, label: str, written: Iterable[str]) -> set[str]:
        patterns = re.findall(rf'{metric}{{[^}}]*\b{label}=~?"([^"]+)"', text)
        assert patterns, metric
        for alternative in {part for each in patterns for part in re.split(r"\|(?![^(]*\))", each)}:
            assert any(re.fullmatch(alternative, value) for value in written), alternative
        return {v for v in written if any(re.fullmatch(pattern, v) for pattern in patterns)}

    names = [queue.value for queue in Queue]
    queues = [*names, *(f"{name}.dead" for name in names)]
    assert chosen("rabbitmq_queue_consumers", "queue", queues) == set(names)
    assert chosen("rabbitmq_queue_messages", "queue", queues) == set(queues) - set(names)
    assert "unknown" in chosen("crate_mails", "state", list(MailState))
    outcomes = re.findall(r'"([a-z]+)"', Path(delivery.__file__).read_text())
    assert "sent" not in chosen("crate_mail_total", "outcome", outcomes)


def test_every_alert_has_a_runbook_page_that_begins_and_ends_as_it_should() -> None:
    for rule in alerts():
        page = _PAGES / Path(rule["annotations"]["runbook_url"]).name
        text = page.read_text()
        assert rule["alert"] in text.splitlines()[0], page
        titles = re.findall(r"^## (.*)$", text, re.MULTILINE)
        assert titles[0] == "What users notice", page
        assert titles[-1] == "How to know that it is over", page
        assert rule["labels"]["severity"] in {"info", "warning", "critical"}


def test_the_pages_tell_of_the_end_by_panels_that_are_there() -> None:
    titles = {
        panel["title"]
        for path in (ROOT / "charts/crate/files/dashboards").glob("*.json")
        for panel in json.loads(path.read_text())["panels"]
    }
    for page in _PAGES.glob("*.md"):
        _, _, ending = page.read_text().partition("## How to know that it is over")
        assert set(re.findall(r'"([A-Z][^"]+)"', ending)) <= titles, page


def test_the_pages_read_whole_logs() -> None:
    """Of pods that a selector finds, kubectl shows ten lines if it is not told otherwise."""
    commands = [
        command
        for page in _PAGES.glob("*.md")
        for command in re.findall(r"kubectl logs [^`]*--selector[^`]*", page.read_text())
    ]
    assert commands
    assert all("--tail=-1" in command for command in commands), commands


def test_every_alert_is_tested() -> None:
    cases = yaml.safe_load((Path(__file__).parent / "alerts_test.yaml").read_text())["tests"]
    fired = {
        test["alertname"]
        for case in cases
        for test in case["alert_rule_test"]
        if test["exp_alerts"]
    }
    assert fired == {rule["alert"] for rule in alerts()}


@pytest.mark.skipif(
    not shutil.which("promtool"), reason="promtool (Debian's prometheus) is not here"
)
def test_alerts_fire_when_they_should(tmp_path: Path) -> None:
    for path in (ALERTS, Path(__file__).parent / "alerts_test.yaml"):
        shutil.copy(path, tmp_path)
    for arguments in (["check", "rules", "alerts.yaml"], ["test", "rules", "alerts_test.yaml"]):
        done = subprocess.run(
            ["promtool", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_chart_carries_all_alerts_with_their_pages() -> None:
    [rules] = of_kind(example("production"), "PrometheusRule").values()
    found = [rule for group in rules["spec"]["groups"] for rule in group["rules"]]
    assert [rule["alert"] for rule in found] == [rule["alert"] for rule in alerts()]
    for rule in found:
        assert rule["annotations"]["runbook_url"].startswith(
            "https://docs.example.org/crate/operations/"
        )
    assert "{{ $labels.database }}" in str(found)


def test_every_service_is_scraped() -> None:
    scraped = {
        name
        for item in of_kind(example("production"), "PodMonitor").values()
        for name in item["spec"]["selector"]["matchExpressions"][0]["values"]
    }
    assert scraped == {"web", "runner", "consent", "mailer", "relay", "flower"}


def test_dashboards_are_handed_to_grafana() -> None:
    maps = of_kind(example("production"), "ConfigMap")
    boards = {name: item for name, item in maps.items() if "dashboard" in name}
    assert len(boards) == 2
    for item in boards.values():
        assert item["metadata"]["labels"]["grafana_dashboard"] == "1"
        [text] = item["data"].values()
        assert json.loads(text)["panels"]
