"""Asking to meet patients: form, check page, requests."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import select

from crate_core.audit import AuditKind
from crate_core.database import Database, WriteSession
from crate_core.domain.contact import Status
from crate_core.jobs import Task
from crate_core.models import (
    AuditEvent,
    ContactEvent,
    ContactRequest,
    Job,
    Mail,
    Study,
    UserAccount,
)
from crate_web.contact import sending
from crate_web.contact.studies import Offer, check_choice
from tests.web import Browser, add_user, make_application
from tests.web.cast import Cast
from tests.web.clinic import add_request

FORM = "/contact/requests/new"


def send(browser: Browser, study: Study, **fields: str) -> httpx.Response:
    """Fill in the form, and confirm on the check page if there is one."""
    browser.get(FORM)
    checked = browser.post(FORM, {"study": str(study.id), **fields})
    if checked.status_code != 200:
        return checked
    return browser.post(FORM, {"confirmed": "true"})


def requests(database: Database) -> Sequence[ContactRequest]:
    with database.read() as session:
        return session.scalars(select(ContactRequest).order_by(ContactRequest.id)).all()


def test_c02_researcher_is_offered_own_studies_only(
    browser: Browser, database: Database, cast: Cast
) -> None:
    browser.sign_in_as(cast.member)
    page = browser.get(FORM).text
    assert "Sleep study 1" in page
    assert "Sleep study 2" not in page
    refused = browser.post(FORM, {"study": str(cast.s2.id), "rids": "ab", "confirmed": "true"})
    assert refused.status_code == 422
    assert "Choose one of the studies" in refused.text
    assert requests(database) == []


def test_c03_rdbm_is_offered_all_and_nhs_numbers(
    browser: Browser, database: Database, cast: Cast
) -> None:
    browser.sign_in_as(cast.rdbm)
    page = browser.get(FORM).text
    assert all(f"Sleep study {number}" in page for number in (1, 2, 3, 4))
    assert 'name="nhs_numbers"' in page


def test_c03_researcher_has_no_nhs_number_box(
    browser: Browser, database: Database, cast: Cast
) -> None:
    browser.sign_in_as(cast.lead)
    assert '<textarea class="nhsuk-textarea" id="nhs_numbers"' not in browser.get(FORM).text
    refused = send(browser, cast.s1, nhs_numbers="9434765919")
    assert refused.status_code == 422
    assert requests(database) == []


@pytest.mark.parametrize(
    "change",
    [
        {"patient_contact": False},
        {"approved_by_rec": False},
        {"approved_locally": False},
        {"details_document_id": None},
    ],
)
def test_c01_study_that_lacks_something_cannot_be_chosen_and_says_what(
    browser: Browser, database: Database, cast: Cast, change: dict[str, object]
) -> None:
    def work(session: WriteSession) -> None:
        study = session.get_one(Study, cast.s1.id)
        for name, value in change.items():
            setattr(study, name, value)

    browser.sign_in_as(cast.member)
    assert f'value="{cast.s1.id}"' in browser.get(FORM).text
    database.write(work)
    page = browser.get(FORM).text
    assert f'value="{cast.s1.id}"' not in page
    assert "Studies that cannot be used yet" in page
    assert send(browser, cast.s1, rids="ab").status_code == 422


@pytest.mark.parametrize("name", ["title", "first_name", "last_name"])
def test_c01_lead_without_a_whole_name_cannot_ask(
    browser: Browser, database: Database, cast: Cast, name: str
) -> None:
    database.write(lambda session: setattr(session.get_one(UserAccount, cast.lead.id), name, ""))
    browser.sign_in_as(cast.member)
    page = browser.get(FORM).text
    assert f'value="{cast.s1.id}"' not in page
    assert send(browser, cast.s1, rids="ab").status_code == 422
    assert f"the lead researcher&#39;s {name.replace('_', ' ')} is missing" in page


def test_c04_direct_approach_needs_approval(
    browser: Browser, database: Database, cast: Cast
) -> None:
    browser.sign_in_as(cast.lead)
    assert send(browser, cast.s3, rids="ab", direct="true").status_code == 422
    assert requests(database) == []
    assert send(browser, cast.s3, rids="ab").status_code == 303
    assert requests(database)[0].direct_approach is False


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("membership", "Choose one of the studies"),
        ("approval", "Choose another study: research ethics"),
        ("direct approach", "not approved for direct approach"),
    ],
)
def test_c02_study_that_changes_while_the_form_is_checked_is_not_asked_about(
    browser: Browser,
    database: Database,
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    says: str,
) -> None:
    def change(session: WriteSession) -> None:
        study = session.get_one(Study, cast.s1.id)
        if what == "membership":
            study.researchers.clear()
        elif what == "approval":
            study.approved_by_rec = False
        else:
            study.request_direct_approach = False

    def check_and_change(offered: list[Offer], study_id: int, *, direct: bool) -> None:
        check_choice(offered, study_id, direct=direct)
        if confirming:
            database.write(change)

    monkeypatch.setattr(sending, "check_choice", check_and_change)
    browser.sign_in_as(cast.member)
    browser.get(FORM)
    confirming = False
    browser.post(FORM, {"study": str(cast.s1.id), "rids": "ab", "direct": "true"})
    confirming = True
    refused = browser.post(FORM, {"confirmed": "true"})
    assert refused.status_code == 422
    assert says in refused.text
    assert requests(database) == []


def test_c05_wrong_nhs_number_is_named_beside_its_field(
    browser: Browser, database: Database, cast: Cast
) -> None:
    browser.sign_in_as(cast.rdbm)
    page = send(browser, cast.s1, nhs_numbers="9434765918")
    assert page.status_code == 422
    assert "&#34;9434765918&#34; is not an NHS number" in page.text
    assert requests(database) == []


def test_c06_nhs_number_with_spaces_is_stored_without(
    browser: Browser, database: Database, cast: Cast
) -> None:
    browser.sign_in_as(cast.rdbm)
    sent = send(browser, cast.s1, nhs_numbers="943 476 5919")
    assert sent.status_code == 303
    assert "943" not in sent.headers["location"].split("sent=")[0]
    assert [(each.lookup_kind, each.lookup_value) for each in requests(database)] == [
        ("nhs_number", "9434765919")
    ]


def test_c07_five_identifiers_make_five_requests_in_one_commit(
    browser: Browser, database: Database, cast: Cast
) -> None:
    browser.sign_in_as(cast.lead)
    browser.get(FORM)
    check = browser.post(
        FORM, {"study": str(cast.s1.id), "rids": "a1 a2 a3", "mrids": "b1 b2", "direct": "true"}
    )
    assert "5 requests: Sleep study 1" in check.text
    assert "Send 5 requests" in check.text
    listed = browser.follow(browser.post(FORM, {"confirmed": "true"})).text
    made = requests(database)
    assert len({each.code for each in made}) == 5
    assert all(each.code in listed for each in made)
    assert "5 requests sent" in listed
    with database.read() as session:
        jobs = session.scalars(select(Job)).all()
        events = session.scalars(select(ContactEvent)).all()
        audited = select(AuditEvent).where(AuditEvent.kind == AuditKind.REQUEST_SUBMITTED)
        event = session.scalars(audited).one()
    assert {job.subject_id for job in jobs} == {each.id for each in made}
    assert {job.task for job in jobs} == {Task.PROCESS_CONTACT_REQUEST}
    assert [(each.from_status, each.to_status) for each in events] == [(None, Status.NEW)] * 5
    assert event.actor == "lead"
    assert set(event.detail["codes"]) == {each.code for each in made}


def test_c08_no_identifier_is_an_error(browser: Browser, database: Database, cast: Cast) -> None:
    browser.sign_in_as(cast.lead)
    page = send(browser, cast.s1)
    assert page.status_code == 422
    assert "<title>Error: " in page.text
    assert requests(database) == []


def test_c08_everything_that_is_missing_is_said_at_once_in_the_order_of_the_page(
    browser: Browser, cast: Cast
) -> None:
    browser.sign_in_as(cast.lead)
    browser.get(FORM)
    page = browser.post(FORM, {"study": "", "rids": " "}).text
    assert re.findall(r'href="#(study|rids)"', page) == ["study", "rids"]


def test_c09_same_rid_twice_is_one_request(
    browser: Browser, database: Database, cast: Cast
) -> None:
    browser.sign_in_as(cast.lead)
    assert send(browser, cast.s1, rids="ab12 AB12").status_code == 303
    assert len(requests(database)) == 1


def test_check_page_tells_of_earlier_requests(
    browser: Browser, database: Database, cast: Cast
) -> None:
    add_request(database, cast.s1, cast.lead, Status.NEW, lookup_value="ab12")
    browser.sign_in_as(cast.lead)
    browser.get(FORM)
    page = browser.post(FORM, {"study": str(cast.s1.id), "rids": "ab12 cd34"}).text
    assert "2 requests, 1 of them repeated" in page


def test_change_brings_back_what_was_typed(
    browser: Browser, database: Database, cast: Cast
) -> None:
    browser.sign_in_as(cast.lead)
    browser.get(FORM)
    browser.post(FORM, {"study": str(cast.s1.id), "rids": "ab12", "direct": "true"})
    page = browser.post(FORM, {"change": "true"})
    assert page.status_code == 200
    assert ">ab12</textarea>" in page.text
    assert requests(database) == []


def test_second_post_of_a_form_finds_the_first_ones_result(
    browser: Browser, database: Database, cast: Cast
) -> None:
    browser.sign_in_as(cast.lead)
    first = send(browser, cast.s1, rids="a1 a2")
    again = browser.post(FORM, {"confirmed": "true"})
    assert again.headers["location"] == first.headers["location"]
    assert len(requests(database)) == 2


def test_form_that_was_changed_after_going_back_makes_other_requests(
    browser: Browser, database: Database, cast: Cast
) -> None:
    browser.sign_in_as(cast.lead)
    first = send(browser, cast.s1, rids="a1 a2")
    browser.post(FORM, {"study": str(cast.s1.id), "rids": "a3"})
    second = browser.post(FORM, {"confirmed": "true"})
    assert second.headers["location"] != first.headers["location"]
    assert [each.lookup_value for each in requests(database)] == ["a1", "a2", "a3"]


def test_c96_who_has_no_role_can_ask_for_nobody(
    browser: Browser, database: Database, cast: Cast
) -> None:
    browser.sign_in_as(add_user(database, "plain"))
    browser.get("/account")
    assert browser.get(FORM).status_code == 403
    answer = browser.post(FORM, {"study": str(cast.s1.id), "rids": "a1", "confirmed": "true"})
    assert answer.status_code == 403
    assert requests(database) == []
    with database.read() as session:
        assert session.scalars(select(Mail)).all() == []


def test_two_posts_of_a_form_at_once_make_its_requests_once(database: Database, cast: Cast) -> None:
    app = make_application(database)

    def post(fields: dict[str, str], cookies: dict[str, str]) -> int:
        with Browser(app) as browser:
            browser.cookies = dict(cookies)
            return browser.request("POST", FORM, data=fields).status_code

    with Browser(app) as browser:
        browser.sign_in_as(cast.lead)
        page = browser.get(FORM).text
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
        fields = {**hidden, "study": str(cast.s1.id), "rids": "a1 a2 a3", "confirmed": "true"}
        with ThreadPoolExecutor(3) as pool:
            posts = [pool.submit(post, fields, browser.cookies) for _ in range(3)]
            assert [each.result(60) for each in posts] == [303, 303, 303]
    assert len(requests(database)) == 3
