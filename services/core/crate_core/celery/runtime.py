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


_open: list[Runtime] = []


def set_runtime(runtime: Runtime) -> None:
    """Make `runtime` the one of this process."""
    _open[:] = [runtime]


def current_runtime() -> Runtime:
    """Return the runtime of this process.

    Raises:
        RuntimeError: none was opened here.
    """
    if not _open:
        raise RuntimeError("no runtime was opened in this process")
    return _open[0]
