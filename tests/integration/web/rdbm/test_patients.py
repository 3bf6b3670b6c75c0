"""A patient's choices: looked up, entered, and one in force however many are saved at once."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from crate_core.clock import utcnow
from crate_core.database import Database
from crate_core.domain.roles import Role
from crate_core.jobs import Task
from crate_core.models import AuditEvent, ConsentModeRow, Job
from crate_web.app import Application
from tests.integration.consent.world import N1, World
from tests.web import Browser, add_user, make_application

CHOICE: dict[str, str | list[str]] = {
    "mode": "green",
    "boxes": ["patient_signed"],
    "max_approaches_per_year": "0",
}


def look_up(browser: Browser, number: str = str(N1)) -> str:
    """Look a patient up as the manager does; return the address of their page."""
    browser.get("/rdbm/patients")
    answer = browser.post("/rdbm/patients", {"nhs_number": number, "purpose": "choice"})
    assert answer.status_code == 303, answer.text
    address: str = answer.headers["location"]
    return address


def enter(browser: Browser, **changes: str | list[str]) -> httpx.Response:
    """Enter a choice, confirmed at once."""
    page = f"{look_up(browser)}/choice"
    browser.get(page)
    today = utcnow().date().isoformat()
    return browser.post(page, {**CHOICE, "decided_on": today, "confirmed": "true", **changes})


def rows(database: Database) -> list[ConsentModeRow]:
    with database.read() as session:
        return list(session.scalars(select(ConsentModeRow).order_by(ConsentModeRow.id)))


def test_c69_a_choice_is_saved_and_in_force(browser: Browser, world: World) -> None:
    page = f"{look_up(browser)}/choice"
    browser.get(page)
    today = utcnow().date().isoformat()
    check = browser.post(page, {**CHOICE, "decided_on": today})
    assert "Check the choice" in check.text
    assert rows(world.database) == []
    done = browser.post(page, {"confirmed": "true"})
    assert "recorded and in force" in browser.follow(done).text
    (row,) = rows(world.database)
    assert (row.mode, row.current_nhs_number, row.source) == ("green", N1, "user_entry")
    assert row.letter_wanted
    assert row.created_by_id is not None


def test_c70_an_override_needs_no_box(browser: Browser, world: World) -> None:
    assert enter(browser, boxes=[]).status_code == 422
    assert enter(browser, boxes=[], by_override="True").status_code == 303
    (row,) = rows(world.database)
    assert row.changed_by_clinician_override


def test_c69_nothing_about_a_decision_is_assumed_and_all_that_is_missing_is_said(
    browser: Browser, world: World
) -> None:
    page = f"{look_up(browser)}/choice"
    date_field = re.search(r'<input[^>]*name="decided_on"[^>]*>', browser.get(page).text)
    assert date_field
    assert "value=" not in date_field[0]
    refused = browser.post(page, {"mode": "", "decided_on": ""}).text
    assert re.findall(r'href="#(mode|decided_on|boxes)"', refused) == [
        "mode",
        "decided_on",
        "boxes",
    ]


def test_c71_the_title_of_the_window_does_not_hold_the_number(
    browser: Browser, world: World
) -> None:
    address = look_up(browser)
    for page in (address, f"{address}/choice"):
        text = browser.get(page).text
        title = re.search(r"<title>(.*)</title>", text)
        assert title
        assert str(N1)[-4:] not in title[1]
        assert str(N1)[-4:] in text


@pytest.mark.parametrize("number", ["123", "9434765918", "", "0434765919"])
def test_c71_a_number_that_is_none_is_refused(browser: Browser, world: World, number: str) -> None:
    browser.get("/rdbm/patients")
    answer = browser.post("/rdbm/patients", {"nhs_number": number, "purpose": "choice"})
    assert answer.status_code == 422
    assert "NHS number" in answer.text
    with world.database.read() as session:
        assert session.scalars(select(AuditEvent)).all() == []


def test_c133_a_look_up_is_audited_without_the_number(browser: Browser, world: World) -> None:
    address = look_up(browser, "943 476 5919")
    page = browser.get(address)
    assert "943 476 5919" in page.text
    assert str(N1) not in address
    with world.database.read() as session:
        (event,) = session.scalars(select(AuditEvent)).all()
    assert (event.kind, event.actor) == ("patient_looked_up", "mona")
    assert event.subject.startswith("patient:")
    assert str(N1) not in f"{event.subject}{event.detail}"
    assert event.detail["purpose"] == "To enter a choice that came to us"
    assert event.subject in browser.get(f"/rdbm/audit?q={event.subject}").text


@pytest.mark.parametrize(
    ("decided_on", "said"), [(date(2062, 3, 5), "dates it 5 March 2062"), (None, "not at all")]
)
def test_a_choice_that_the_record_dates_ahead_says_so(
    browser: Browser, world: World, decided_on: date | None, said: str
) -> None:
    world.consent("green", letter_wanted=False)
    world.record_consent(consent_mode="red", decided_on=decided_on)
    world.ask_for(Task.REFRESH_CONSENT_MODES)
    world.make_due_of(Task.REFRESH_CONSENT_MODES)
    world.run_jobs()
    page = browser.get(look_up(browser)).text
    assert said in re.sub(r"<[^>]*>", "", page)
    assert "counts from when it was first read" in page


def test_an_address_of_a_patient_opens_in_its_own_session_only(
    browser: Browser, world: World
) -> None:
    address = look_up(browser)
    with Browser(browser.app) as other:
        other.sign_in_as(add_user(world.database, "otto", Role.RDBM))
        assert other.get(address).status_code == 404
    assert browser.get(address[:-3] + "AAA").status_code == 404


def test_a_form_that_is_posted_twice_makes_one_choice(browser: Browser, world: World) -> None:
    page = f"{look_up(browser)}/choice"
    browser.get(page)
    hidden = dict(browser._hidden)
    data: dict[str, str | list[str]] = {
        **hidden,
        **CHOICE,
        "decided_on": utcnow().date().isoformat(),
        "confirmed": "true",
    }
    assert browser.request("POST", page, data=data).status_code == 303
    assert browser.request("POST", page, data=data).status_code == 303
    assert len(rows(world.database)) == 1


def test_words_that_were_changed_after_going_back_are_another_choice(
    browser: Browser, world: World
) -> None:
    page = f"{look_up(browser)}/choice"
    browser.get(page)
    data: dict[str, str | list[str]] = {
        **browser._hidden,
        **CHOICE,
        "decided_on": utcnow().date().isoformat(),
        "confirmed": "true",
    }
    assert browser.request("POST", page, data=data).status_code == 303
    assert browser.request("POST", page, data={**data, "mode": "red"}).status_code == 303
    assert [row.mode for row in rows(world.database)] == ["green", "red"]
    assert rows(world.database)[1].current_nhs_number is not None


def test_a_decision_in_the_future_is_refused(browser: Browser) -> None:
    assert "cannot be in the future" in enter(browser, decided_on="2999-01-01").text


def test_an_older_decision_goes_into_the_history_only(browser: Browser, world: World) -> None:
    world.consent("red", letter_wanted=False, decided_at=utcnow() - timedelta(days=5))
    old = (utcnow() - timedelta(days=30)).date().isoformat()
    answer = enter(browser, decided_on=old)
    assert "A newer decision stays in force" in browser.follow(answer).text
    assert [row.mode for row in rows(world.database) if row.current_nhs_number] == ["red"]


def test_red_of_the_day_of_a_green_that_was_entered_that_day_is_in_force(
    browser: Browser, world: World
) -> None:
    yesterday = utcnow() - timedelta(days=1)
    morning = yesterday.replace(hour=9, minute=0)
    world.consent("green", letter_wanted=False, decided_at=morning, created_at=morning)
    answer = enter(browser, mode="red", decided_on=yesterday.date().isoformat())
    assert "recorded and in force" in browser.follow(answer).text
    assert [row.mode for row in rows(world.database) if row.current_nhs_number] == ["red"]


def test_what_was_allowed_on_a_day_is_what_was_known_then(browser: Browser, world: World) -> None:
    now = utcnow()
    long_ago, lately = now - timedelta(days=30), now - timedelta(days=2)
    world.consent("green", decided_at=long_ago, created_at=long_ago, letter_wanted=False)
    # Decided earlier, learnt late.
    world.consent(
        "red", decided_at=now - timedelta(days=10), created_at=lately, letter_wanted=False
    )
    page = look_up(browser)
    text = browser.get(f"{page}?on={(now - timedelta(days=5)).date().isoformat()}").text
    shown = re.sub(
        r"\s+", " ", text[text.index("What was allowed on a day") : text.index("History")]
    )
    assert "GREEN" in shown
    assert "learnt later" in shown
    assert "RED" in shown


def test_c73_an_entered_choice_asks_for_a_letter(browser: Browser, world: World) -> None:
    world.patient()
    enter(browser)
    with world.database.read() as session:
        (job,) = session.scalars(select(Job)).all()
    assert job.task == "consent.process_consent_change"
    world.run_jobs()
    (letter,) = world.letters("confirmation")
    assert letter.needs_posting
    assert f"/rdbm/letters/{letter.id}.pdf" in browser.get("/rdbm/letters").text
    assert [mail.kind for mail in world.mails()] == ["rdbm"]


@pytest.fixture
def parallel(database: Database, tmp_path: Path) -> Application:
    """The site on each engine."""
    World(database, tmp_path)
    return make_application(database)


def test_c72_twenty_saves_at_once_leave_one_in_force(parallel: Application) -> None:
    manager = add_user(parallel.site.database, "mona", Role.RDBM)

    def save(_number: int) -> int:
        with Browser(parallel) as browser:
            browser.sign_in_as(manager)
            status: int = enter(browser).status_code
            return status

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(save, range(20))) == {303}
    saved = rows(parallel.site.database)
    assert len(saved) == 20
    assert len([row for row in saved if row.current_nhs_number is not None]) == 1
