"""Jobs: work written as rows, published by the relay, run by workers (design 4).

The row is the truth, the broker is a hint.
"""

from crate_core.jobs.relay import Publisher, Relay, RelayThread
from crate_core.jobs.rows import ask_again, enqueue, enqueue_first, retry_failed
from crate_core.jobs.running import Handler, JobView, Outcome, RetryPolicy, run_job
from crate_core.jobs.tasks import QUEUE_OF, Queue, Task

__all__ = [
    "QUEUE_OF",
    "Handler",
    "JobView",
    "Outcome",
    "Publisher",
    "Queue",
    "Relay",
    "RelayThread",
    "RetryPolicy",
    "Task",
    "ask_again",
    "enqueue",
    "enqueue_first",
    "retry_failed",
    "run_job",
]
