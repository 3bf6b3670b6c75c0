"""The Celery application of one service."""

from typing import Any

from celery import Celery, signals
from celery.exceptions import Reject

from crate_core.celery import folder
from crate_core.celery.consumer import DeclareQueues
from crate_core.celery.heartbeat import Heartbeat
from crate_core.celery.queues import broker_queue, tls_options, transport_options
from crate_core.celery.runtime import current_runtime
from crate_core.errors import TemporaryError
from crate_core.jobs.running import Outcome, run_job
from crate_core.jobs.tasks import QUEUE_OF, Queue, Task
from crate_core.settings import Settings
from crate_core.telemetry.logs import get_logger
from crate_core.telemetry.metrics import JOB_SECONDS, JOBS

log = get_logger(__name__)

QUEUE_OF_SERVICE = {"consent": Queue.CONSENT, "mailer": Queue.MAIL, "runner": Queue.RESEARCH}


def make_app(service: str, settings: Settings, *, time_limit_seconds: int | None = None) -> Celery:
    """Return the application of a service, with a task for each job of its queue.

    The tasks work in a process whose runtime is open (`run_worker` sees to that).

    Args:
        service: "consent", "mailer" or "runner".
        settings: settings of this process.
        time_limit_seconds: after this a task is killed; the setting of short tasks if not given.
    """
    folder.register()
    queue = QUEUE_OF_SERVICE[service]
    app = Celery(service, set_as_current=False)
    app.conf.update(configuration(queue, settings, time_limit_seconds))
    app.steps["consumer"].add(DeclareQueues)
    app.crate_service = service
    app.crate_heartbeat = Heartbeat(service, settings.heartbeat_folder)
    for task in Task:
        if QUEUE_OF[task] is queue:
            app.task(_run, name=task.value, bind=True, typing=False)
    return app


def configuration(
    queue: Queue, settings: Settings, time_limit_seconds: int | None = None
) -> dict[str, Any]:
    """Return Celery's settings for the service that consumes `queue` (design 4)."""
    if settings.broker_url is None:
        raise TypeError("no broker_url: require() checks the settings before")
    url = settings.broker_url.get_secret_value()
    hard = time_limit_seconds or settings.task_time_limit_seconds
    return {
        "broker_url": url,
        "broker_use_ssl": tls_options(url),
        "broker_transport_options": transport_options(url),
        "broker_heartbeat": 10,
        "broker_connection_timeout": 4,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        # A worker whose connection was cut half-open comes back before the broker has noticed, and
        # must be able to take over its own control queue.
        "control_queue_exclusive": False,
        "control_queue_durable": True,
        "event_queue_exclusive": False,
        "event_queue_durable": True,
        "accept_content": ["json"],
        "task_serializer": "json",
        "result_backend": None,
        "task_ignore_result": True,
        "task_queues": [broker_queue(queue)],
        "task_default_queue": queue.value,
        "task_default_exchange": "",
        "task_default_routing_key": queue.value,
        "task_create_missing_queues": False,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_time_limit": hard,
        # The softer limit lets the task say what it was doing; its job is then tried again.
        "task_soft_time_limit": hard - min(10, hard / 4),
        "worker_consumer": "crate_core.celery.consumer:Consumer",
        "worker_prefetch_multiplier": 1,
        "worker_concurrency": settings.worker_processes,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        # A task that lost its connection finishes: its row, not the message, is what counts.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_send_task_events": True,
    }


def _run(task: Any, *arguments: object, **named: object) -> None:
    """Run the job that the message names; the row holds everything else."""
    job_id = named.get("job")
    if arguments or set(named) != {"job"} or type(job_id) is not int:
        log.error("message rejected", reason="not the arguments of a job", name=task.name)
        JOBS.labels(task="unknown", outcome="rejected").inc()
        raise Reject("not the arguments of a job", requeue=False)
    runtime = current_runtime()
    try:
        run_job(runtime.database, runtime.handlers, job_id, on_finished=_count)
    except TemporaryError as error:
        # The site database is away. The relay publishes the job again when it is back.
        log.warning("job not started", job=job_id, reason=str(error))
        JOBS.labels(task=task.name, outcome="postponed").inc()


def _count(task: str, outcome: Outcome, seconds: float) -> None:
    JOBS.labels(task=task, outcome=outcome.value).inc()
    JOB_SECONDS.labels(task=task).observe(seconds)


@signals.setup_logging.connect  # type: ignore[untyped-decorator]  # Celery is untyped
def _leave_logging_alone(**_arguments: object) -> None:
    """Keep Celery from setting up logs of its own: it does not when somebody listens here."""
