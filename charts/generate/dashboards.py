"""Grafana's dashboards: rows of panels that answer one question each, from top to bottom."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

_WIDTH, _HEIGHT = 24, 7
Unit = Literal["short", "s", "reqps", "percentunit", "d"]


@dataclass(frozen=True)
class Panel:
    """One panel: what it asks, and the series that answer."""

    title: str
    queries: tuple[tuple[str, str], ...]
    """Expression and legend of each."""
    kind: Literal["timeseries", "stat", "bargauge"] = "timeseries"
    unit: Unit = "short"
    alarm_at: float | None = None


@dataclass(frozen=True)
class Row:
    """A question, and the panels that answer it."""

    title: str
    panels: tuple[Panel, ...]


_NS = 'namespace=~"$namespace"'

OPERATORS = (
    Row(
        "Are users served?",
        (
            Panel(
                "Pages a second, by status",
                (
                    (
                        f"sum by (status) (rate(crate_http_requests_total{{{_NS}}}[5m]))",
                        "{{status}}",
                    ),
                ),
                unit="reqps",
            ),
            Panel(
                "Time to answer, 95 in 100",
                (
                    (
                        (
                            "histogram_quantile(0.95, sum by (le, service) "
                            f"(rate(crate_http_request_seconds_bucket{{{_NS}}}[5m])))"
                        ),
                        "{{service}}",
                    ),
                ),
                unit="s",
            ),
            Panel(
                "Databases that answer",
                (
                    (
                        (
                            f'min by (database) (crate_database_up{{{_NS}, database="site"}})'
                            f' or max by (database) (crate_database_up{{{_NS}, database!="site"}})'
                        ),
                        "{{database}}",
                    ),
                ),
                "stat",
            ),
            Panel(
                "Attempts to sign in",
                ((f"sum by (outcome) (rate(crate_logins_total{{{_NS}}}[15m]))", "{{outcome}}"),),
                unit="reqps",
            ),
        ),
    ),
    Row(
        "Is work flowing?",
        (
            Panel(
                "Jobs a second, by what came of them",
                ((f"sum by (outcome) (rate(crate_job_total{{{_NS}}}[5m]))", "{{outcome}}"),),
                unit="reqps",
            ),
            Panel(
                "Time of a job, 95 in 100",
                (
                    (
                        (
                            "histogram_quantile(0.95, sum by (le, task) "
                            f"(rate(crate_job_seconds_bucket{{{_NS}}}[15m])))"
                        ),
                        "{{task}}",
                    ),
                ),
                unit="s",
            ),
            Panel(
                "Messages that wait, by queue",
                (
                    (
                        'sum by (queue) (rabbitmq_queue_messages_ready{queue=~"crate[.].*"})',
                        "{{queue}}",
                    ),
                ),
            ),
            Panel(
                "Consumers, by queue",
                (
                    (
                        'sum by (queue) (rabbitmq_queue_consumers{queue=~"crate[.](consent|mail|research)"})',
                        "{{queue}}",
                    ),
                ),
            ),
            Panel(
                "Statements of researchers that run",
                ((f"sum (crate_research_runs_active{{{_NS}}})", "running"),),
            ),
            Panel(
                "Time of a statement, 95 in 100",
                (
                    (
                        (
                            "histogram_quantile(0.95, sum by (le, database) "
                            f"(rate(crate_research_run_seconds_bucket{{{_NS}}}[15m])))"
                        ),
                        "{{database}}",
                    ),
                ),
                unit="s",
            ),
        ),
    ),
    Row(
        "Is anything stuck?",
        (
            Panel(
                "Age of the oldest due job",
                ((f"max (crate_jobs_oldest_due_seconds{{{_NS}}})", "oldest"),),
                unit="s",
                alarm_at=900,
            ),
            Panel("Jobs due, by task", ((f"max by (task) (crate_jobs_due{{{_NS}}})", "{{task}}"),)),
            Panel(
                "Jobs that gave up",
                ((f"max by (task) (crate_jobs_failed{{{_NS}}}) > 0", "{{task}}"),),
                "bargauge",
                alarm_at=1,
            ),
            Panel(
                "Dead letters",
                (
                    (
                        'sum by (queue) (rabbitmq_queue_messages{queue=~"crate[.].*[.]dead"})',
                        "{{queue}}",
                    ),
                ),
                "stat",
                alarm_at=1,
            ),
            Panel("Mails by state", ((f"max by (state) (crate_mails{{{_NS}}})", "{{state}}"),)),
            Panel(
                "Attempts to send mail, by outcome",
                ((f"sum by (outcome) (rate(crate_mail_total{{{_NS}}}[15m]))", "{{outcome}}"),),
                unit="reqps",
            ),
        ),
    ),
    Row(
        "What will run out, and is the audit sound?",
        (
            Panel(
                "Days until the certificate ends",
                (
                    (
                        f"(min (crate_certificate_expiry_timestamp_seconds{{{_NS}}}) - time()) / 86400",
                        "days",
                    ),
                ),
                "stat",
                unit="d",
            ),
            Panel(
                "Audit events not sealed yet",
                ((f"max (crate_audit_unsealed{{{_NS}}})", "unsealed"),),
            ),
            Panel(
                "Breaks found in the audit's chain",
                ((f"max (crate_audit_chain_broken{{{_NS}}})", "broken"),),
                "stat",
                alarm_at=1,
            ),
        ),
    ),
)

RDBM = (
    Row(
        "How do requests stand?",
        (
            Panel(
                "Contact requests by status",
                ((f"max by (status) (crate_contact_requests{{{_NS}}})", "{{status}}"),),
                "bargauge",
            ),
            Panel(
                "Contact requests over time",
                ((f"max by (status) (crate_contact_requests{{{_NS}}})", "{{status}}"),),
            ),
        ),
    ),
    Row(
        "How long do answers take?",
        (
            Panel(
                "Clinicians' time to answer, half and 9 in 10",
                tuple(
                    (
                        (
                            f"histogram_quantile({share}, sum by (le) "
                            f"(increase(crate_clinician_answer_seconds_bucket{{{_NS}}}[30d])))"
                        ),
                        name,
                    )
                    for share, name in ((0.5, "half"), (0.9, "9 in 10"))
                ),
                unit="s",
            ),
            Panel(
                "Clinicians reminded who have not answered",
                ((f"max (crate_clinicians_overdue{{{_NS}}})", "overdue"),),
                "stat",
            ),
        ),
    ),
    Row(
        "What waits for me?",
        (
            Panel(
                "Letters to post", ((f"max (crate_letters_to_post{{{_NS}}})", "letters"),), "stat"
            ),
            Panel(
                "Serious findings",
                ((f"max (crate_findings_open{{{_NS}}})", "findings"),),
                "stat",
                alarm_at=1,
            ),
            Panel(
                "Mails that failed, or of which nobody knows",
                ((f'max by (state) (crate_mails{{{_NS}, state=~"failed|unknown"}})', "{{state}}"),),
                "stat",
                alarm_at=1,
            ),
            Panel(
                "Time from the decision to mail to the server's word, 95 in 100",
                (
                    (
                        (
                            "histogram_quantile(0.95, sum by (le) "
                            f"(increase(crate_mail_delivery_seconds_bucket{{{_NS}}}[1d])))"
                        ),
                        "delivery",
                    ),
                ),
                unit="s",
            ),
        ),
    ),
    Row(
        "What is the site used for?",
        (
            Panel(
                "Statements a day, by database",
                (
                    (
                        f"sum by (database, status) (increase(crate_research_runs_total{{{_NS}}}[1d]))",
                        "{{database}} {{status}}",
                    ),
                ),
            ),
            Panel(
                "Audit events a day, by kind",
                ((f"sum by (kind) (increase(crate_audit_events_total{{{_NS}}}[1d]))", "{{kind}}"),),
            ),
        ),
    ),
)


def dashboards() -> dict[str, dict[str, Any]]:
    """Return each dashboard as Grafana reads it, by the name of its file."""
    return {
        "operators": _dashboard("crate-operators", "CRATE: operators", OPERATORS),
        "rdbm": _dashboard("crate-rdbm", "CRATE: research database manager", RDBM),
    }


def _dashboard(uid: str, title: str, rows: Sequence[Row]) -> dict[str, Any]:
    return {
        "uid": uid,
        "title": title,
        "tags": ["crate"],
        "schemaVersion": 39,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {"list": [_source(), _namespace()]},
        "panels": _panels(rows),
    }


def _source() -> dict[str, Any]:
    return {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}


def _namespace() -> dict[str, Any]:
    query = "label_values(crate_jobs_oldest_due_seconds, namespace)"
    return {
        "name": "namespace",
        "label": "Namespace",
        "type": "query",
        "datasource": {"type": "prometheus", "uid": "${source}"},
        "query": {"query": query, "refId": "namespaces"},
        "refresh": 2,
        "includeAll": True,
        # Also what is scraped outside of Kubernetes, without a namespace.
        "allValue": ".*",
    }


def _panels(rows: Sequence[Row]) -> list[dict[str, Any]]:
    panels: list[dict[str, Any]] = []
    top = 0
    for row in rows:
        head = {"x": 0, "y": top, "w": _WIDTH, "h": 1}
        panels.append({"type": "row", "title": row.title, "gridPos": head, "id": len(panels) + 1})
        top += 1
        a_line = min(3, len(row.panels))
        for index, panel in enumerate(row.panels):
            width = _WIDTH // a_line
            place = {
                "x": index % a_line * width,
                "y": top + index // a_line * _HEIGHT,
                "w": width,
                "h": _HEIGHT,
            }
            panels.append({**_panel(panel), "gridPos": place, "id": len(panels) + 1})
        top += -(-len(row.panels) // a_line) * _HEIGHT
    return panels


def _panel(panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.alarm_at is not None:
        steps.append({"color": "red", "value": panel.alarm_at})
    return {
        "type": panel.kind,
        "title": panel.title,
        "datasource": {"type": "prometheus", "uid": "${source}"},
        "fieldConfig": {
            "defaults": {
                "unit": panel.unit,
                "min": 0,
                "thresholds": {"mode": "absolute", "steps": steps},
            },
            "overrides": [],
        },
        "targets": [
            {"refId": chr(ord("A") + index), "expr": expression, "legendFormat": legend}
            for index, (expression, legend) in enumerate(panel.queries)
        ],
    }
