"""Messages that come twice, workers that die, jobs that give up."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update

from crate_consent.letters import Letters
from crate_core.domain.contact import Answer, Status
from crate_core.errors import PermanentError
from crate_core.jobs import Outcome, Task
from crate_core.models.mail import Mail, MailState
from crate_core.telemetry.site_state import SiteState
from tests.integration.consent.world import World


def only_job(world: World, task: Task) -> int:
    (job,) = [job for job in world.jobs(task) if job.done_at is None]
    return job.id


def green(world: World) -> int:
    rid = world.patient()
    world.consent("green", letter_wanted=False)
    world.run_jobs()
    return world.submit(world.study(), rid)


def test_c127_two_messages_one_after_the_other_give_one_letter_and_one_mail(world: World) -> None:
    green(world)
    job_id = only_job(world, Task.PROCESS_CONTACT_REQUEST)
    assert [world.run(job_id), world.run(job_id)] == [Outcome.DONE, Outcome.SKIPPED]
    assert len(world.letters()) == len(world.mails()) == 1


def test_c127_messages_at_the_same_moment_give_one_letter_and_one_mail(world: World) -> None:
    green(world)
    job_id = only_job(world, Task.PROCESS_CONTACT_REQUEST)
    with ThreadPoolExecutor(4) as workers:
        outcomes = list(workers.map(world.run, [job_id] * 4))
    assert sorted(outcomes) == [Outcome.DONE, *[Outcome.SKIPPED] * 3]
    assert len(world.letters()) == len(world.mails()) == 1


def test_two_requests_for_one_new_patient_at_the_same_moment_agree_on_one_row(
    world: World,
) -> None:
    rid = world.patient()
    requests = [world.submit(world.study(), rid) for _ in range(3)]
    jobs = [job.id for job in world.jobs(Task.PROCESS_CONTACT_REQUEST)]
    with ThreadPoolExecutor(3) as workers:
        assert set(workers.map(world.run, jobs)) <= {Outcome.DONE, Outcome.RETRY}
    world.run_jobs(now=True)
    assert len(world.choices()) == 1
    assert {world.request(request_id).status for request_id in requests} == {"with_clinician"}


def test_an_answer_and_a_red_at_the_same_moment_never_leave_a_pack_to_post(world: World) -> None:
    world.leaflet()
    request_id = world.submit(world.study(), world.patient())
    world.run_jobs()
    world.answer(request_id, Answer.R)
    world.consent("red", letter_wanted=False)
    jobs = [
        only_job(world, Task.PROCESS_CLINICIAN_RESPONSE),
        only_job(world, Task.PROCESS_CONSENT_CHANGE),
    ]
    with ThreadPoolExecutor(2) as workers:
        list(workers.map(world.run, jobs))
    world.run_jobs(now=True)
    assert world.request(request_id).status == Status.STOPPED
    assert not [letter for letter in world.letters() if letter.needs_posting]


class Killed(BaseException):
    """A worker that dies says nothing."""


@pytest.mark.parametrize("moment", ["before", "during"])
def test_c126_a_worker_that_dies_leaves_nothing_half_done(world: World, moment: str) -> None:
    request_id = green(world)
    job_id = only_job(world, Task.PROCESS_CONTACT_REQUEST)
    with pytest.raises(Killed):
        world.run_and_die(job_id, moment, Killed())
    assert world.request(request_id).status == Status.NEW
    assert not world.letters()
    assert world.run(job_id) == Outcome.SKIPPED, "the lease has not ended"
    world.end_leases()
    assert world.run(job_id) == Outcome.DONE
    assert len(world.letters()) == len(world.mails()) == 1


def lose_clinical(world: World) -> Callable[[], None]:
    with world.clinical.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE dummy_patient RENAME TO gone")

    def bring_back() -> None:
        with world.clinical.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE gone RENAME TO dummy_patient")

    return bring_back


def gauges(world: World) -> dict[tuple[str, str], float]:
    return {
        (metric.name, next(iter(sample.labels.values()), "")): sample.value
        for metric in SiteState(world.database).collect()
        for sample in metric.samples
    }


def test_c131_a_job_that_gives_up_marks_its_request_and_can_be_retried(world: World) -> None:
    request_id = green(world)
    bring_back = lose_clinical(world)
    world.exhaust()
    assert world.request(request_id).status == Status.FAILED
    (job,) = [job for job in world.jobs(*Task) if job.failed_at is not None]
    assert job.last_error
    assert str(9434765919) not in job.last_error
    task = Task.PROCESS_CONTACT_REQUEST.value
    assert gauges(world)["crate_jobs_failed", task] == 1
    bring_back()
    world.retry_failed()
    world.run_jobs()
    assert world.statuses(request_id) == ["new", "failed", "new", "approved"]
    assert gauges(world)["crate_jobs_failed", task] == 0


@pytest.mark.parametrize("stage", ["answer", "reply"])
def test_c131_every_stage_takes_up_where_it_failed(world: World, stage: str) -> None:
    world.leaflet()
    request_id = world.submit(world.study(), world.patient())
    world.run_jobs()
    world.answer(request_id, Answer.A)
    if stage == "reply":
        world.run_jobs()
        world.reply(request_id, agreed=True)
    bring_back = lose_clinical(world)
    world.exhaust()
    assert world.request(request_id).status == Status.FAILED
    bring_back()
    world.retry_failed()
    world.run_jobs()
    after = {"answer": Status.WITH_PATIENT, "reply": Status.APPROVED}[stage]
    assert world.request(request_id).status == after
    assert len(world.letters("pack")) == 1


def test_c131_a_withdrawal_that_gives_up_is_a_serious_finding_each_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = green(world)
    world.run_jobs()
    with monkeypatch.context() as broken:
        broken.setattr(Letters, "withdrawal", _no_letter)
        choice = world.consent("red")
        for _ in range(2):
            world.exhaust()
            (finding,) = world.findings("consent_change_failed")
            assert finding.serious
            # It leads to the patient: their researchers may have to be told by hand.
            assert finding.consent_mode_id == choice
            world.retry_failed()
    world.run_jobs()
    assert world.request(request_id).status == Status.WITHDRAWN
    assert len(world.letters("confirmation")) == 1


def _no_letter(*_: object) -> None:
    raise PermanentError("the letter cannot be made")


def test_c82_a_withdrawal_does_not_wait_for_the_record_that_only_the_letter_to_the_patient_needs(
    world: World,
) -> None:
    request_id = green(world)
    world.run_jobs()
    bring_back = lose_clinical(world)
    world.consent("red")
    world.run_jobs()
    assert world.request(request_id).status == Status.WITHDRAWN
    bring_back()
    world.run_jobs(now=True)
    assert len(world.letters("confirmation")) == 1
    assert len(world.letters("withdrawal")) == len(world.mails("withdrawal")) == 1


def test_c134_the_state_of_the_site_can_be_read_by_a_monitor(world: World) -> None:
    green(world)
    world.run_jobs()
    world.submit(world.study(), world.patient(9990001235))
    seen = gauges(world)
    assert seen["crate_contact_requests", "approved"] == 1
    assert seen["crate_contact_requests", "new"] == 1
    assert seen["crate_jobs_due", Task.PROCESS_CONTACT_REQUEST.value] == 1
    assert seen["crate_jobs_due", Task.SEND_MAIL.value] == 1
    assert seen["crate_jobs_oldest_due_seconds", ""] >= 0
    assert seen["crate_mails", "queued"] == 1
    assert seen["crate_letters_to_post", ""] == 0
    world.database.write(
        lambda session: session.change(update(Mail).values(state=MailState.FAILED))
    )
    seen = gauges(world)
    assert (seen["crate_mails", "queued"], seen["crate_mails", "failed"]) == (0, 1)
