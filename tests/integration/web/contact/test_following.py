"""Following requests: the list, one request, its letter."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from crate_core.audit import AuditKind
from crate_core.clock import utcnow
from crate_core.contact_requests import change_status
from crate_core.database import Database, WriteSession
from crate_core.domain.consent import ConsentMode
from crate_core.domain.contact import Status, StopCode
from crate_core.domain.roles import Role
from crate_core.models import AuditEvent, ConsentModeRow, ContactRequest, Mail, OwnPatientRequest
from tests.web import Browser, add_user
from tests.web.cast import Cast
from tests.web.clinic import IDENTIFIERS, NHS_NUMBER, add_letter, add_request, ask

HIDDEN = (*IDENTIFIERS, "Whitfield", "clara@example.org", "yellow", "YELLOW", "a reason")


def with_secrets(database: Database, cast: Cast, status: Status) -> ContactRequest:
    """Make a request that knows everything a researcher must not see."""
    request = add_request(
        database,
        cast.s1,
        cast.rdbm,
        status,
        lookup_kind="nhs_number",
        lookup_value=str(NHS_NUMBER),
        stop_code=StopCode.DEAD if status is Status.STOPPED else None,
        stop_text="a reason",
    )
    ask(database, request)

    def work(session: WriteSession) -> None:
        mode = ConsentModeRow(
            nhs_number=NHS_NUMBER,
            mode=ConsentMode.YELLOW,
            source="test",
            decided_at=utcnow(),
            created_at=utcnow(),
        )
        session.add(mode)
        session.flush()
        session.get_one(ContactRequest, request.id).consent_mode_id = mode.id

    database.write(work)
    return request


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.NEW, "In progress"),
        (Status.WITH_CLINICIAN, "In progress"),
        (Status.CLINICIAN_MAIL_FAILED, "In progress"),
        (Status.WITH_PATIENT, "In progress"),
        (Status.FAILED, "In progress"),
        (Status.STOPPED, "Not possible"),
        (Status.CLINICIAN_REFUSED, "Not possible"),
        (Status.PATIENT_REFUSED, "Not possible"),
        (Status.EXPIRED, "Not possible"),
        (Status.CANCELLED, "Not possible"),
        (Status.APPROVED, "Approved"),
        (Status.WITHDRAWN, "Withdrawn"),
    ],
)
def test_c103_researcher_sees_a_coarse_state_and_no_identity(
    browser: Browser, database: Database, cast: Cast, status: Status, words: str
) -> None:
    request = with_secrets(database, cast, status)
    browser.sign_in_as(cast.lead)
    for path in (
        "/",
        "/contact/requests",
        "/contact/requests.csv",
        f"/contact/requests/{request.code}",
    ):
        page = browser.get(path)
        assert page.status_code == 200
        assert words.lower() in page.text.lower()
        for secret in HIDDEN:
            assert secret not in page.text, (path, secret)


def test_c10_unknown_rid_shows_as_not_found_to_who_sent_it(
    browser: Browser, database: Database, cast: Cast
) -> None:
    request = add_request(
        database,
        cast.s1,
        cast.lead,
        Status.STOPPED,
        lookup_value="zzz",
        stop_code=StopCode.IDENTIFIER_NOT_FOUND,
    )
    browser.sign_in_as(cast.lead)
    page = browser.get(f"/contact/requests/{request.code}").text
    assert "Not found" in page
    assert "zzz" in page
    assert request.code in browser.get("/contact/requests?status=not+found").text
    assert request.code not in browser.get("/contact/requests?status=not+possible").text


def test_request_of_another_study_is_not_there(
    browser: Browser, database: Database, cast: Cast
) -> None:
    request = with_secrets(database, cast, Status.APPROVED)
    browser.sign_in_as(cast.other)
    assert browser.get(f"/contact/requests/{request.code}").status_code == 404
    assert request.code not in browser.get("/contact/requests").text


@pytest.mark.parametrize("who", ["lead", "member"])
def test_c104_letter_and_mail_are_open_to_the_studys_researchers_and_audited(
    browser: Browser, database: Database, cast: Cast, who: str
) -> None:
    request = with_secrets(database, cast, Status.APPROVED)
    letter = add_letter(database, request, "approval")
    mail = add_mail(database, request)
    browser.sign_in_as(getattr(cast, who))
    page = browser.get(f"/contact/requests/{request.code}").text
    path = f"/contact/requests/{request.code}/letters/{letter.id}.pdf"
    assert path in page
    assert "Rules for writing to the patient" in page
    opened = browser.get(path)
    assert opened.content.startswith(b"%PDF")
    assert opened.headers["cache-control"] == "no-store"
    assert "Dear Dr Lead" in browser.get(f"/contact/requests/{request.code}/mails/{mail}").text
    with database.read() as session:
        kind = AuditEvent.kind == AuditKind.LETTER_OPENED
        events = session.scalars(select(AuditEvent).where(kind)).all()
    assert [event.actor for event in events] == [who, who]
    assert all(event.detail["patient"] for event in events)
    assert str(NHS_NUMBER) not in str([event.detail for event in events])


def test_c104_letter_is_refused_to_a_researcher_of_another_study(
    browser: Browser, database: Database, cast: Cast
) -> None:
    request = with_secrets(database, cast, Status.APPROVED)
    letter = add_letter(database, request, "approval")
    browser.sign_in_as(cast.other)
    path = f"/contact/requests/{request.code}/letters/{letter.id}.pdf"
    assert browser.get(path).status_code == 403
    assert browser.get(f"/contact/requests/NOSUCHCODE/letters/{letter.id}.pdf").status_code == 404
    with database.read() as session:
        kind = AuditEvent.kind == AuditKind.LETTER_OPENED
        assert session.scalars(select(AuditEvent).where(kind)).all() == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (Status.WITHDRAWN, "approval"),
        (Status.WITH_PATIENT, "pack"),
        (Status.APPROVED, "pack"),
        (Status.APPROVED, "withdrawal"),
    ],
)
def test_no_other_letter_of_the_request_can_be_opened(
    browser: Browser, database: Database, cast: Cast, status: Status, kind: str
) -> None:
    request = with_secrets(database, cast, status)
    letter = add_letter(database, request, kind, "patient" if kind == "pack" else "researcher")
    browser.sign_in_as(cast.lead)
    path = f"/contact/requests/{request.code}/letters/{letter.id}.pdf"
    assert browser.get(path).status_code == 404


def test_list_is_searched_filtered_sorted_and_paged_by_link(
    browser: Browser, database: Database, cast: Cast
) -> None:
    first = add_request(database, cast.s1, cast.lead, Status.NEW, lookup_value="ab12")
    second = add_request(database, cast.s4, cast.lead, Status.APPROVED)
    of_member = add_request(database, cast.s1, cast.member, Status.NEW, lookup_value="cd34")
    browser.sign_in_as(cast.lead)

    def shows(query: str) -> set[str]:
        page = browser.get(f"/contact/requests?{query}").text
        return {each.code for each in (first, second, of_member) if each.code in page}

    assert shows("") == {first.code, second.code, of_member.code}
    assert shows("q=ab12") == {first.code}
    assert shows("q=cd34") == set(), "somebody else's RID is not to be guessed"
    assert shows(f"q={second.code.replace('-', '').lower()}") == {second.code}
    assert shows("status=approved") == {second.code}
    assert shows("status=nonsense") == set()
    assert shows("study=4") == {second.code}
    for sort in ("submitted", "-submitted", "study", "-study", "code", "-code"):
        assert shows(f"sort={sort}&page=1") == {first.code, second.code, of_member.code}
    assert shows("page=2") == set()


@pytest.mark.parametrize("role", ["lead", "rdbm"])
def test_empty_list_says_what_fills_it(
    browser: Browser, database: Database, cast: Cast, role: str
) -> None:
    browser.sign_in_as(getattr(cast, role))
    assert "There is no request yet" in browser.get("/contact/requests").text


def add_mail(database: Database, request: ContactRequest) -> int:
    def work(session: WriteSession) -> int:
        now = utcnow()
        mail = Mail(
            effect_key=f"approval:{request.id}",
            kind="approval",
            message_id=f"<{request.id}@example.org>",
            recipient="lead@example.org",
            subject="Approved",
            text="Dear Dr Lead, <you> may write.",
            html="",
            carries_identity=True,
            contact_request_id=request.id,
            changed_at=now,
            queued_at=now,
        )
        session.add(mail)
        session.flush()
        return mail.id

    return database.write(work)


def test_c103_researchers_learn_the_day_of_a_decision_and_not_the_minute(
    browser: Browser, database: Database, cast: Cast
) -> None:
    decided = datetime(2026, 5, 3, 11, 27, tzinfo=UTC)
    request = add_request(
        database, cast.s1, cast.lead, Status.STOPPED, changed_at=decided, news_at=decided
    )
    browser.sign_in_as(cast.lead)
    page = browser.get(f"/contact/requests/{request.code}").text
    assert re.search(r"Decided</dt>\s*<dd[^>]*>3 May 2026</dd>", page)
    assert "3 May 2026, " not in page


def test_c103_clinician_who_asked_about_an_own_patient_is_not_named_to_researchers(
    browser: Browser, database: Database, cast: Cast
) -> None:
    clinician = add_user(database, "clara", Role.CLINICIAN)
    request = add_request(database, cast.s1, clinician, Status.APPROVED)
    database.write(
        lambda session: session.add(
            OwnPatientRequest(
                contact_request_id=request.id,
                manager_posts=True,
                signatory_name="Dr Clara Whitfield",
                signatory_title="",
            )
        )
    )
    paths = ("/contact/requests", "/contact/requests.csv", f"/contact/requests/{request.code}")
    browser.sign_in_as(cast.lead)
    for path in paths:
        text = browser.get(path).text
        assert "the patient" in text
        assert "Clara" not in text
    browser.sign_in_as(cast.rdbm)
    for path in paths:
        assert "Clara Example" in browser.get(path).text


def test_home_marks_requests_that_moved_since_the_last_visit(
    database: Database, cast: Cast, browser: Browser
) -> None:
    approved = add_request(database, cast.s1, cast.lead, Status.WITH_PATIENT)
    unmoved = add_request(database, cast.s1, cast.lead, Status.WITH_CLINICIAN)
    browser.sign_in_as(cast.lead)
    assert "Since your last visit" not in browser.get("/").text

    move(database, approved, Status.APPROVED)
    move(database, unmoved, Status.WITH_PATIENT)
    browser.sign_in_as(cast.lead)

    lines = browser.get("/").text.partition("Requests that moved last")[2].split("<li>")[1:3]
    assert approved.code in lines[0]
    assert "Since your last visit" in lines[0]
    assert unmoved.code in lines[1]
    assert "Since your last visit" not in lines[1]


def test_c103_a_step_that_researchers_do_not_see_leaves_no_moment(
    database: Database, cast: Cast
) -> None:
    request = add_request(database, cast.s1, cast.lead, Status.WITH_CLINICIAN)
    before = request.news_at
    move(database, request, Status.WITH_PATIENT)
    with database.read() as session:
        assert session.get_one(ContactRequest, request.id).news_at == before
    move(database, request, Status.PATIENT_REFUSED)
    with database.read() as session:
        assert session.get_one(ContactRequest, request.id).news_at > before


def move(database: Database, request: ContactRequest, status: Status) -> None:
    """Have a request reach another status."""
    database.write(
        lambda session: change_status(
            session, session.get_one(ContactRequest, request.id), status, actor="test"
        )
    )
