"""Clinicians who do not answer: reminders, expiry, and asking anew."""

import pytest

from crate_core.clock import utcnow
from crate_core.contact_requests import KEPT_BACK
from crate_core.domain.contact import Answer, Status, StopCode
from crate_core.jobs import Task
from crate_core.models import ClinicianLink, Job
from crate_core.models.mail import MailState
from tests.integration.consent.world import World


@pytest.fixture
def asked(world: World) -> int:
    """A request whose clinician was asked just now."""
    request_id = world.submit(world.study(), world.patient())
    world.run_jobs()
    return request_id


def waiting(world: World) -> list[Job]:
    return [job for job in world.jobs(Task.SEND_REMINDER) if job.done_at is None]


def links(world: World) -> list[ClinicianLink]:
    with world.database.read() as session:
        return list(session.query(ClinicianLink).order_by(ClinicianLink.id))


def days_until(job: Job) -> int:
    return round((job.due_at - utcnow()).total_seconds() / 86400)


def test_c132_reminders_on_days_14_and_28_expiry_on_day_56_each_once(
    world: World, asked: int
) -> None:
    (job,) = waiting(world)
    assert days_until(job) == 14
    for days, reminders, next_look in ((13, 0, 1), (1, 1, 14), (13, 1, 1), (1, 2, 28), (27, 2, 1)):
        world.shift(days, asked)
        world.run_jobs(now=True)
        for done in world.jobs(Task.SEND_REMINDER):
            world.run(done.id)
        assert len(world.mails("clinician_reminder")) == reminders
        (job,) = waiting(world)
        assert days_until(job) == next_look
    assert world.request(asked).status == Status.WITH_CLINICIAN
    world.shift(1, asked)
    world.run_jobs(now=True)
    world.run_jobs(now=True)
    assert world.statuses(asked) == ["new", "with_clinician", "expired"]
    assert not waiting(world)
    (mail,) = world.mails("rdbm")
    assert "not answer" in mail.text
    # A reminder brings a link of its own beside the first one.
    assert len({link.token_hash for link in links(world)}) == 3
    assert all(link.revoked_at is None for link in links(world))


def test_c132_after_a_long_pause_one_reminder_comes_not_two(world: World, asked: int) -> None:
    world.shift(30, asked)
    world.run_jobs(now=True)
    world.run_jobs(now=True)
    assert len(world.mails("clinician_reminder")) == 1


@pytest.mark.parametrize("answer", [Answer.A, Answer.B])
def test_c132_an_answer_stops_the_reminders(world: World, asked: int, answer: Answer) -> None:
    world.shift(15, asked)
    world.answer(asked, answer)
    world.run_jobs(now=True)
    world.shift(50, asked)
    world.run_jobs(now=True)
    assert not world.mails("clinician_reminder")
    assert not waiting(world)
    assert "expired" not in world.statuses(asked)


@pytest.mark.parametrize("answer", [Answer.R, Answer.C])
def test_c132_a_reminder_that_could_not_be_sent_yet_is_kept_back_once_answered(
    world: World, asked: int, answer: Answer
) -> None:
    world.shift(15, asked)
    world.run_jobs(now=True)
    (reminder,) = world.mails("clinician_reminder")
    assert reminder.state == MailState.QUEUED
    world.answer(asked, answer)
    world.run_jobs()
    (reminder,) = world.mails("clinician_reminder")
    assert reminder.state == MailState.FAILED
    assert [attempt.outcome for attempt in reminder.transmissions] == [KEPT_BACK]
    sending = [job for job in world.jobs(Task.SEND_MAIL) if job.subject_id == reminder.id]
    assert all(job.done_at for job in sending)
    # The links that were mailed before go on to show what was answered.
    assert all(link.revoked_at is None for link in links(world))


@pytest.mark.parametrize("event", ["dead", "red"])
def test_c132_no_reminder_about_a_patient_who_died_or_said_no(
    world: World, asked: int, event: str
) -> None:
    world.shift(15, asked)
    if event == "dead":
        world.change_patient(dead=True)
    else:
        world.consent("red", letter_wanted=False)
    world.run_jobs(now=True)
    assert not world.mails("clinician_reminder")
    code = world.request(asked).stop_code
    assert code == (StopCode.DEAD if event == "dead" else StopCode.CONSENT_RED)


@pytest.mark.parametrize("days", [3, 57])
def test_c45_asked_anew_the_old_links_die_and_time_begins_again(
    world: World, asked: int, days: int
) -> None:
    world.shift(days, asked)
    if days > 56:
        world.run_jobs(now=True)
        assert world.request(asked).status == Status.EXPIRED
    world.reissue(asked)
    world.run_jobs()
    request = world.request(asked)
    assert request.status == Status.WITH_CLINICIAN
    old, new = links(world)
    assert old.revoked_at is not None
    assert new.revoked_at is None
    assert (new.expires_at - utcnow()).days >= 55
    assert len(world.mails("clinician_request")) == 2
    (job,) = waiting(world)
    assert days_until(job) == 14
    world.answer(asked, Answer.A)
    world.run_jobs()
    assert world.request(asked).status == Status.WITH_PATIENT


def test_c45_an_answered_question_is_not_asked_anew(world: World, asked: int) -> None:
    world.answer(asked, Answer.B)
    world.run_jobs()
    world.reissue(asked)
    world.run_jobs()
    assert len(world.mails("clinician_request")) == 1
    assert world.request(asked).status == Status.CLINICIAN_REFUSED


@pytest.mark.parametrize("event", ["dead", "red"])
def test_c45_an_expired_request_stays_so_where_nobody_may_be_asked(
    world: World, asked: int, event: str
) -> None:
    world.shift(57, asked)
    world.run_jobs(now=True)
    if event == "dead":
        world.change_patient(dead=True)
    else:
        world.consent("red", letter_wanted=False)
    for _ in range(2):
        world.reissue(asked)
        world.run_jobs()
    assert world.request(asked).status == Status.EXPIRED
    assert len(world.mails("clinician_request")) == 1
    (finding,) = world.findings()
    assert finding.kind == "not_asked_anew"


def test_asked_anew_after_a_reminder_failed_the_request_goes_on_by_itself(
    world: World, asked: int
) -> None:
    world.shift(15, asked)
    with world.clinical.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE dummy_patient RENAME TO gone")
    world.make_due()
    world.exhaust()
    assert world.request(asked).status == Status.FAILED
    with world.clinical.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE gone RENAME TO dummy_patient")
    world.reissue(asked)
    world.run_jobs()
    assert world.request(asked).status == Status.WITH_CLINICIAN
    (job,) = waiting(world)
    assert job.failed_at is None
    assert days_until(job) == 14
