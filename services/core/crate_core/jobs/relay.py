"""The relay: the only part that publishes jobs to the broker (design 4)."""

import threading
import uuid
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Protocol

import structlog
from sqlalchemy import select, update

from crate_core.clock import utcnow
from crate_core.database.sessions import Claim, Database, WriteSession
from crate_core.errors import CrateError
from crate_core.jobs.tasks import Task
from crate_core.models.jobs import Job

log = structlog.get_logger()

_BATCH = 200
_LONGEST_INTERVAL = timedelta(hours=1)
_AFTER_FAILURE = timedelta(seconds=2)


class Publisher(Protocol):
    """What hands messages to the broker."""

    def publish(self, messages: Sequence[tuple[str, int]]) -> None:
        """Publish (task name, job id) pairs; return when the broker has confirmed all.

        Raises:
            TemporaryError: the broker did not confirm all of them in time.
        """


class Relay:
    """Claims due jobs in batches by guarded updates, and publishes them.

    Several may run: a row is claimed by one. `SKIP LOCKED` is not used, since it silently
    compiles to nothing on SQL Server and SQLite.
    """

    def __init__(
        self, database: Database, publisher: Publisher, *, republish_after: timedelta
    ) -> None:
        """Publish a job again if it was not started within `republish_after`, then at
        intervals that double up to an hour."""  # noqa: D205, D209
        self._database = database
        self._publisher = publisher
        self._republish_after = republish_after

    def sweep(self) -> int:
        """Publish all that is due; return how many jobs were published.

        Raises:
            TemporaryError: the database or the broker is away; what was claimed is released.
        """
        published = 0
        while True:
            batch = uuid.uuid4().hex
            claimed = self._database.write(
                partial(_claim, batch=batch, republish_after=self._republish_after)
            )
            if not claimed:
                return published
            self._publish(claimed, [batch])
            published += len(claimed)
            if len(claimed) < _BATCH:
                # That was all; who commits a job from now on wakes a relay again.
                return published

    def claim(self) -> Claim:
        """Return a claim for the jobs of one unit of work of this process."""
        return Claim(uuid.uuid4().hex, self._republish_after)

    def publish(self, claims: Sequence[Claim]) -> None:
        """Publish the jobs of claims that are committed.

        Raises:
            TemporaryError: the database or the broker is away; the claims are released.
        """
        jobs = [(job.task, job.id) for claim in claims for job in claim.jobs]
        batches = [claim.batch for claim in claims]
        for start in range(0, len(jobs), _BATCH):
            self._publish(jobs[start : start + _BATCH], batches)

    def _publish(self, jobs: Sequence[tuple[str, int]], batches: Sequence[str]) -> None:
        try:
            self._publisher.publish(jobs)
        except CrateError:
            self._database.write(partial(_release, batches=batches))
            raise


def _claim(session: WriteSession, batch: str, republish_after: timedelta) -> list[tuple[str, int]]:
    now = utcnow()
    due = session.execute(
        select(Job.id, Job.task, Job.published_count)
        # What a newer version has written waits for a relay that knows its queue, and holds up nothing else.
        .where(Job.next_publish_at <= now, Job.task.in_(Task))
        .order_by(Job.next_publish_at)
        .limit(_BATCH)
    ).all()
    by_count: dict[int, list[int]] = {}
    for job_id, _task, count in due:
        by_count.setdefault(count, []).append(job_id)
    claimed = 0
    for count, ids in by_count.items():
        interval = min(_LONGEST_INTERVAL, republish_after * 2 ** min(count, 16))
        claimed += session.change(
            update(Job)
            .where(Job.id.in_(ids), Job.next_publish_at <= now)
            .values(
                claimed_by=batch,
                published_count=Job.published_count + 1,
                next_publish_at=now + interval,
            )
        )
    if claimed == len(due):
        return [(task, job_id) for job_id, task, _count in due]
    # Another relay was faster with some of them.
    mine = session.execute(select(Job.task, Job.id).where(Job.claimed_by == batch))
    return [(task, job_id) for task, job_id in mine]


def _release(session: WriteSession, batches: Sequence[str]) -> None:
    session.change(
        update(Job)
        # What a worker has started meanwhile bears the batch no longer; what was cancelled stays so.
        .where(Job.claimed_by.in_(batches), Job.next_publish_at.is_not(None))
        .values(
            claimed_by=None,
            published_count=Job.published_count - 1,
            next_publish_at=utcnow() + _AFTER_FAILURE,
        )
    )


class RelayThread:
    """A relay beside other work: it publishes what this process commits, and sweeps when woken.

    Start it after a fork, never before: threads do not cross one.
    """

    def __init__(self, relay: Relay) -> None:
        """Publish through `relay`, which nobody else uses."""
        self._relay = relay
        self._claims: list[Claim] = []
        self._sweep_wanted = True
        self._stopping = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)

    def start(self) -> None:
        """Begin; the first sweep is at once."""
        self._thread.start()

    def claim(self) -> Claim:
        """Return a claim for the jobs of one unit of work."""
        return self._relay.claim()

    def publish(self, claim: Claim) -> None:
        """Publish the committed jobs of a claim soon; safe from any thread, returns at once."""
        with self._changed:
            self._claims.append(claim)
            self._changed.notify()

    def wake(self) -> None:
        """Ask for a sweep now; safe from any thread, returns at once."""
        with self._changed:
            self._sweep_wanted = True
            self._changed.notify()

    def stop(self, timeout: float = 5) -> None:
        """Stop when all that was asked for is done."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._claims or self._sweep_wanted or self._stopping)
                claims, self._claims = self._claims, []
                sweep, self._sweep_wanted = self._sweep_wanted, False
                if not claims and not sweep:
                    return
            try:
                self._relay.publish(claims)
                if sweep:
                    self._relay.sweep()
            except CrateError as error:
                # The relay process tries again: nothing is lost.
                log.warning("relay: cannot publish now", reason=str(error))
            except Exception:
                log.exception("relay: cannot publish")
