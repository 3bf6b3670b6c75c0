"""Lets the children of one service (gunicorn workers, Celery's pool) count into one set of metrics.

Each process counts in a memory-mapped file of its own; whoever is scraped adds them up. The
library decides this when it is imported, so `prepare` comes before the first import of
`crate_core.telemetry.metrics`.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def prepare(service: str) -> Path:
    """Give this process and its children an empty folder for their counts, and return it.

    Args:
        service: name of the service, part of the folder's name.

    Raises:
        RuntimeError: the metrics library was imported before; its counts would stay in each process unseen.
    """
    if "prometheus_client" in sys.modules:
        raise RuntimeError(
            "telemetry.multiprocess.prepare() must run before the metrics are imported"
        )
    folder = Path(
        os.environ.get(_FOLDER)
        or Path(tempfile.gettempdir()) / f"crate-{service}-metrics-{os.getpid()}"
    )
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ[_FOLDER] = str(folder)
    return folder


def remove(folder: Path) -> None:
    """Delete the counts' folder when the service stops."""
    shutil.rmtree(folder, ignore_errors=True)
