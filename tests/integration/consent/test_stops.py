"""Requests that end before anybody is asked, and those that just pass."""

from datetime import date, timedelta
from typing import Any

import pytest

from crate_core.domain.consent import ConsentSource
from crate_core.domain.contact import CoarseStatus, Status, StopCode, coarse
from crate_core.jobs import Task
from tests.integration.consent.conftest import MakeWorld
from tests.integration.consent.world import N1, N2, N3, N4, World


def stopped(world: World, request_id: int, code: StopCode) -> None:
    """The request ended for this reason, and nobody heard of it."""
    request = world.request(request_id)
    assert (request.status, request.stop_code) == (Status.STOPPED, code)
    assert request.processed_at is not None
    assert request.clinician_response is None
    assert not world.letters()
    assert not [mail for mail in world.mails() if mail.kind != "rdbm"]


def birthday(world: World, age: int) -> date:
    today = world.together.today()
    return today.replace(year=today.year - age, day=min(today.day, 28))


def test_c10_unknown_rid_ends_as_not_found_without_any_open_job(world: World) -> None:
    request_id = world.submit(world.study(), "zzz")
    world.run_jobs()
    stopped(world, request_id, StopCode.IDENTIFIER_NOT_FOUND)
    request = world.request(request_id)
    assert coarse(Status(request.status), StopCode.IDENTIFIER_NOT_FOUND) is CoarseStatus.NOT_FOUND
    assert all(job.done_at for job in world.jobs(*Task))


@pytest.mark.parametrize("kind", ["rid", "mrid", "nhs_number"])
def test_c11_every_kind_of_identifier_leads_to_the_patient(world: World, kind: str) -> None:
    rid = world.patient()
    lookup = {"rid": rid, "mrid": f"m{rid}", "nhs_number": str(N1)}[kind]
    request_id = world.submit(world.study(), lookup, kind=kind)
    world.run_jobs()
    request = world.request(request_id)
    assert request.nhs_number == N1
    assert request.snapshot is not None
    assert request.snapshot.nhs_number == N1
    assert not [mail for mail in world.mails() if mail.recipient == "lead@example.org"]


def test_c12_patient_missing_from_the_source_stops(world: World) -> None:
    request_id = world.submit(world.study(), str(N4), kind="nhs_number")
    world.run_jobs()
    stopped(world, request_id, StopCode.PATIENT_NOT_FOUND)
    assert not world.mails()


def test_c13_opted_out_stops_and_alerts_the_manager(world: World) -> None:
    rid = world.patient()
    world.consent("green", exclude_entirely=True, letter_wanted=False)
    request_id = world.submit(world.study(), rid)
    world.run_jobs()
    stopped(world, request_id, StopCode.OPTED_OUT)
    (finding,) = world.findings()
    assert (finding.kind, finding.serious) == ("serious_stop", True)
    assert "Have the patient removed from the research database" in finding.detail
    assert finding.contact_request_id == request_id
    (mail,) = world.mails("rdbm")
    assert str(N1) not in mail.text + mail.html


@pytest.mark.parametrize("sign", [{"dead": True}, {"date_of_death": date(2026, 1, 1)}])
def test_c14_dead_stops_although_green(world: World, sign: dict[str, Any]) -> None:
    rid = world.patient(**sign)
    world.consent("green", letter_wanted=False)
    request_id = world.submit(world.study(), rid)
    world.run_jobs()
    stopped(world, request_id, StopCode.DEAD)


def test_c15_red_stops_whatever_direct_says(world: World) -> None:
    rid = world.patient()
    world.consent("red", letter_wanted=False)
    requests = [world.submit(world.study(), rid, direct=direct) for direct in (True, False)]
    world.run_jobs()
    for request_id in requests:
        stopped(world, request_id, StopCode.CONSENT_RED)
    assert not world.mails()


def test_c16_unknown_birth_date_stops_even_where_children_may_be_asked(world: World) -> None:
    rid = world.patient(date_of_birth=None)
    world.consent("green", letter_wanted=False)
    request_id = world.submit(world.study(include_under_16s=True), rid)
    world.run_jobs()
    stopped(world, request_id, StopCode.BIRTH_DATE_UNKNOWN)


