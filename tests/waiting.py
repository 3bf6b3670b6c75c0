"""Waiting for what other processes and threads do, however slow the machine is."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 60.0
"""Longer than anything here takes on a busy machine: who waits so long waits in vain."""


def wait_until(holds: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> float:
    """Return, as soon as `holds` does, after how many seconds that was.

    Raises:
        AssertionError: it does not in time.
    """
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < seconds, "did not come to hold in time"
        time.sleep(0.02)
    return time.monotonic() - started
