"""The first lines of a service: what must happen before its modules are imported."""

import importlib
import sys

from crate_core.errors import SettingsError
from crate_core.telemetry import multiprocess


def start(service: str, entry: str) -> int:
    """Run a service whose children count into one set of metrics.

    Args:
        service: name of the service.
        entry: "module:function" of what runs until SIGTERM and returns an exit code.

    Returns:
        The exit code: 2 when settings are wrong or missing, after saying which.
    """
    # structlog and Celery import these where they find them, for coloured tracebacks and a debugging aid that
    # no service shows: 5 MiB less.
    for unused in ("rich", "psutil"):
        sys.modules.setdefault(unused, None)  # type: ignore[arg-type]
    folder = multiprocess.prepare(service)
    module, _, function = entry.partition(":")
    try:
        return int(getattr(importlib.import_module(module), function)())
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    finally:
        multiprocess.remove(folder)
