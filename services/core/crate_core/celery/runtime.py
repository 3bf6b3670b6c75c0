"""What a pool process works with; opened after the fork, since no connection crosses one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from crate_core.database.sessions import Database
from crate_core.jobs.running import Handler
from crate_core.jobs.tasks import Task


@dataclass(frozen=True, slots=True)
class Runtime:
    """The collaborators of a service's tasks.

    Attributes:
        database: the site database.
        handlers: what the service does for each of its tasks.
        close: gives back what was opened beside the database (other engines, SMTP).
    """

    database: Database
    handlers: Mapping[Task, Handler]
    close: Callable[[], None] = field(default=lambda: None)


class _Process:
    """The one runtime of this process."""

    runtime: Runtime | None = None
    opener: Callable[[], Runtime] | None = None


def use_runtime(opener: Callable[[], Runtime]) -> Runtime:
    """Open the runtime of this process; should that fail, `current_runtime` tries again."""
    _Process.opener = opener
    _Process.runtime = None
    return current_runtime()


def current_runtime() -> Runtime:
    """Return the runtime of this process, opened now if it could not be opened before.

    Raises:
        RuntimeError: this is no pool process.
        Exception: whatever stands in the way of opening it.
    """
    if _Process.runtime is None:
        if _Process.opener is None:
            raise RuntimeError("this process has no runtime")
        _Process.runtime = _Process.opener()
    return _Process.runtime
