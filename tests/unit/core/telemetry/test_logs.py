import io
import json
import logging
import warnings
from collections.abc import Iterator

import pytest
import structlog

from crate_core.telemetry.logs import bound_contextvars, configure_logging, get_logger


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    configure_logging("consent", "INFO", stream)
    yield stream
    logging.captureWarnings(False)
    structlog.reset_defaults()
    root.handlers = handlers
    root.setLevel(level)


def read(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_says_when_how_grave_who_what_and_for_which_job(lines: io.StringIO) -> None:
    with bound_contextvars(job=7):
        get_logger("crate_core.jobs").info("job done", seconds=0.5)

    (line,) = read(lines)
    assert str(line.pop("time")).endswith("Z")
    assert line == {
        "level": "info",
        "service": "consent",
        "logger": "crate_core.jobs",
        "event": "job done",
        "job": 7,
        "seconds": 0.5,
    }


@pytest.mark.parametrize("name", ["uvicorn.access", "celery", "gunicorn.error", "sqlalchemy"])
def test_lines_of_libraries_look_the_same(lines: io.StringIO, name: str) -> None:
    logging.getLogger(name).warning("%s is slow", "it")

    (line,) = read(lines)
    assert (line["event"], line["level"], line["service"]) == ("it is slow", "warning", "consent")


def test_an_exception_stays_on_its_line_without_identifiers(lines: io.StringIO) -> None:
    try:
        int("no patient 999 000 0018")
    except ValueError:
        get_logger("x").exception("lookup failed")

    (line,) = read(lines)
    assert "ValueError" in str(line["exception"])
    assert "999 000 0018" not in lines.getvalue()


def test_what_is_below_the_level_is_not_written(lines: io.StringIO) -> None:
    get_logger("x").debug("detail")
    logging.getLogger("x").debug("detail")

    assert read(lines) == []


def test_warnings_are_lines_too(lines: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", stacklevel=1)

    (line,) = read(lines)
    assert line["logger"] == "py.warnings"
