"""Threads beside a process that forks: no fork happens while one of them works.

A lock that another thread holds at the moment of a fork stays locked in the child for ever: that of a
metric's value, of a module that is being imported. Pool processes and web workers are forked while
probes are answered, so what answers them says when it works, and a fork waits for it.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# A check that hangs (it waits for a dependency, and holds nothing) must not keep a dead worker from
# being replaced.
_LONGEST_WAIT_SECONDS = 5.0


class _Gate:
    """How many blocks work, and who waits for them."""

    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.working = 0


_gate = _Gate()


def _renew() -> None:
    # In a child: the threads that worked are not here, and neither is who would open their gate.
    _gate.condition = threading.Condition()
    _gate.working = 0


@contextmanager
def no_fork() -> Iterator[None]:
    """Hold back forks of this process while the block runs; blocks may run side by side and nest."""
    gate = _gate
    with gate.condition:
        gate.working += 1
    try:
        yield
    finally:
        with gate.condition:
            gate.working -= 1
            gate.condition.notify_all()


def _before_fork() -> None:
    _gate.condition.acquire()
    deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
    while _gate.working and (left := deadline - time.monotonic()) > 0:
        _gate.condition.wait(left)


def _after_fork() -> None:
    _gate.condition.release()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_renew)
