"""The work queue: what waits, how long, and where it is dealt with."""

from datetime import datetime, timedelta

from sqlalchemy import select

from crate_core.database import WriteSession
from crate_core.domain.contact import Answer, Status
from crate_core.models import AuditEvent, Job, Letter, LoginSession, WorkItem
from crate_web.app import Application
from tests.integration.consent.world import World
from tests.web import Browser


def asked_patient(world: World) -> int:
    """Bring a request to where the patient is asked; return its id."""
    world.leaflet()
    rid = world.patient()
    request_id = world.submit(world.study(), rid)
    world.run_jobs()
    world.answer(request_id, Answer.R)
    world.run_jobs()
    assert world.request(request_id).status == Status.WITH_PATIENT
    return request_id


def test_an_empty_queue_says_so_with_the_time(browser: Browser) -> None:
    page = browser.get("/rdbm")
    assert page.status_code == 200
    assert "Work queue (0)" in page.text
    assert "Nothing waits for you, as of" in page.text


def test_letters_and_replies_wait_with_one_action_each(browser: Browser, world: World) -> None:
    code = world.request(asked_patient(world)).code
    page = browser.get("/rdbm").text
    assert "<title>Work queue (2) - Work queue" in page
    assert "<strong>1</strong> letter to post" in page
    assert "<strong>1</strong> reply to enter" in page
    assert f'href="/rdbm/replies/{code}"' in page
    assert 'href="/rdbm/letters#letter-1"' in page
    assert 'href="?sort=kind"' in page
    assert 'href="?sort=-since"' in page
    only = browser.get("/rdbm?kind=reply").text
    assert f"/rdbm/replies/{code}" in only
    assert "/rdbm/letters#letter-1" not in only
    home = browser.get("/").text
    assert f"/rdbm/replies/{code}" in home
    assert "The whole work queue (2)" in home
    csv = browser.get("/rdbm.csv").text
    assert csv.count(code) == 2


def test_what_waits_too_long_is_overdue_in_words(browser: Browser, world: World) -> None:
    asked_patient(world)

    def age(session: WriteSession) -> None:
        session.scalars(select(Letter)).one().created_at -= timedelta(days=5)

    world.database.write(age)
    assert "Overdue by 2 days" in browser.get("/rdbm").text


def test_c37_a_request_after_a_veto_is_confirmed_by_the_manager(
    browser: Browser, world: World
) -> None:
    rid = world.patient()
    study = world.study()
    first = world.submit(study, rid)
    world.run_jobs()
    world.answer(first, Answer.B, "too ill")
    world.run_jobs()
    again = world.submit(study, rid)
    world.run_jobs()
    assert world.request(again).status == Status.NEW
    code = world.request(again).code
    assert "<strong>1</strong> request to confirm" in browser.get("/rdbm").text
    story = browser.get(f"/rdbm/requests/{code}")
    assert "Go on in spite of the veto" in story.text
    check = browser.post(f"/rdbm/requests/{code}/confirm")
    assert check.status_code == 200
    assert world.request(again).repeat_confirmed is False
    done = browser.post(f"/rdbm/requests/{code}/confirm", {"confirmed": "yes"})
    assert "The request goes on." in browser.follow(done).text
    world.run_jobs()
    assert world.request(again).status == Status.WITH_CLINICIAN
    assert "request to confirm" not in browser.get("/rdbm").text
    second = browser.post(f"/rdbm/requests/{code}/confirm", {"confirmed": "yes"})
    assert "Nothing was changed" in browser.follow(second).text
    with world.database.read() as session:
        kinds = session.scalars(select(AuditEvent.kind)).all()
    assert kinds.count("request_changed") == 1


def test_c131_a_job_that_gave_up_is_shown_with_its_reason_and_retried(
    browser: Browser, world: World
) -> None:
    rid = world.patient()
    request_id = world.submit(world.study(), rid)
    now = world.request(request_id).created_at

    def fail(session: WriteSession) -> None:
        job = session.scalars(select(Job)).one()
        job.failed_at, job.last_error, job.attempts = now, "the record is away", 12

    world.database.write(fail)
    code = world.request(request_id).code
    queue = browser.get("/rdbm").text
    assert "<strong>1</strong> job that gave up" in queue
    assert "the record is away" in queue
    jobs = browser.get("/rdbm/jobs").text
    assert code in jobs
    assert "Retry" in browser.get(f"/rdbm/requests/{code}").text
    browser.get("/rdbm/jobs")
    done = browser.post("/rdbm/jobs/1/retry", {"back": f"/rdbm/requests/{code}"})
    assert done.headers["location"] == f"/rdbm/requests/{code}"
    assert "tried again now" in browser.follow(done).text
    again = browser.post("/rdbm/jobs/1/retry", {"back": "https://evil.example/"})
    assert again.headers["location"] == "/rdbm/jobs"
    world.run_jobs()
    assert world.request(request_id).status == Status.WITH_CLINICIAN
    with world.database.read() as session:
        assert session.scalars(select(AuditEvent.kind)).all() == ["job_retried"]


def test_a_serious_finding_waits_until_somebody_says_it_is_done(
    browser: Browser, world: World
) -> None:
    rid = world.patient()
    world.consent("green", exclude_entirely=True, letter_wanted=False)
    world.submit(world.study(), rid)
    world.run_jobs()
    assert "<strong>1</strong> serious finding" in browser.get("/rdbm").text
    page = browser.get("/rdbm/work/1")
    assert "serious reason" in page.text
    done = browser.post("/rdbm/work/1/done")
    assert "Marked as done" in browser.follow(done).text
    assert "before" in browser.follow(browser.post("/rdbm/work/1/done")).text
    with world.database.read() as session:
        item = session.scalars(select(WorkItem)).one()
        assert item.done_at is not None
        assert item.done_by_id is not None


def test_a_letter_that_cannot_be_made_leads_to_the_choice_that_it_would_confirm(
    browser: Browser, world: World
) -> None:
    world.consent("green")
    world.run_jobs()
    assert "Open the patient&#39;s choices" in browser.get("/rdbm/work/1").text
    answer = browser.post("/rdbm/work/1/patient")
    assert "943 476 5919" in browser.follow(answer).text
    with world.database.read() as session:
        events = session.scalars(select(AuditEvent.kind)).all()
    assert events == ["patient_looked_up"]


def test_a_finding_about_no_choice_leads_to_no_patient(browser: Browser, world: World) -> None:
    rid = world.patient()
    world.consent("green", exclude_entirely=True, letter_wanted=False)
    world.submit(world.study(), rid)
    world.run_jobs()
    assert "choices" not in browser.get("/rdbm/work/1").text
    assert browser.post("/rdbm/work/1/patient").status_code == 404


def test_bringing_the_queue_up_to_date_does_not_keep_a_session_alive(
    browser: Browser, app: Application
) -> None:
    def age(session: WriteSession) -> None:
        session.scalars(select(LoginSession)).one().last_seen_at -= timedelta(minutes=10)

    def seen() -> datetime:
        with app.site.database.read() as session:
            return session.scalars(select(LoginSession.last_seen_at)).one()

    app.site.database.write(age)
    before = seen()
    assert browser.request("GET", "/rdbm", headers={"x-refresh": "1"}).status_code == 200
    assert seen() == before
    browser.get("/rdbm")
    assert seen() > before
