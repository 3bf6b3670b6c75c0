import os
import subprocess
import sys
from pathlib import Path

import pytest

from crate_core.telemetry import metrics

CONTRACT = {
    "crate_http_requests": {"service", "route", "method", "status"},
    "crate_http_request_seconds": {"service", "route", "method", "status"},
    "crate_job": {"task", "outcome"},
    "crate_job_seconds": {"task"},
    "crate_clinician_answer_seconds": set(),
    "crate_mail": {"kind", "outcome"},
    "crate_mail_delivery_seconds": set(),
    "crate_research_runs": {"database", "status"},
    "crate_research_run_seconds": {"database"},
    "crate_research_runs_active": set(),
    "crate_logins": {"outcome"},
    "crate_audit_events": {"kind"},
    "crate_database_up": {"database"},
}


@pytest.mark.parametrize(("name", "labels"), CONTRACT.items(), ids=list(CONTRACT))
def test_names_and_labels_are_the_contract(name: str, labels: set[str]) -> None:
    found = {
        metric._name: set(metric._labelnames)
        for metric in vars(metrics).values()
        if hasattr(metric, "_labelnames")
    }

    assert found[name] == labels


CHILDREN = """
import os
from crate_core.telemetry.multiprocess import prepare
folder = prepare("test")
from crate_core.telemetry import metrics
metrics.LOGINS.labels("ok").inc()
for _ in range(2):
    if (child := os.fork()) == 0:
        metrics.LOGINS.labels("ok").inc()
        os._exit(0)
    os.waitpid(child, 0)
print(metrics.exposition().decode())
"""


def test_what_children_count_is_added_up(tmp_path: Path) -> None:
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "counts")}

    shown = subprocess.run(
        [sys.executable, "-c", CHILDREN],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert 'crate_logins_total{outcome="ok"} 3.0' in shown


def test_too_late_a_preparation_is_refused() -> None:
    code = "import prometheus_client; from crate_core.telemetry.multiprocess import prepare; prepare('x')"

    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )

    assert "must run before the metrics are imported" in ended.stderr
