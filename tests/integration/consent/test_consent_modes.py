"""Which of a patient's choices counts, wherever it was entered, and what is written to them."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import event

from crate_consent.steps.refresh import next_night
from crate_core.clock import utcnow
from crate_core.domain.consent import ConsentMode, ConsentSource
from crate_core.domain.contact import Answer, Status, StopCode
from crate_core.jobs import Task
from crate_core.models import ConsentModeRow
from tests.integration.consent.conftest import MakeWorld
from tests.integration.consent.world import N1, N2, World


def day(number: int) -> datetime:
    return datetime(2026, 3, number, 12, tzinfo=UTC)


def on_site(world: World, mode: str, number: int) -> None:
    world.consent(mode, decided_at=day(number), letter_wanted=False)


def in_record(world: World, mode: str, number: int) -> None:
    # March: the site's time is UTC.
    world.record_consent(consent_mode=mode, decided_at=day(number).replace(tzinfo=None))


def refresh(world: World) -> None:
    world.ask_for(Task.REFRESH_CONSENT_MODES)
    world.make_due_of(Task.REFRESH_CONSENT_MODES)
    world.run_jobs()


def test_c73_a_choice_entered_here_is_confirmed_by_a_letter_to_post(world: World) -> None:
    world.patient()
    world.consent("yellow")
    world.run_jobs()
    (letter,) = world.letters()
    assert (letter.kind, letter.addressee) == ("confirmation", "patient")
    assert letter.needs_posting
    (mail,) = world.mails()
    assert mail.kind == "rdbm"
    assert str(N1) not in mail.text + mail.html


def test_c73_a_choice_from_the_record_is_confirmed_by_no_letter(world: World) -> None:
    rid = world.patient()
    in_record(world, "yellow", 5)
    world.submit(world.study(), rid)
    world.run_jobs()
    assert world.choice_in_force().source == "record"
    assert not world.letters()
    assert [mail.kind for mail in world.mails()] == ["clinician_request"]


def test_c73_no_letter_confirms_what_was_replaced_or_is_not_in_force(world: World) -> None:
    world.patient()
    world.consent("green", decided_at=day(5))
    world.consent("red", decided_at=day(6))
    world.consent("yellow", decided_at=day(4))
    world.run_jobs()
    (letter,) = world.letters()
    assert letter.consent_mode_id == world.choice_in_force().id
    assert world.choice_in_force().mode == ConsentMode.RED


def test_c73_a_confirmation_that_waits_is_not_posted_once_its_choice_is_replaced(
    world: World,
) -> None:
    world.patient()
    world.consent("green")
    world.run_jobs()
    world.consent("red")
    world.run_jobs()
    confirmations = world.letters("confirmation")
    assert [letter.needs_posting for letter in confirmations] == [False, True]


def test_an_approval_says_how_the_patient_wants_to_be_written_to_by_then(world: World) -> None:
    world.leaflet()
    rid = world.patient()
    world.consent("yellow", letter_wanted=False, prefers_email=True)
    request_id = world.submit(world.study(), rid)
    world.run_jobs()
    world.answer(request_id, Answer.R)
    world.run_jobs()
    world.consent("yellow", letter_wanted=False, prefers_email=False)
    world.run_jobs()
    world.reply(request_id, agreed=True)
    world.run_jobs()
    (mail,) = world.mails("approval")
    said = " ".join(mail.text.split())
    assert "Prefers e-mail: No" in said
    assert "Prefers e-mail: Yes" not in said


@pytest.mark.parametrize(
    ("patient", "choice", "why"),
    [
        (None, {"mode": "green"}, "Check the NHS number"),
        ({"dead": True}, {"mode": "green"}, "has died"),
        ({}, {"mode": "unknown", "exclude_entirely": True}, "No colour was chosen"),
    ],
)
def test_a_letter_that_cannot_be_made_is_a_finding_that_says_why(
    world: World, patient: dict[str, Any] | None, choice: dict[str, Any], why: str
) -> None:
    if patient is not None:
        world.patient(**patient)
    world.consent(**choice)
    world.run_jobs()
    assert not world.letters()
    (finding,) = world.findings()
    assert finding.kind == "confirmation_impossible"
    assert why in finding.detail
    assert finding.consent_mode_id == world.choice_in_force().id


@pytest.mark.parametrize(
    ("record", "site", "winner"),
    [
        pytest.param(5, 3, "record", id="c74-record-newer"),
        pytest.param(3, 3, ConsentSource.USER_ENTRY, id="c75-tie"),
        pytest.param(2, 3, ConsentSource.USER_ENTRY, id="c76-record-older"),
    ],
)
def test_c74_c75_c76_the_newest_decision_wins_and_keeps_its_date(
    world: World, record: int, site: int, winner: str
) -> None:
    rid = world.patient()
    on_site(world, "yellow", site)
    in_record(world, "green", record)
    world.submit(world.study(), rid)
    world.run_jobs()
    row = world.choice_in_force()
    assert row.source == winner
    assert row.decided_at == day(max(record, site))
    assert len(world.choices()) == (2 if winner == "record" else 1)


def test_c77_a_decision_that_is_learnt_late_still_wins_by_its_date(world: World) -> None:
    world.patient()
    in_record(world, "yellow", 4)
    on_site(world, "green", 3)
    refresh(world)
    assert world.choice_in_force().decided_at == day(4)
    in_record(world, "red", 5)
    refresh(world)
    assert (world.choice_in_force().mode, world.choice_in_force().decided_at) == ("red", day(5))


@pytest.mark.parametrize(
    "moment",
    [{"decided_on": date(2026, 3, 5)}, {"decided_at": datetime(2026, 3, 5, 9)}],  # noqa: DTZ001
)
def test_c78_a_plain_date_or_a_time_without_zone_is_understood(
    world: World, moment: dict[str, Any]
) -> None:
    on_site(world, "yellow", 4)
    world.record_consent(consent_mode="green", **moment)
    refresh(world)
    assert world.choice_in_force().mode == ConsentMode.GREEN


def test_c79_an_opt_out_without_a_colour_is_kept_and_stops(world: World) -> None:
    rid = world.patient()
    world.record_consent(exclude_entirely=True, decided_on=date(2026, 3, 5))
    request_id = world.submit(world.study(), rid)
    world.run_jobs()
    row = world.choice_in_force()
    assert (row.mode, row.exclude_entirely) == (ConsentMode.UNKNOWN, True)
    assert world.request(request_id).stop_code == StopCode.OPTED_OUT


def test_c80_without_a_source_of_choices_requests_are_processed_all_the_same(
    make_world: MakeWorld,
) -> None:
    world = make_world(consent_lookup="")
    request_id = world.submit(world.study(), world.patient())
    refresh(world)
    assert world.request(request_id).status == Status.WITH_CLINICIAN


def test_c146_green_again_withdraws_nothing_and_is_confirmed_once(world: World) -> None:
    rid = world.patient()
    world.consent("green", letter_wanted=False)
    request_id = world.submit(world.study(), rid)
    world.run_jobs()
    world.consent("green")
    world.run_jobs()
    assert world.request(request_id).status == Status.APPROVED
    assert len(world.letters("confirmation")) == 1
    assert not world.letters("withdrawal")


def test_c129_the_record_is_read_once_a_patient_and_the_next_night_is_asked_for(
    world: World,
) -> None:
    for mode in ("green", "yellow", "red"):
        world.consent(mode, N1, letter_wanted=False)
    world.consent("green", N2, letter_wanted=False)
    world.run_jobs()
    asked: list[str] = []
    source = world.together.lookups.consents
    event.listen(
        source._engine,  # type: ignore[union-attr]
        "before_cursor_execute",
        lambda _c, _u, statement, parameters, _x, _m: (
            asked.append(str(parameters)) if "dummy_consent" in statement else None
        ),
    )
    refresh(world)
    assert sorted(asked) == sorted([f"({N1},)", f"({N2},)"])
    done, waiting = world.jobs(Task.REFRESH_CONSENT_MODES)
    assert done.done_at is not None
    assert waiting.due_at == next_night(done.done_at, world.settings.zone)


def test_c129_many_patients_are_read_some_at_a_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crate_consent.steps.refresh._AT_A_TIME", 2)
    numbers = [N1, N2, 9990002460, 9990003696, 9990000018]
    for number in numbers:
        world.consent("green", number, decided_at=day(3), letter_wanted=False)
        world.record_consent(number, consent_mode="red", decided_at=day(5).replace(tzinfo=None))
    world.run_jobs()
    refresh(world)
    assert {world.choice_in_force(number).mode for number in numbers} == {"red"}
    (waiting,) = [job for job in world.jobs(Task.REFRESH_CONSENT_MODES) if job.done_at is None]
    assert waiting.subject_id == 0
    assert waiting.due_at > utcnow()


def test_c129_a_night_that_failed_is_not_the_last_one(world: World) -> None:
    world.consent("green", letter_wanted=False)
    world.run_jobs()
    with world.clinical.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE dummy_consent RENAME TO gone")
    world.ask_for(Task.REFRESH_CONSENT_MODES)
    world.exhaust()
    failed, waiting = world.jobs(Task.REFRESH_CONSENT_MODES)
    assert failed.failed_at is not None
    assert waiting.due_at > utcnow()
    with world.clinical.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE gone RENAME TO dummy_consent")
    world.retry_failed()
    world.run_jobs()
    open_jobs = [job for job in world.jobs(Task.REFRESH_CONSENT_MODES) if job.done_at is None]
    assert [job.id for job in open_jobs] == [waiting.id]


def test_a_choice_that_the_record_dates_in_the_future_outweighs_no_later_red(world: World) -> None:
    rid = world.patient()
    world.record_consent(consent_mode="green", decided_on=date(2062, 3, 5))
    world.consent("red", letter_wanted=False)
    request_id = world.submit(world.study(), rid)
    world.run_jobs()
    assert world.choice_in_force().mode == ConsentMode.RED
    assert world.request(request_id).stop_code == StopCode.CONSENT_RED


@pytest.mark.parametrize("decided_on", [date(2062, 3, 5), None])
def test_red_that_the_record_dates_ahead_or_not_at_all_counts_from_when_it_was_first_read(
    world: World, decided_on: date | None
) -> None:
    rid = world.patient()
    on_site(world, "green", 3)
    approved = world.submit(world.study(), rid)
    world.run_jobs()
    world.record_consent(consent_mode="red", decided_on=decided_on)
    refresh(world)
    red = world.choice_in_force()
    assert red.mode == ConsentMode.RED
    assert red.decided_at <= utcnow()
    assert world.request(approved).status == Status.WITHDRAWN
    refresh(world)
    assert world.choice_in_force().id == red.id
    world.consent("yellow", letter_wanted=False)
    refresh(world)
    assert world.choice_in_force().mode == ConsentMode.YELLOW


@pytest.mark.parametrize("decided_on", [date(2062, 3, 5), None])
@pytest.mark.parametrize(
    "later", [{"consent_mode": "red"}, {"consent_mode": "green", "exclude_entirely": True}]
)
def test_red_that_the_record_dates_ahead_or_not_at_all_hides_nothing_that_it_says_later(
    world: World, decided_on: date | None, later: dict[str, Any]
) -> None:
    rid = world.patient()
    world.record_consent(consent_mode="red", decided_on=decided_on)
    on_site(world, "green", 3)
    refresh(world)
    world.consent("green", letter_wanted=False)
    approved = world.submit(world.study(), rid)
    world.run_jobs()
    assert world.request(approved).status == Status.APPROVED
    world.record_consent(decided_at=utcnow().replace(tzinfo=None), **later)
    refresh(world)
    assert world.choice_in_force().record.bars_contact
    assert world.choice_in_force().exclude_entirely is ("exclude_entirely" in later)
    assert world.request(approved).status == Status.WITHDRAWN


def test_a_refresh_that_changes_a_choice_ends_what_rested_on_it(world: World) -> None:
    rid = world.patient()
    on_site(world, "green", 3)
    request_id = world.submit(world.study(), rid)
    world.run_jobs()
    in_record(world, "yellow", 5)
    refresh(world)
    assert world.request(request_id).status == Status.WITHDRAWN
    assert world.count(ConsentModeRow) == 2


def test_red_that_the_record_dates_by_the_day_of_an_earlier_green_withdraws_its_permissions(
    world: World,
) -> None:
    rid = world.patient()
    world.record_consent(consent_mode="green", decided_on=date(2026, 3, 5))
    request_id = world.submit(world.study(), rid)
    world.run_jobs()
    assert world.request(request_id).status == Status.APPROVED
    world.record_consent(consent_mode="red", decided_on=date(2026, 3, 5))
    refresh(world)
    assert world.choice_in_force().mode == ConsentMode.RED
    assert world.request(request_id).status == Status.WITHDRAWN
    refresh(world)
    assert len(world.choices()) == 2
