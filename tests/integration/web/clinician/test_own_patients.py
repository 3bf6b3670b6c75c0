"""A clinician with an account asks about own patients."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from crate_core.audit import AuditKind
from crate_core.clock import utcnow
from crate_core.database import Database, WriteSession
from crate_core.domain.contact import Answer, Status, StopCode
from crate_core.domain.roles import Role
from crate_core.jobs import Task
from crate_core.models import (
    AuditEvent,
    ContactRequest,
    Job,
    Mail,
    OwnPatientRequest,
    Study,
    UserAccount,
)
from crate_web.clinician import asking
from crate_web.clinician.choices import OwnOffer, check_own_choice
from tests.web import Browser, add_user, make_application
from tests.web.clinic import NHS_NUMBER, add_lead, add_request, add_study, ask

FORM = "/clinician/requests/new"
LIST = "/clinician/requests"
NAMED = {"signatory_name": "Dr Clara Whitfield", "signatory_title": "Ward doctor"}


@pytest.fixture
def clinician(database: Database) -> UserAccount:
    return add_clinician(database)


@pytest.fixture
def study(database: Database) -> Study:
    """S1, on which the clinician does not work."""
    return add_study(database, add_lead(database, "lead"))


@pytest.fixture
def browser(database: Database) -> Iterator[Browser]:
    with Browser(make_application(database)) as browser:
        yield browser


def add_clinician(
    database: Database, *roles: Role, username: str = "clara", **columns: object
) -> UserAccount:
    user = add_user(database, username, *(roles or (Role.CLINICIAN,)))
    values = {"email": f"{username}@example.org", "email_verified_at": utcnow(), **columns}
    change(database, user, **values)
    return user


def change(database: Database, row: Any, **columns: object) -> None:
    def work(session: WriteSession) -> None:
        found = session.get_one(type(row), row.id)
        for name, value in columns.items():
            setattr(found, name, value)

    database.write(work)


def send(browser: Browser, study: Study, **fields: str) -> httpx.Response:
    """Fill in the form, and confirm on the check page if there is one."""
    browser.get(FORM)
    checked = browser.post(FORM, {"study": str(study.id), **NAMED, **fields})
    return browser.post(FORM, {"confirmed": "true"}) if checked.status_code == 200 else checked


def requests(database: Database) -> Sequence[ContactRequest]:
    with database.read() as session:
        found = session.scalars(select(ContactRequest).order_by(ContactRequest.id)).all()
        for each in found:
            _ = each.own_patient
        return found


def nothing_happened(database: Database) -> bool:
    with database.read() as session:
        tables = (ContactRequest, OwnPatientRequest, Mail, Job)
        return not any(session.scalars(select(table)).all() for table in tables)


@pytest.mark.parametrize("role", [None, *(role for role in Role if role is not Role.CLINICIAN)])
def test_c96_who_is_no_clinician_can_neither_see_nor_send_the_form(
    browser: Browser, database: Database, study: Study, role: Role | None
) -> None:
    roles = [role] if role else []
    browser.sign_in_as(add_user(database, "plain", *roles))
    browser.get("/account")
    assert browser.get(FORM).status_code == 403
    for path in (LIST, f"{LIST}.csv", f"{LIST}/ABCD-EFGH-JKMN"):
        assert browser.get(path).status_code == 403
    browser.get("/account")
    fields = {"study": str(study.id), "nhs_numbers": str(NHS_NUMBER), **NAMED}
    answer = browser.post(FORM, {**fields, "confirmed": "true"})
    assert answer.status_code == 403
    assert nothing_happened(database)


def test_c96_clinician_asks_about_an_own_patient(
    browser: Browser, database: Database, clinician: UserAccount, study: Study
) -> None:
    browser.sign_in_as(clinician)
    page = browser.get(FORM).text
    assert "Sleep study 1" in page
    assert "clara@example.org" in page
    assert 'value="Clara Example"' in page
    browser.post(FORM, {"study": str(study.id), "nhs_numbers": "943 476 5919", **NAMED})
    sent = browser.post(FORM, {"confirmed": "true"})
    (request,) = requests(database)
    assert request.status == Status.NEW
    assert not request.direct_approach
    assert (request.lookup_kind, request.lookup_value) == ("nhs_number", "9434765919")
    assert request.requested_by_id == clinician.id
    own = request.own_patient
    assert own is not None
    assert (own.signatory_name, own.signatory_title) == tuple(NAMED.values())
    assert not own.manager_posts
    with database.read() as session:
        (job,) = session.scalars(select(Job)).all()
        (event,) = session.scalars(
            select(AuditEvent).where(AuditEvent.kind == AuditKind.REQUEST_SUBMITTED)
        ).all()
    assert (job.task, job.subject_id) == (Task.PROCESS_CONTACT_REQUEST, request.id)
    assert event.detail["own_patients"] is True
    listed = browser.follow(sent)
    assert request.code in listed.text
    assert "1 request sent." in listed.text
    assert "9434765919" not in sent.headers["location"]


def test_check_page_repeats_what_is_asked_and_asks_nobody_yet(
    browser: Browser, database: Database, clinician: UserAccount, study: Study
) -> None:
    browser.sign_in_as(clinician)
    browser.get(FORM)
    page = browser.post(
        FORM,
        {
            "study": str(study.id),
            "nhs_numbers": "943 476 5919 9434765919",
            "rids": "ab12",
            "manager_posts": "true",
            **NAMED,
        },
    ).text
    for words in ("Sleep study 1", "943 476 5919", "ab12", "Dr Clara Whitfield, Ward doctor"):
        assert words in page
    assert "posts them on your behalf" in page
    assert "1 identifier stood there more than once" in page
    assert "Send 2 requests" in page
    assert nothing_happened(database)
    back = browser.post(FORM, {"change": "true"}).text
    assert "ab12</textarea>" in back
    assert re.search(r'name="manager_posts"[^>]*checked', back)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"nhs_numbers": ""}, "Enter at least one NHS number or research ID"),
        ({"nhs_numbers": "9434765918"}, "is not an NHS number"),
        ({"study": ""}, "Choose a study"),
        ({"study": "999"}, "Choose one of the studies"),
        ({"signatory_name": ""}, "Enter your name"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    browser: Browser,
    database: Database,
    clinician: UserAccount,
    study: Study,
    fields: dict[str, str],
    says: str,
) -> None:
    browser.sign_in_as(clinician)
    browser.get(FORM)
    given = {"study": str(study.id), "nhs_numbers": str(NHS_NUMBER), **NAMED, **fields}
    page = browser.post(FORM, given)
    assert page.status_code == 422
    assert says in page.text
    assert nothing_happened(database)


def test_everything_that_is_missing_is_said_at_once(
    browser: Browser, clinician: UserAccount, study: Study
) -> None:
    browser.sign_in_as(clinician)
    browser.get(FORM)
    page = browser.post(FORM, {"study": "", "nhs_numbers": ""}).text
    assert "Choose a study" in page
    assert "Enter at least one NHS number or research ID" in page


def test_c01_study_that_lacks_something_is_not_offered(
    browser: Browser, database: Database, clinician: UserAccount, study: Study
) -> None:
    change(database, study, approved_locally=False)
    browser.sign_in_as(clinician)
    assert "There is no study yet" in browser.get(FORM).text
    assert send(browser, study, nhs_numbers=str(NHS_NUMBER)).status_code == 422


def test_c50_manager_cannot_post_what_the_clinician_has_to_fill_in(
    browser: Browser, database: Database, clinician: UserAccount
) -> None:
    study = add_study(database, add_lead(database, "lead"), form=True)
    browser.sign_in_as(clinician)
    refused = send(browser, study, nhs_numbers=str(NHS_NUMBER), manager_posts="true")
    assert refused.status_code == 422
    assert "leave this box empty" in refused.text
    browser.get(FORM)
    assert send(browser, study, nhs_numbers=str(NHS_NUMBER)).status_code == 303


@pytest.mark.parametrize(("consultant", "status"), [(False, 422), (True, 303)])
def test_c56_trial_of_a_medicine_is_for_consultants(
    browser: Browser, database: Database, consultant: bool, status: int
) -> None:
    study = add_study(database, add_lead(database, "lead"), clinical_trial=True)
    browser.sign_in_as(add_clinician(database, is_consultant=consultant))
    assert send(browser, study, nhs_numbers=str(NHS_NUMBER)).status_code == status


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"email_verified_at": None}, "nobody has checked whose"),
        ({"email": ""}, "has no e-mail address"),
        ({"email": "no address"}, "is not valid"),
    ],
)
def test_c97_who_has_no_checked_address_cannot_ask(
    browser: Browser, database: Database, study: Study, columns: dict[str, Any], says: str
) -> None:
    browser.sign_in_as(add_clinician(database, **columns))
    page = browser.get(FORM).text
    assert says in page
    assert "<textarea" not in page
    assert send(browser, study, nhs_numbers=str(NHS_NUMBER)).status_code == 422
    assert nothing_happened(database)


def test_c97_who_has_an_address_elsewhere_cannot_ask(
    database: Database, clinician: UserAccount, study: Study
) -> None:
    app = make_application(database, permitted_email_domains=["trust.example.org"])
    with Browser(app) as browser:
        browser.sign_in_as(clinician)
        assert "not in a permitted domain" in browser.get(FORM).text
        assert send(browser, study, nhs_numbers=str(NHS_NUMBER)).status_code == 422


def test_c97_typed_address_counts_for_nothing(
    browser: Browser, database: Database, clinician: UserAccount, study: Study
) -> None:
    browser.sign_in_as(clinician)
    assert 'name="email"' not in browser.get(FORM).text
    sent = send(browser, study, nhs_numbers=str(NHS_NUMBER), email="thief@evil.example")
    assert sent.status_code == 303
    assert requests(database)[0].requested_by_id == clinician.id


@pytest.mark.parametrize("what", ["role", "address"])
def test_c96_c97_what_was_taken_away_while_the_form_was_checked_counts(
    browser: Browser,
    database: Database,
    clinician: UserAccount,
    study: Study,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
) -> None:
    def check_and_change(
        offered: list[OwnOffer], study_id: int, *, manager_posts: bool
    ) -> OwnOffer:
        offer = check_own_choice(offered, study_id, manager_posts=manager_posts)
        if confirming:
            taken: dict[str, object] = (
                {"roles": []} if what == "role" else {"email_verified_at": None}
            )
            change(database, clinician, **taken)
        return offer

    monkeypatch.setattr(asking, "check_own_choice", check_and_change)
    browser.sign_in_as(clinician)
    browser.get(FORM)
    confirming = False
    fields = {"study": str(study.id), "nhs_numbers": str(NHS_NUMBER), **NAMED}
    assert browser.post(FORM, fields).status_code == 200
    confirming = True
    refused = browser.post(FORM, {"confirmed": "true"})
    assert refused.status_code == {"role": 403, "address": 422}[what]
    assert nothing_happened(database)


def test_form_that_is_posted_twice_finds_its_first_result(
    browser: Browser, database: Database, clinician: UserAccount, study: Study
) -> None:
    browser.sign_in_as(clinician)
    first = send(browser, study, nhs_numbers=str(NHS_NUMBER))
    again = browser.post(FORM, {"confirmed": "true"})
    assert again.headers["location"] == first.headers["location"]
    assert len(requests(database)) == 1


def own_request(
    database: Database, study: Study, by: UserAccount, status: Status, **columns: object
) -> ContactRequest:
    values = {"lookup_kind": "nhs_number", "lookup_value": str(NHS_NUMBER), **columns}
    request = add_request(database, study, by, status, direct_approach=False, **values)

    def work(session: WriteSession) -> None:
        session.add(
            OwnPatientRequest(
                contact_request_id=request.id,
                manager_posts=False,
                signatory_name="Dr Clara Whitfield",
                signatory_title="",
            )
        )

    database.write(work)
    return request


@pytest.mark.parametrize(
    ("status", "answer", "name", "happens"),
    [
        (Status.NEW, None, "In progress", "We look the patient up"),
        (Status.FAILED, None, "In progress", "We look the patient up"),
        (Status.STOPPED, None, "Not possible", "is not shown here"),
        (Status.WITH_PATIENT, Answer.A, "With the patient", "Print them"),
        (Status.WITH_PATIENT, Answer.R, "With the patient", "on your behalf"),
        (Status.PATIENT_REFUSED, Answer.A, "Not possible", "do not pass them on"),
        (Status.APPROVED, Answer.A, "The patient agreed", "may now write"),
        (Status.WITHDRAWN, Answer.A, "Withdrawn", "changed their choice"),
    ],
)
def test_clinician_follows_own_requests_without_a_reason_of_the_patients(
    browser: Browser,
    database: Database,
    clinician: UserAccount,
    study: Study,
    status: Status,
    answer: Answer | None,
    name: str,
    happens: str,
) -> None:
    stop = StopCode.CONSENT_RED if status is Status.STOPPED else None
    request = own_request(
        database, study, clinician, status, stop_code=stop, stop_text="The choice is RED."
    )
    if answer:
        ask(database, request, answer=answer)
    browser.sign_in_as(clinician)
    for path in ("/", LIST, f"{LIST}.csv", f"{LIST}/{request.code}"):
        page = browser.get(path)
        assert page.status_code == 200
        assert request.code in page.text
        assert name in page.text
        assert "RED" not in page.text
        assert "Quillfeather" not in page.text
    shown = browser.get(f"{LIST}/{request.code}").text
    assert happens in shown
    assert "943 476 5919" in shown


def test_requests_of_others_are_not_there(
    browser: Browser, database: Database, clinician: UserAccount, study: Study
) -> None:
    other = add_clinician(database, username="other")
    theirs = own_request(database, study, other, Status.WITH_PATIENT)
    # Asked as a researcher: it belongs to other pages.
    researching = add_request(database, study, clinician, Status.NEW)
    browser.sign_in_as(clinician)
    for request in (theirs, researching):
        assert browser.get(f"{LIST}/{request.code}").status_code == 404
        assert request.code not in browser.get(LIST).text
        assert request.code not in browser.get(f"{LIST}.csv").text


def test_list_is_searched_by_code_and_research_id_not_by_nhs_number(
    browser: Browser, database: Database, clinician: UserAccount, study: Study
) -> None:
    first = own_request(database, study, clinician, Status.NEW)
    second = own_request(
        database, study, clinician, Status.NEW, lookup_kind="rid", lookup_value="ab12"
    )
    browser.sign_in_as(clinician)
    for text, found in (
        (first.code.lower(), [first]),
        ("AB12", [second]),
        (str(NHS_NUMBER), []),
        ("", [first, second]),
    ):
        page = browser.get(f"{LIST}?q={text}").text
        for each in (first, second):
            assert (each.code in page) == (each in found), text


def test_rdbm_sees_whose_patient_it_is_and_who_posts_the_papers(
    browser: Browser, database: Database, clinician: UserAccount, study: Study
) -> None:
    request = own_request(database, study, clinician, Status.NEW)
    browser.sign_in_as(add_user(database, "manager", Role.RDBM))
    page = browser.get(f"/rdbm/requests/{request.code}").text
    assert "Clara Example" in page
    assert "passes the papers on" in page
