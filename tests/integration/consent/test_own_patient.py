"""A clinician asks about a patient of their own."""

from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from crate_core.clock import utcnow
from crate_core.database import WriteSession
from crate_core.domain.contact import Answer, Involvement, Status, StopCode
from crate_core.domain.roles import Role
from crate_core.jobs import Task
from crate_core.models import ContactRequest, OwnPatientRequest, UserAccount, UserRole
from tests.integration.consent.conftest import MakeWorld
from tests.integration.consent.world import N1, World

ADDRESS = "dr.own@example.org"


def clinician(world: World, *roles: Role, **columns: Any) -> int:
    """Add a clinician with an account; return its id."""
    values: dict[str, Any] = {
        "title": "Dr",
        "first_name": "Olive",
        "last_name": "Own",
        "email": ADDRESS,
        "address": "Own Clinic\n2 Own Road",
        "roles": [UserRole(role=role) for role in roles or (Role.CLINICIAN,)],
    }
    return world.user("olive", **{**values, **columns})


def ask(
    world: World, study: int, lookup: str, by: int, *, manager_posts: bool = False, **columns: Any
) -> int:
    """Submit a request as the clinician's page does, and process it; return its id."""
    request_id = world.submit(study, lookup, direct=False, **columns)

    def work(session: WriteSession) -> None:
        session.get_one(ContactRequest, request_id).requested_by_id = by
        session.add(
            OwnPatientRequest(
                contact_request_id=request_id,
                manager_posts=manager_posts,
                signatory_name="Dr O. Own",
                signatory_title="Ward doctor",
            )
        )

    world.database.write(work)
    world.run_jobs()
    return request_id


def test_c99_clinician_who_passes_the_papers_on_has_answered_a_by_asking(world: World) -> None:
    world.leaflet()
    request_id = ask(world, world.study(), world.patient(), clinician(world))
    request = world.request(request_id)
    assert request.status == Status.WITH_PATIENT
    assert world.statuses(request_id) == [Status.NEW, Status.WITH_PATIENT]
    assert request.involvement == Involvement.REQUESTED
    response = request.clinician_response
    assert response is not None
    assert (response.answer, str(response.charity_amount)) == (Answer.A, "1.00")
    assert request.patient_response is not None
    assert request.patient_response.agreed is None
    (mail,) = world.mails("clinician_own_request")
    assert mail.recipient == ADDRESS
    assert "/pack.pdf" in mail.text
    assert mail.text.startswith("Dear Dr Own,")
    (pack,) = world.letters("pack")
    assert not pack.rdbm_may_view
    assert not pack.needs_posting
    assert world.mails("clinician_request") == []


def test_c100_manager_posts_the_papers_where_the_clinician_wants_it(world: World) -> None:
    world.leaflet()
    request_id = ask(world, world.study(), world.patient(), clinician(world), manager_posts=True)
    response = world.request(request_id).clinician_response
    assert response is not None
    assert response.answer == Answer.R
    (pack,) = world.letters("pack")
    assert pack.rdbm_may_view
    assert pack.needs_posting
    (told,) = world.mails("rdbm")
    assert "print the pack" in told.text


def test_c98_patient_whom_nobody_looked_up_before_is_found_by_nhs_number(world: World) -> None:
    world.patient()
    request_id = ask(world, world.study(), str(N1), clinician(world), kind="nhs_number")
    assert world.request(request_id).status == Status.WITH_PATIENT


def test_c98_record_need_not_name_a_clinician(world: World) -> None:
    rid = world.patient(clinician_email="", clinician_last_name="", clinician_first_name="")
    assert world.request(ask(world, world.study(), rid, clinician(world))).status == (
        Status.WITH_PATIENT
    )


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param({"email_verified_at": None}, id="unchecked address"),
        pytest.param({"email": ""}, id="no address"),
        pytest.param({"is_active": False}, id="disabled"),
    ],
)
def test_c97_nothing_goes_out_for_who_may_not_have_it(
    world: World, columns: dict[str, Any]
) -> None:
    request_id = ask(world, world.study(), world.patient(), clinician(world, **columns))
    request = world.request(request_id)
    assert (request.status, request.stop_code) == (
        Status.STOPPED,
        StopCode.CLINICIAN_EMAIL_INVALID,
    )
    assert world.mails() == []
    assert world.letters() == []


