"""The Celery application through which Flower listens: it has no task, and stores no result."""

from celery import Celery
from kombu.entity import Queue

_QUEUES = ("crate.consent", "crate.mail", "crate.research")


def make_app(broker_url: str) -> Celery:
    """Return an application that agrees with the workers on what they share with Flower."""
    app = Celery("flower", set_as_current=False)
    app.conf.update(
        broker_url=broker_url,
        # With TLS, the broker's certificate is to be for the name in its address.
        broker_use_ssl={"server_hostname": None} if broker_url.startswith("amqps://") else None,
        broker_heartbeat=10,
        broker_connection_timeout=4,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        accept_content=["json"],
        task_serializer="json",
        result_backend=None,
        # Whose lengths are shown, also while no worker is there; Flower declares and takes nothing.
        task_queues=[Queue(name + end) for name in _QUEUES for end in ("", ".dead")],
        task_default_queue=_QUEUES[0],
        task_create_missing_queues=False,
        # As the workers have it: a queue left behind by a cut connection can be taken over.
        control_queue_exclusive=False,
        control_queue_durable=True,
        event_queue_exclusive=False,
        event_queue_durable=True,
        worker_hijack_root_logger=False,
    )
    return app
