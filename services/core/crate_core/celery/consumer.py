"""The consumer of a worker: loses no message, and keeps the heartbeat."""

import warnings
from typing import Any, ClassVar

from celery import bootsteps
from celery.exceptions import CPendingDeprecationWarning
from celery.worker.consumer.consumer import Consumer as CeleryConsumer
from celery.worker.state import maybe_shutdown

from crate_core.celery.heartbeat import Heartbeat
from crate_core.celery.queues import declare_queues
from crate_core.jobs.tasks import Queue
from crate_core.telemetry.logs import get_logger
from crate_core.telemetry.metrics import JOBS

log = get_logger(__name__)

_BEAT_SECONDS = 1.0
_EVENTS_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 5.0


class DeclareQueues(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery is untyped
    """Declares the service's queue and its dead letters before anything is consumed."""

    requires = ("celery.worker.consumer.connection:Connection",)

    def start(self, consumer: "Consumer") -> None:
        """Declare, each time the broker is connected to: it may have lost its disk."""
        declare_queues(
            consumer.connection.default_channel, Queue(consumer.app.conf.task_default_queue)
        )


class Consumer(CeleryConsumer):  # type: ignore[misc]  # Celery is untyped
    """Celery's consumer, but for what it does with messages that it cannot use.

    Celery logs their contents and forgets some of them. Here each is rejected, so that the broker
    keeps it in the dead letters, and counted, so that somebody is told (C130).
    """

    class Blueprint(CeleryConsumer.Blueprint):  # type: ignore[misc]  # Celery is untyped
        """Celery's steps without what would declare exchanges that nobody uses."""

        default_steps: ClassVar[list[Any]] = [
            step
            for step in CeleryConsumer.Blueprint.default_steps
            if not step.endswith((":DelayedDelivery", ":Gossip", ":Agent"))
        ]

    @property
    def heartbeat(self) -> Heartbeat:
        """The heartbeat of this process."""
        heartbeat: Heartbeat = self.app.crate_heartbeat
        return heartbeat

    # --- Messages that no task understands

    def on_unknown_task(self, body: Any, message: Any, exc: Exception) -> None:
        """Reject a message of a task that this service does not have."""
        self._bury(message, "no such task")

    def on_unknown_message(self, body: Any, message: Any) -> None:
        """Reject what is no task message."""
        self._bury(message, "no task message")

    def on_invalid_task(self, body: Any, message: Any, exc: Exception) -> None:
        """Reject a task message that breaks the protocol, or is not JSON."""
        self._bury(message, f"invalid task message ({type(exc).__name__})")

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Reject a message that cannot be decoded."""
        self._bury(message, f"cannot be decoded ({type(exc).__name__})")

    def _bury(self, message: Any, reason: str) -> None:
        name = str((message.headers or {}).get("task", ""))[:100]
        log.error("message rejected", reason=reason, name=name, type=message.content_type)
        JOBS.labels(task="unknown", outcome="rejected").inc()
        message.reject_log_error(log, self.connection_errors)

    # --- Heartbeat

    def ensure_connected(self, conn: Any) -> Any:
        """Connect, trying for ever, and beat meanwhile."""

        def report(error: Exception, pause: float) -> None:
            log.warning("broker is away", reason=type(error).__name__, again_in=pause)

        def turn() -> None:
            self.heartbeat.beat()
            maybe_shutdown()

        return conn.ensure_connection(
            report,
            max_retries=None,
            interval_start=1,
            interval_step=1,
            interval_max=_LONGEST_PAUSE_SECONDS,
            callback=turn,
        )

    def on_ready(self) -> None:
        """Note that messages are taken now."""
        super().on_ready()
        self.heartbeat.beat()
        self.heartbeat.set_consuming(True)

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Note that no messages are taken now."""
        self.heartbeat.set_consuming(False)
        with warnings.catch_warnings():
            # That tasks go on after their connection was lost is what is meant here.
            warnings.simplefilter("ignore", CPendingDeprecationWarning)
            super().on_connection_error_after_connected(exc)

    def register_with_event_loop(self, hub: Any) -> None:
        """Beat from the event loop, and send from it what Flower shows."""
        super().register_with_event_loop(hub)
        hub.timer.call_repeatedly(_BEAT_SECONDS, self.heartbeat.beat)
        hub.timer.call_repeatedly(_EVENTS_SECONDS, self._flush_events)

    def on_send_event_buffered(self) -> None:
        """Let an event wait for others: Celery sends some messages a task, as much work as the rest of it."""

    def shutdown(self) -> None:
        """Note that no messages are taken any more, and send the last events."""
        self.heartbeat.set_consuming(False)
        self._flush_events()
        super().shutdown()
