"""What a change of mind ends, and what must not go out after it."""

from typing import Any

import pytest

from crate_core.contact_requests import KEPT_BACK
from crate_core.domain.contact import Answer, Status, StopCode
from crate_core.jobs import Task
from crate_core.models.mail import MailState
from tests.integration.consent.world import N1, World


def approve_directly(world: World) -> int:
    rid = world.patient()
    world.consent("green", letter_wanted=False)
    request_id = world.submit(world.study(), rid)
    world.run_jobs()
    assert world.request(request_id).status == Status.APPROVED
    return request_id


def approve_by_patient(world: World) -> int:
    world.leaflet()
    rid = world.patient()
    world.consent("yellow", letter_wanted=False)
    request_id = world.submit(world.study(), rid)
    world.run_jobs()
    world.answer(request_id, Answer.R)
    world.run_jobs()
    world.reply(request_id, agreed=True)
    world.run_jobs()
    assert world.request(request_id).status == Status.APPROVED
    return request_id


def change(world: World, mode: str, **columns: Any) -> None:
    world.consent(mode, letter_wanted=False, **columns)
    world.run_jobs()


def withdrawn_once(world: World, request_id: int) -> None:
    request = world.request(request_id)
    assert request.status == Status.WITHDRAWN
    assert request.withdrawn_at is not None
    assert world.statuses(request_id).count("withdrawn") == 1
    (letter,) = world.letters("withdrawal")
    assert (letter.addressee, letter.contact_request_id) == ("researcher", request_id)
    (mail,) = world.mails("withdrawal")
    assert mail.recipient == "lead@example.org"
    assert [part.document.id for part in mail.attachments] == [letter.document.id]


def test_c82_red_withdraws_a_direct_permission_once(world: World) -> None:
    request_id = approve_directly(world)
    change(world, "red")
    change(world, "red")
    withdrawn_once(world, request_id)


@pytest.mark.parametrize(("mode", "ends"), [("yellow", True), ("unknown", True), ("green", False)])
def test_c83_a_direct_permission_ends_with_whatever_is_not_green(
    world: World, mode: str, ends: bool
) -> None:
    request_id = approve_directly(world)
    change(world, mode)
    if ends:
        withdrawn_once(world, request_id)
    else:
        assert world.request(request_id).status == Status.APPROVED
        assert not world.letters("withdrawal")


def test_c83_a_change_without_any_permission_sends_nothing(world: World) -> None:
    world.patient()
    change(world, "yellow")
    change(world, "red")
    assert not world.letters()
    assert not world.mails()


@pytest.mark.parametrize(("mode", "ends"), [("red", True), ("yellow", False), ("green", False)])
def test_c84_red_withdraws_what_the_patient_had_agreed_to(
    world: World, mode: str, ends: bool
) -> None:
    request_id = approve_by_patient(world)
    change(world, mode)
    if ends:
        withdrawn_once(world, request_id)
    else:
        assert world.request(request_id).status == Status.APPROVED


def test_c85_an_opt_out_withdraws_every_live_permission(world: World) -> None:
    rid = world.patient()
    world.consent("green", letter_wanted=False)
    requests = [world.submit(world.study(), rid) for _ in range(3)]
    world.run_jobs()
    change(world, "green", exclude_entirely=True)
    assert {world.request(request_id).status for request_id in requests} == {Status.WITHDRAWN}
    assert len(world.letters("withdrawal")) == len(world.mails("withdrawal")) == 3


@pytest.mark.parametrize("newest_first", [False, True])
def test_c144_quick_changes_lose_nothing_in_whatever_order_their_jobs_run(
    world: World, newest_first: bool
) -> None:
    request_id = approve_directly(world)
    world.consent("red", letter_wanted=False)
    world.consent("yellow", letter_wanted=False)
    world.consent("green", letter_wanted=False)
    jobs = world.jobs(Task.PROCESS_CONSENT_CHANGE)
    for job in sorted(jobs, key=lambda job: job.id, reverse=newest_first):
        world.run(job.id)
    withdrawn_once(world, request_id)


def test_a_new_permission_after_green_again_is_not_touched_by_the_old_red(world: World) -> None:
    first = approve_directly(world)
    change(world, "red")
    change(world, "green")
    second = world.submit(world.study(), str(N1), kind="nhs_number")
    world.run_jobs()
    world.run_jobs(now=True)
    assert world.request(first).status == Status.WITHDRAWN
    assert world.request(second).status == Status.APPROVED


def test_a_pack_is_not_posted_to_a_patient_who_said_no_meanwhile(world: World) -> None:
    world.leaflet()
    request_id = world.submit(world.study(), world.patient())
    world.run_jobs()
    world.answer(request_id, Answer.R)
    world.run_jobs()
    assert world.letters("pack")[0].needs_posting
    change(world, "red")
    assert world.request(request_id).stop_code == StopCode.CONSENT_RED
    assert not world.letters("pack")[0].needs_posting


def test_a_question_that_was_not_mailed_yet_is_kept_back(world: World) -> None:
    request_id = world.submit(world.study(), world.patient())
    world.run_jobs()
    change(world, "red")
    assert world.request(request_id).status == Status.STOPPED
    (mail,) = world.mails("clinician_request")
    assert mail.state == MailState.FAILED
    assert [attempt.outcome for attempt in mail.transmissions] == [KEPT_BACK]
    assert all(job.done_at for job in world.jobs(Task.SEND_MAIL, Task.SEND_REMINDER))


def test_a_permission_that_was_not_mailed_yet_does_not_arrive_after_its_withdrawal(
    world: World,
) -> None:
    request_id = approve_directly(world)
    change(world, "red")
    (approval,), (withdrawal,) = world.mails("approval"), world.mails("withdrawal")
    assert (approval.state, withdrawal.state) == (MailState.FAILED, MailState.QUEUED)
    assert not [letter for letter in world.letters() if letter.needs_posting]
    withdrawn_once(world, request_id)


def test_death_withdraws_nothing_by_itself(world: World) -> None:
    request_id = approve_directly(world)
    world.change_patient(dead=True)
    change(world, "green")
    assert world.request(request_id).status == Status.APPROVED
