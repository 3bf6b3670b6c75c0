"""What follows from a clinician's answer and a patient's reply."""

from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import delete

from crate_core.clinical_dummy import dummy_patient
from crate_core.domain.contact import Answer, Status, StopCode
from crate_core.jobs import Task
from crate_core.models import ClinicianResponse, Document, Leaflet, Letter, PatientResponse
from tests.integration.consent.world import N1, World


def ask(world: World, **patient: Any) -> int:
    """Return a request that is with the clinician."""
    request_id = world.submit(world.study(), world.patient(**patient))
    world.run_jobs()
    assert world.request(request_id).status == Status.WITH_CLINICIAN
    return request_id


def agree(world: World, request_id: int, answer: Answer = Answer.R) -> None:
    world.answer(request_id, answer)
    world.run_jobs()
    assert world.request(request_id).status == Status.WITH_PATIENT


def response_to(world: World, request_id: int) -> ClinicianResponse:
    response = world.request(request_id).clinician_response
    assert response is not None
    return response


def words_of(world: World, letter: Letter) -> str:
    """Return the first page of a letter."""
    with world.database.read() as session:
        content = session.get_one(Document, letter.document_id).content
    return " ".join(PdfReader(BytesIO(content)).pages[0].extract_text().split())


@pytest.mark.parametrize(
    ("answer", "manager_posts"),
    [pytest.param(Answer.R, True, id="c46"), pytest.param(Answer.A, False, id="c47")],
)
def test_c46_c47_agreement_makes_one_pack_and_one_open_reply(
    world: World, answer: Answer, manager_posts: bool
) -> None:
    world.leaflet()
    request_id = ask(world)
    agree(world, request_id, answer)
    (pack,) = world.letters()
    assert (pack.kind, pack.addressee) == ("pack", "patient")
    assert pack.rdbm_may_view is manager_posts
    assert pack.needs_posting is manager_posts
    assert (pack.posted_at is None) is manager_posts
    reply = world.request(request_id).patient_response
    assert reply is not None
    assert reply.agreed is None
    (mail,) = world.mails("rdbm")
    assert ("print the pack" in mail.text) is manager_posts
    assert response_to(world, request_id).charity_amount == Decimal("1.00")


@pytest.mark.parametrize("answer", [Answer.B, Answer.C, Answer.D])
def test_c48_refusal_tells_the_manager_and_ends_the_request(world: World, answer: Answer) -> None:
    request_id = ask(world)
    world.answer(request_id, answer, "a reason that only the site may show")
    world.run_jobs()
    assert world.statuses(request_id) == ["new", "with_clinician", "clinician_refused"]
    assert not world.letters()
    assert world.count(PatientResponse) == 0
    (mail,) = world.mails("rdbm")
    assert f"answered {answer}" in mail.text
    assert "a reason that" not in mail.text + mail.html
    assert response_to(world, request_id).charity_amount == Decimal("1.00")
    assert not [job for job in world.jobs(Task.SEND_REMINDER) if job.done_at is None]


@pytest.mark.parametrize("row", [True, False])
def test_c60_a_missing_leaflet_holds_nothing_up_and_is_reported(world: World, row: bool) -> None:
    if row:
        world.database.write(
            lambda session: session.add(Leaflet(name="taking_part", title="Taking part"))
        )
    request_id = ask(world)
    agree(world, request_id)
    assert len(world.letters("pack")) == 1
    (finding,) = world.findings()
    assert (finding.kind, finding.contact_request_id) == ("pack_part_missing", request_id)
    assert "leaflet" in finding.summary
    assert len(world.mails("rdbm")) == 2


def test_c64_yes_gives_approval_letter_and_mail_with_its_pdf(world: World) -> None:
    world.leaflet()
    request_id = ask(world)
    agree(world, request_id)
    world.reply(request_id, agreed=True)
    world.run_jobs()
    assert world.statuses(request_id) == ["new", "with_clinician", "with_patient", "approved"]
    (letter,) = world.letters("approval")
    (mail,) = world.mails("approval")
    assert mail.recipient == "lead@example.org"
    assert [part.document.id for part in mail.attachments] == [letter.document.id]
    assert world.request(request_id).approved_at is not None


def test_c65_no_sends_nothing_to_anyone(world: World) -> None:
    world.leaflet()
    request_id = ask(world)
    agree(world, request_id)
    mails, letters = len(world.mails()), len(world.letters())
    world.reply(request_id, agreed=False)
    world.run_jobs()
    assert world.request(request_id).status == Status.PATIENT_REFUSED
    assert (len(world.mails()), len(world.letters())) == (mails, letters)


def test_c104_letters_belong_to_the_study_so_that_its_researchers_can_be_found(
    world: World,
) -> None:
    world.leaflet()
    request_id = ask(world)
    agree(world, request_id)
    world.reply(request_id, agreed=True)
    world.run_jobs()
    request = world.request(request_id)
    assert {letter.study_id for letter in world.letters()} == {request.study_id}
    assert {letter.contact_request_id for letter in world.letters()} == {request_id}


