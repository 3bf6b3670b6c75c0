"""A test message to the RDBM: proves the way from the site through broker and workers to a mailbox (C115)."""

from collections.abc import Callable

from crate_consent.collaborators import Collaborators
from crate_core.clock import utcnow
from crate_core.database import WriteSession
from crate_core.jobs import JobView


def send_test_mail(together: Collaborators, job: JobView) -> Callable[[WriteSession], None]:
    """Return the change that queues the message."""

    def work(session: WriteSession) -> None:
        content = together.texts.rdbm_test(utcnow())
        together.outbox.tell_manager(session, f"test:{job.id}", content)

    return work
