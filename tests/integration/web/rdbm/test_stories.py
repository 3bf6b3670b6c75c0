"""Requests: their story, and what may be done about them."""

from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import select, update

from crate_core.clock import utcnow
from crate_core.database import WriteSession
from crate_core.domain.contact import Answer, Status
from crate_core.jobs import Task, enqueue
from crate_core.models import AuditEvent, ClinicianLink, ClinicianResponse, ContactRequest, Job
from crate_web.rdbm.stories.forms import ReassignForm
from tests.integration.consent.world import World
from tests.web import Browser


def asked(world: World) -> tuple[int, str]:
    """Bring a request to its clinician; return its id and code."""
    request_id = world.submit(world.study(), world.patient())
    world.run_jobs()
    assert world.request(request_id).status == Status.WITH_CLINICIAN
    return request_id, world.request(request_id).code


def kinds(world: World) -> list[str]:
    with world.database.read() as session:
        return list(session.scalars(select(AuditEvent.kind).order_by(AuditEvent.id)))


def test_a_story_tells_everything_in_its_order(browser: Browser, world: World) -> None:
    world.leaflet()
    request_id, code = asked(world)
    world.answer(request_id, Answer.R, "fit and willing")
    world.run_jobs()
    page = browser.get(f"/rdbm/requests/{code}").text
    told = page[page.index("What happened") :]
    places = [
        told.index(words)
        for words in (
            "Submitted",
            "Now: with the clinician",
            "A link for the clinician was made",
            "The clinician answered R",
            "Letter made: pack for a patient",
        )
    ]
    assert places == sorted(places)
    assert "fit and willing" in page
    assert "Enter the patient" in page


def test_c106_no_page_shows_what_a_clinician_was_written(browser: Browser, world: World) -> None:
    _request_id, code = asked(world)
    (mail,) = world.mails("clinician_request")
    for address in (f"/rdbm/requests/{code}", f"/rdbm/mails/{mail.id}", "/rdbm/mails?state=all"):
        page = browser.get(address)
        assert page.status_code == 200
        assert "Pat Example" not in page.text
        assert mail.subject not in page.text
        assert "/respond/" not in page.text


def test_c45_a_new_link_ends_the_old_one(browser: Browser, world: World) -> None:
    request_id, code = asked(world)
    world.shift(57, request_id)
    world.run_jobs(now=True)
    assert world.request(request_id).status == Status.EXPIRED
    assert "clinician to follow up" in browser.get("/rdbm").text
    page = f"/rdbm/requests/{code}"
    assert "Ask the clinician anew" in browser.get(page).text
    assert "Links that were mailed before stop working" in browser.post(f"{page}/reissue").text
    done = browser.post(f"{page}/reissue", {"confirmed": "yes"})
    assert "The clinician is asked anew" in browser.follow(done).text
    world.run_jobs()
    assert world.request(request_id).status == Status.WITH_CLINICIAN
    with world.database.read() as session:
        links = session.scalars(select(ClinicianLink).order_by(ClinicianLink.id)).all()
    assert links[0].revoked_at is not None
    assert links[-1].revoked_at is None
    assert "clinician_link_reissued" in kinds(world)


NEW = {
    "name": "Dr Nora Newcomer",
    "email": "nora.newcomer@trust.example",
    "signatory_title": "Consultant psychiatrist",
}


