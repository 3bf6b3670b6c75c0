"""One JSON object a line for everything a process says, whichever library says it."""

import logging
import sys
from typing import TextIO

import structlog
from structlog.contextvars import bound_contextvars
from structlog.typing import EventDict, Processor, WrappedLogger

from crate_core.telemetry.redaction import redact

__all__ = ["bound_contextvars", "configure_logging", "get_logger"]

# Loggers that libraries give handlers of their own; theirs go, so that lines reach the root handler once.
_FOREIGN = ("celery", "celery.task", "celery.redirected", "gunicorn.access", "gunicorn.error", "uvicorn",
            "uvicorn.access", "uvicorn.error", "py.warnings")  # fmt: skip
# At INFO these say every task twice, or tell the same of every connection.
_QUIET = ("amqp", "kombu", "celery.worker.strategy", "celery.app.trace", "celery.pool")


def _redact_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: redact(value, key) for key, value in event.items()}


def _processors(service: str) -> list[Processor]:
    def add_service(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        add_service,
        structlog.processors.format_exc_info,
    ]


def configure_logging(service: str, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Write the log of this process, structlog's and the standard one, as JSON lines.

    Each line has `time` (ISO, UTC), `level`, `service`, `logger`, `event`, and what is bound in
    the context, such as `request` or `job`. Secrets and identifiers are masked (`redaction`).

    Args:
        service: name of the service, on every line.
        level: name of the lowest level that is written.
        stream: where to write; standard output unless given.
    """
    shared = _processors(service)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _redact_event,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in _FOREIGN:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(True)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module; an event is a short phrase, the rest is key=value."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
