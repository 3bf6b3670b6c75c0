"""Every metric of the system. Names and labels are API: dashboards and alert rules of sites use them.

Labels take values from closed sets only (enumerations, route patterns, configured databases),
never what people type. Gauges of what the site database holds are not here but in `site_state`,
which one process reads when it is scraped.
"""

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from prometheus_client.values import ValueClass

_QUICK = (0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.2, 2.5, 5, 10)
_WORK = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 120, 300, 600)
_DELIVERY = (0.1, 0.3, 1, 3, 10, 30, 60, 300, 900, 3600, 4 * 3600, 86400)
_DAYS = tuple(days * 86400.0 for days in (0.042, 0.25, 1, 2, 4, 7, 14, 21, 28, 42, 56))

HTTP_REQUESTS = Counter(
    "crate_http_requests", "Requests answered.", ("service", "route", "method", "status")
)
HTTP_REQUEST_SECONDS = Histogram(
    "crate_http_request_seconds",
    "Time from a request to the end of its answer.",
    ("service", "route", "method", "status"),
    buckets=_QUICK,
)
JOBS = Counter("crate_job", "Jobs run, by what came of them.", ("task", "outcome"))
JOB_SECONDS = Histogram("crate_job_seconds", "Time a job took to run.", ("task",), buckets=_WORK)
CLINICIAN_ANSWER_SECONDS = Histogram(
    "crate_clinician_answer_seconds",
    "Time from the question to a clinician to the answer.",
    buckets=_DAYS,
)
MAILS = Counter("crate_mail", "Attempts to hand a mail to the mail server.", ("kind", "outcome"))
MAIL_DELIVERY_SECONDS = Histogram(
    "crate_mail_delivery_seconds",
    "Time from the decision to mail to the mail server's word.",
    buckets=_DELIVERY,
)
RESEARCH_RUNS = Counter(
    "crate_research_runs", "Statements of researchers that ended.", ("database", "status")
)
RESEARCH_RUN_SECONDS = Histogram(
    "crate_research_run_seconds", "Time a statement ran.", ("database",), buckets=_WORK
)
RESEARCH_RUNS_ACTIVE = Gauge(
    "crate_research_runs_active", "Statements running now.", multiprocess_mode="livesum"
)
LOGINS = Counter("crate_logins", "Attempts to sign in.", ("outcome",))
AUDIT_EVENTS = Counter("crate_audit_events", "Events written to the audit.", ("kind",))
AUDIT_CHAIN_BROKEN = Gauge(
    "crate_audit_chain_broken",
    "1 when the last walk along the audit's chain met an event that does not fit.",
    multiprocess_mode="livemax",
)
DATABASE_UP = Gauge(
    "crate_database_up",
    "1 when the last use of the database worked.",
    ("database",),
    multiprocess_mode="mostrecent",
)


def exposition(*collectors: Collector) -> bytes:
    """Return all metrics in Prometheus' text format, with those of children and `collectors`."""
    parts = []
    # First, since reading them may tell something that the other metrics then show.
    for collector in collectors:
        own = CollectorRegistry()
        own.register(collector)
        parts.append(generate_latest(own))
    registry = REGISTRY
    if _counts_are_shared():
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    parts.append(generate_latest(registry))
    return b"".join(parts)


def _counts_are_shared() -> bool:
    return getattr(ValueClass, "_multiprocess", False)