def test_another_clinician_is_asked_and_the_first_can_answer_no_more(
    browser: Browser, world: World
) -> None:
    world.leaflet()
    request_id, code = asked(world)
    page = f"/rdbm/requests/{code}/reassign"
    assert "Ask another clinician" in browser.get(f"/rdbm/requests/{code}").text
    browser.get(page)
    checked = browser.post(page, NEW).text
    assert "Dr Nora Newcomer, nora.newcomer@trust.example" in checked
    assert world.mails("clinician_request")[0].state == "queued"
    done = browser.follow(browser.post(page, NEW | {"confirmed": "true"}))
    assert "Dr Nora Newcomer will be asked instead" in done.text
    assert "To nora.newcomer@trust.example" in done.text
    with world.database.read() as session:
        assert session.scalars(select(ClinicianLink.revoked_at)).one() is not None
    world.run_jobs()
    first, second = world.mails("clinician_request")
    assert (first.state, first.transmissions[-1].outcome) == ("failed", "kept_back")
    assert second.recipient == NEW["email"]
    assert "Dear Dr Nora Newcomer" in second.text
    for said in (second.text, second.html):
        assert "asks you instead of the clinician whom the record names" in said
        assert "have the record corrected" not in said
    assert "clinician_reassigned" in kinds(world)
    world.answer(request_id, Answer.R)
    world.run_jobs()
    (pack,) = world.letters("pack")
    pages = PdfReader(BytesIO(pack.document.content)).pages
    text = " ".join(page.extract_text() for page in pages)
    assert "Dr Nora Newcomer" in text
    assert "c/o" in text


def test_who_was_asked_before_gets_no_mail_again(browser: Browser, world: World) -> None:
    _request_id, code = asked(world)
    page = f"/rdbm/requests/{code}/reassign"
    browser.get(page)
    browser.post(page, NEW | {"confirmed": "true"})
    world.run_jobs()
    first = world.mails("clinician_request")[0]
    shown = browser.get(f"/rdbm/mails/{first.id}").text
    assert "Send it again" not in shown
    refused = browser.follow(browser.post(f"/rdbm/mails/{first.id}/send"))
    assert "Nothing was sent" in refused.text
    assert world.mails("clinician_request")[0].state == "failed"


@pytest.mark.parametrize(
    ("email", "says"),
    [
        ("", "Enter the clinician&#39;s e-mail address"),
        ("nora", "Enter an e-mail address such as"),
    ],
)
def test_a_clinician_who_cannot_be_asked_instead_is_refused_with_the_reason(
    browser: Browser, world: World, email: str, says: str
) -> None:
    _request_id, code = asked(world)
    page = f"/rdbm/requests/{code}/reassign"
    browser.get(page)
    refused = browser.post(page, NEW | {"email": email, "confirmed": "true"})
    assert refused.status_code == 422
    assert says in refused.text
    assert "Dr Nora Newcomer" in refused.text
    assert "clinician_reassigned" not in kinds(world)


def test_mail_that_names_a_patient_goes_to_permitted_domains_only() -> None:
    form = ReassignForm.model_validate({"name": "Dr N", "email": "n@elsewhere.example"})
    present = ("Dr C", "c@trust.example")
    state = form.problems(present=present, permitted=["trust.example", "nhs.example"])
    assert state is not None
    assert state.error("email").endswith("may only go to trust.example or nhs.example")
    assert form.problems(present=present, permitted=[]) is None


def test_who_is_asked_already_is_not_asked_instead_but_a_colleague_with_the_same_mailbox_is() -> (
    None
):
    form = ReassignForm.model_validate({"name": "Dr N", "email": "team@trust.example"})
    state = form.problems(present=("Dr N", "Team@trust.example"), permitted=[])
    assert state is not None
    assert "is asked already" in state.error("email")
    assert form.problems(present=("Dr C", "team@trust.example"), permitted=[]) is None


def test_a_reminder_of_the_first_clinician_neither_goes_out_nor_waits_for_anybody(
    browser: Browser, world: World
) -> None:
    request_id, code = asked(world)
    world.shift(15, request_id)
    world.run_jobs(now=True)
    assert world.mails("clinician_reminder")[0].state == "queued"
    page = f"/rdbm/requests/{code}/reassign"
    browser.get(page)
    browser.post(page, NEW | {"confirmed": "true"})
    with world.database.read() as session:
        reminders = session.scalars(select(Job).where(Job.task == Task.SEND_REMINDER)).all()
    assert all(job.done_at is not None for job in reminders)
    world.run_jobs()
    (reminder,) = world.mails("clinician_reminder")
    assert reminder.state == "failed"
    assert "Reminder to a clinician" not in browser.get("/rdbm").text
    assert world.mails("clinician_request")[-1].recipient == NEW["email"]