def test_c104_nothing_goes_to_a_researcher_before_approval(world: World) -> None:
    world.leaflet()
    request_id = ask(world)
    agree(world, request_id)
    assert not [mail for mail in world.mails() if mail.recipient == "lead@example.org"]
    assert {letter.addressee for letter in world.letters()} == {"patient"}


def test_c128_running_everything_again_loses_no_later_answer(world: World) -> None:
    world.leaflet()
    request_id = ask(world)
    world.run_jobs(now=True)
    world.retry_failed()
    world.run_jobs()
    agree(world, request_id)
    world.run_jobs(now=True)
    world.reply(request_id, agreed=True)
    world.run_jobs()
    assert world.request(request_id).status == Status.APPROVED
    assert len(world.letters("pack")) == len(world.letters("approval")) == 1


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        ({"mode": "red"}, StopCode.CONSENT_RED),
        ({"mode": "yellow", "exclude_entirely": True}, StopCode.OPTED_OUT),
        (None, StopCode.DEAD),
    ],
)
@pytest.mark.parametrize("stage", ["answer", "reply"])
def test_nobody_is_contacted_who_said_no_or_died_while_an_answer_was_on_its_way(
    world: World, choice: dict[str, Any] | None, code: StopCode, stage: str
) -> None:
    world.leaflet()
    request_id = ask(world)
    if stage == "reply":
        agree(world, request_id)
        world.reply(request_id, agreed=True)
    else:
        world.answer(request_id, Answer.R)
    letters = len(world.letters())
    if choice is None:
        world.change_patient(dead=True)
    else:
        world.consent(letter_wanted=False, **choice)
    world.run_jobs()
    request = world.request(request_id)
    assert (request.status, request.stop_code) == (Status.STOPPED, code)
    assert len(world.letters()) == letters
    assert not [mail for mail in world.mails() if mail.recipient == "lead@example.org"]
    assert not [letter for letter in world.letters() if letter.needs_posting]
    assert not any("print the pack" in mail.text for mail in world.mails()[1:]) or stage == "reply"


def test_c48_charity_gets_its_due_also_for_an_answer_that_a_red_outran(world: World) -> None:
    request_id = ask(world)
    world.answer(request_id, Answer.C)
    world.consent("red", letter_wanted=False)
    (change,) = world.jobs(Task.PROCESS_CONSENT_CHANGE)
    world.run(change.id)
    world.run_jobs()
    assert world.request(request_id).status == Status.STOPPED
    assert response_to(world, request_id).charity_amount == Decimal("1.00")


@pytest.mark.parametrize(
    ("record", "care_of_manager"),
    [({}, True), ({"clinician_address_1": " "}, True), ({"clinician_address_2": "Ward 3"}, False)],
)
def test_c141_letter_of_a_clinician_without_an_address_is_care_of_the_manager(
    world: World, record: dict[str, str], care_of_manager: bool
) -> None:
    world.leaflet()
    agree(world, ask(world, **record))
    (pack,) = world.letters("pack")
    first_page = words_of(world, pack)
    manager = world.settings.site.manager.address[0]
    assert (f"c/o {manager}" in first_page) is care_of_manager
    assert ("Ward 3" in first_page) is not care_of_manager


def test_papers_carry_the_address_and_name_of_when_they_are_made(world: World) -> None:
    world.leaflet()
    request_id = ask(world, clinician_address_1="3 Ward Road")
    world.change_patient(address_1="2 New Street", clinician_address_1="4 Other Clinic")
    agree(world, request_id)
    (pack,) = world.letters("pack")
    first_page = words_of(world, pack)
    assert "2 New Street" in first_page
    assert "1 Test Street" not in first_page
    # Who writes is who was asked.
    assert "3 Ward Road" in first_page
    world.change_patient(address_1="5 Third Street", last_name="Married")
    world.reply(request_id, agreed=True)
    world.run_jobs()
    (approval,) = world.letters("approval")
    (mail,) = world.mails("approval")
    for text in (words_of(world, approval), mail.text):
        assert "5 Third Street" in text
        assert "Married" in text
        assert "2 New Street" not in text


def test_papers_carry_what_was_known_where_the_patient_is_not_found_any_more(world: World) -> None:
    world.leaflet()
    request_id = ask(world)
    with world.clinical.begin() as connection:
        connection.execute(delete(dummy_patient))
    agree(world, request_id)
    (pack,) = world.letters("pack")
    assert "1 Test Street" in words_of(world, pack)


def test_a_refusal_needs_no_lookup_of_the_patient(world: World) -> None:
    request_id = ask(world)
    with world.clinical.begin() as connection:
        connection.exec_driver_sql("DROP TABLE dummy_patient")
    world.answer(request_id, Answer.C)
    world.run_jobs()
    assert world.request(request_id).status == Status.CLINICIAN_REFUSED


def test_c62_the_stored_pack_names_patient_study_and_request(world: World) -> None:
    world.leaflet()
    request_id = ask(world)
    agree(world, request_id)
    (pack,) = world.letters("pack")
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(pack.document.content)).pages)
    for part in ("Pat Example", "943 476 5919", world.request(request_id).code, "Sleep and mood"):
        assert part in text, part
    assert str(N1) not in pack.document.filename