def test_c96_who_is_no_clinician_gets_nothing(world: World) -> None:
    request_id = ask(world, world.study(), world.patient(), clinician(world, Role.RESEARCHER))
    assert world.request(request_id).status == Status.STOPPED
    assert world.mails() == []
    assert world.letters() == []


def test_c97_address_outside_the_permitted_domains_gets_nothing(make_world: MakeWorld) -> None:
    world = make_world(permitted_email_domains=["trust.example.org"])
    request_id = ask(world, world.study(), world.patient(), clinician(world))
    assert world.request(request_id).stop_code == StopCode.CLINICIAN_DOMAIN
    assert world.mails() == []


def test_c101_red_patient_is_not_asked_whoever_asks(world: World) -> None:
    rid = world.patient()
    world.consent("red", letter_wanted=False)
    request_id = ask(world, world.study(), rid, clinician(world))
    assert world.request(request_id).stop_code == StopCode.CONSENT_RED
    assert world.mails() == []


def test_c102_letter_bears_the_typed_signature_and_the_clinicians_own_address(
    world: World,
) -> None:
    world.leaflet()
    ask(world, world.study(), world.patient(), clinician(world))
    (pack,) = world.letters("pack")
    pages = PdfReader(BytesIO(pack.document.content)).pages
    text = " ".join("".join(page.extract_text() for page in pages).split())
    for words in ("Dr O. Own", "Ward doctor", "Own Clinic", "I thought of you"):
        assert words in text
    assert "Cleo" not in text
    assert "They have asked the staff" not in text


def test_c50_extra_form_leaves_the_passing_on_to_the_clinician(world: World) -> None:
    request_id = ask(
        world,
        world.study(form=True),
        world.patient(),
        clinician(world),
        manager_posts=True,
    )
    response = world.request(request_id).clinician_response
    assert response is not None
    assert response.answer == Answer.A


def test_c56_trial_of_a_medicine_is_asked_about_by_consultants_only(world: World) -> None:
    study, rid, by = world.study(clinical_trial=True), world.patient(), clinician(world)
    request_id = ask(world, study, rid, by)
    assert world.request(request_id).status == Status.FAILED
    assert world.mails() == []

    def make_consultant(session: WriteSession) -> None:
        session.get_one(UserAccount, by).is_consultant = True

    world.database.write(make_consultant)
    world.retry_failed()
    world.run_jobs()
    assert world.request(request_id).status == Status.WITH_PATIENT


def test_veto_of_a_colleague_holds_the_request_for_the_manager(world: World) -> None:
    study, rid = world.study(), world.patient()
    vetoed = world.submit(study, rid)
    world.run_jobs()
    world.answer(vetoed, Answer.B, "too ill")
    world.run_jobs()
    request_id = ask(world, study, rid, clinician(world))
    assert world.request(request_id).status == Status.NEW
    assert world.mails("clinician_own_request") == []
    world.confirm_repeat(request_id)
    world.run_jobs()
    assert world.request(request_id).status == Status.WITH_PATIENT


def test_red_that_comes_later_stops_it_with_its_papers(world: World) -> None:
    world.leaflet()
    request_id = ask(world, world.study(), world.patient(), clinician(world), manager_posts=True)
    world.consent("red", decided_at=utcnow(), letter_wanted=False)
    world.run_jobs()
    assert world.request(request_id).status == Status.STOPPED
    assert [letter.needs_posting for letter in world.letters("pack")] == [False]


def test_done_twice_it_is_done_once(world: World) -> None:
    world.leaflet()
    request_id = ask(world, world.study(), world.patient(), clinician(world))
    (job,) = world.jobs(Task.PROCESS_CONTACT_REQUEST)
    world.run(job.id)
    world.ask_for(Task.PROCESS_CONTACT_REQUEST, request_id)
    world.run_jobs()
    assert len(world.letters("pack")) == 1
    assert len(world.mails("clinician_own_request")) == 1