def test_an_answer_that_was_first_stands(browser: Browser, world: World) -> None:
    request_id, code = asked(world)
    page = f"/rdbm/requests/{code}/reassign"
    browser.get(page)
    world.answer(request_id, Answer.C)
    late = browser.follow(browser.post(page, NEW | {"confirmed": "true"}))
    assert "Nothing was changed" in late.text
    assert "clinician_reassigned" not in kinds(world)
    assert "Nothing was changed" in browser.follow(browser.get(page)).text


def test_what_expired_may_be_left_at_that(browser: Browser, world: World) -> None:
    request_id, code = asked(world)
    world.shift(57, request_id)
    world.run_jobs(now=True)
    browser.get(f"/rdbm/requests/{code}")
    done = browser.post(f"/rdbm/requests/{code}/leave")
    assert "left the work queue" in browser.follow(done).text
    assert "Nothing waits for you" in browser.get("/rdbm").text


def test_a_cancelled_request_ends_with_its_reminders_and_its_unsent_mail(
    browser: Browser, world: World
) -> None:
    request_id, code = asked(world)
    page = f"/rdbm/requests/{code}"
    browser.get(page)
    assert "It cannot be taken back" in browser.post(f"{page}/cancel").text
    assert world.request(request_id).status == Status.WITH_CLINICIAN
    done = browser.post(f"{page}/cancel", {"confirmed": "yes", "why": "withdrawn by the team"})
    assert "The request is cancelled" in browser.follow(done).text
    assert world.request(request_id).status == Status.CANCELLED
    assert world.request(request_id).events[-1].actor == "mona"
    with world.database.read() as session:
        reminder = session.scalars(select(Job).where(Job.task == "consent.send_reminder")).one()
        sending = session.scalars(select(Job).where(Job.task == "mail.send")).one()
    assert reminder.done_at is not None
    assert sending.done_at is not None
    (question,) = world.mails("clinician_request")
    assert question.state == "failed"
    again = browser.post(f"{page}/cancel", {"confirmed": "yes"})
    assert "Nothing was changed" in browser.follow(again).text
    assert kinds(world).count("request_changed") == 1


def test_a_cancelled_request_leaves_the_queue_with_the_job_that_gave_up(
    browser: Browser, world: World
) -> None:
    request_id, code = asked(world)

    def give_up(session: WriteSession) -> None:
        response = session.scalars(select(ClinicianResponse)).one()
        enqueue(session, Task.PROCESS_CLINICIAN_RESPONSE, response.id)
        session.flush()
        session.change(
            update(Job)
            .where(Job.task == Task.PROCESS_CLINICIAN_RESPONSE)
            .values(failed_at=utcnow(), last_error="out of paper")
        )
        session.change(update(ContactRequest).values(status=Status.FAILED))

    world.database.write(give_up)
    assert "out of paper" in browser.get("/rdbm").text
    browser.get(f"/rdbm/requests/{code}")
    browser.post(f"/rdbm/requests/{code}/cancel", {"confirmed": "yes"})
    assert world.request(request_id).status == Status.CANCELLED
    assert "out of paper" not in browser.get("/rdbm").text
    assert "Nothing waits for you" in browser.get("/rdbm").text


def test_the_patient_of_a_request_is_opened_by_a_post_that_is_audited(
    browser: Browser, world: World
) -> None:
    _request_id, code = asked(world)
    browser.get(f"/rdbm/requests/{code}")
    opened = browser.follow(browser.post(f"/rdbm/requests/{code}/patient"))
    assert "943 476 5919" in opened.text
    with world.database.read() as session:
        event = session.scalars(select(AuditEvent)).one()
    assert event.detail["purpose"] == f"Contact request {code}"


def test_requests_are_filtered_sorted_and_downloaded(browser: Browser, world: World) -> None:
    _request_id, code = asked(world)
    assert code in browser.get("/rdbm/requests?status=with_clinician&sort=study").text
    assert "No request matches" in browser.get("/rdbm/requests?status=approved").text
    assert "No request matches" in browser.get("/rdbm/requests?age=7").text
    assert code in browser.get("/rdbm/requests.csv?study=1").text
    assert browser.get("/rdbm/requests/NOPE").status_code == 404