def test_c17_under_sixteen_stops_unless_the_study_may_ask_children(world: World) -> None:
    sixteen = birthday(world, 16)
    adults, children = world.study(), world.study(include_under_16s=True)
    # Who has the birthday tomorrow; born on 29 February, on 1 March.
    tomorrow = world.together.today() + timedelta(days=1)
    day = 28 if (tomorrow.month, tomorrow.day) == (2, 29) else tomorrow.day
    almost = world.patient(N1, date_of_birth=tomorrow.replace(year=tomorrow.year - 16, day=day))
    just = world.patient(N2, date_of_birth=sixteen)
    requests = [
        world.submit(adults, almost),
        world.submit(adults, just),
        world.submit(children, almost),
    ]
    world.run_jobs()
    found = [world.request(request_id) for request_id in requests]
    assert [request.status for request in found] == ["stopped", "with_clinician", "with_clinician"]
    assert found[0].stop_code == StopCode.UNDER_16


def test_c18_discharged_stops_where_the_study_may_not_ask_the_discharged(world: World) -> None:
    rid = world.patient(discharged=True, discharged_on=world.together.today())
    world.consent("green", letter_wanted=False)
    request_id = world.submit(world.study(), rid)
    world.run_jobs()
    stopped(world, request_id, StopCode.DISCHARGED)


def test_c19_c20_the_limit_after_discharge_counts_days(make_world: MakeWorld) -> None:
    world = make_world(discharge_limit_days=1095)
    today, study = world.together.today(), world.study(include_discharged=True)
    inside = world.patient(N1, discharged=True, discharged_on=today - timedelta(days=1095))
    outside = world.patient(N2, discharged=True, discharged_on=today - timedelta(days=1096))
    passes, stops = world.submit(study, inside), world.submit(study, outside)
    world.run_jobs()
    assert world.request(passes).status == Status.WITH_CLINICIAN
    request = world.request(stops)
    assert request.stop_code == StopCode.DISCHARGED_TOO_LONG
    assert "1096" in request.stop_text
    assert "1095" in request.stop_text


@pytest.mark.parametrize(
    ("limit", "days", "status"),
    [(0, 0, Status.STOPPED), (0, 1, Status.STOPPED), (None, 3000, Status.WITH_CLINICIAN)],
)
def test_c21_limit_zero_means_never_and_no_limit_means_always(
    make_world: MakeWorld, limit: int | None, days: int, status: Status
) -> None:
    world = make_world(discharge_limit_days=limit)
    discharged_on = world.together.today() - timedelta(days=days)
    rid = world.patient(discharged=True, discharged_on=discharged_on)
    request_id = world.submit(world.study(include_discharged=True), rid)
    world.run_jobs()
    assert world.request(request_id).status == status


def test_c22_unknown_discharge_date_stops_unless_the_patient_agreed(make_world: MakeWorld) -> None:
    world = make_world(discharge_limit_days=1095)
    study = world.study(include_discharged=True)
    silent = world.patient(N1, discharged=True, discharged_on=None)
    agreed = world.patient(N2, discharged=True, discharged_on=None)
    world.consent("green", N1, letter_wanted=False)
    world.consent("green", N2, letter_wanted=False, consent_after_discharge=True)
    stops, passes = world.submit(study, silent), world.submit(study, agreed)
    world.run_jobs()
    assert world.request(stops).stop_code == StopCode.DISCHARGE_DATE_UNKNOWN
    assert world.request(passes).status == Status.APPROVED


def test_c23_unknown_whether_discharged_passes(world: World) -> None:
    rid = world.patient(discharged=None)
    world.consent("green", letter_wanted=False)
    request_id = world.submit(world.study(), rid)
    world.run_jobs()
    assert world.request(request_id).status == Status.APPROVED


def test_c27_the_first_test_that_hits_names_the_reason(world: World) -> None:
    unlucky = world.patient(N1, dead=True, date_of_birth=None)
    child = world.patient(N2, date_of_birth=birthday(world, 10))
    world.consent("red", N1, letter_wanted=False)
    world.consent("red", N2, letter_wanted=False)
    study = world.study()
    requests = [world.submit(study, unlucky), world.submit(study, child)]
    world.run_jobs()
    codes = [world.request(request_id).stop_code for request_id in requests]
    assert codes == [StopCode.DEAD, StopCode.CONSENT_RED]


def test_c94_two_patients_with_one_number_are_nobody(world: World) -> None:
    rid = world.patient(N3)
    world.patient(N3, last_name="Other")
    request_id = world.submit(world.study(), rid)
    world.run_jobs()
    stopped(world, request_id, StopCode.PATIENT_NOT_FOUND)
    snapshot = world.request(request_id).snapshot
    assert snapshot is not None
    assert not {"Example", "Other"} & set(map(str, snapshot.data.values()))
    assert world.choice_in_force(N3).source == ConsentSource.AUTO_CREATED
