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
    # structlog imports it for coloured tracebacks where it finds it (it came with the command line), and a
    # service shows none: 3 MiB less.
    sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
    folder = multiprocess.prepare(service)
    module, _, function = entry.partition(":")
    try:
        return int(getattr(importlib.import_module(module), function)())
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    finally:
        multiprocess.remove(folder)
