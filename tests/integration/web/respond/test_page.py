"""The clinician's page, on each database engine."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import func, select

from crate_core.audit import AuditKind
from crate_core.clock import utcnow
from crate_core.database import Database
from crate_core.domain.contact import Answer, Status
from crate_core.jobs import Task
from crate_core.models import (
    AuditEvent,
    ClinicianLink,
    ClinicianResponse,
    ContactRequest,
    Job,
    Study,
)
from tests.web import Browser, make_application
from tests.web.clinic import (
    IDENTIFIERS,
    NHS_NUMBER,
    add_lead,
    add_letter,
    add_request,
    add_study,
    ask,
)


@pytest.fixture
def browser(database: Database) -> Iterator[Browser]:
    with Browser(make_application(database)) as browser:
        yield browser


@pytest.fixture
def study(database: Database) -> Study:
    return add_study(database, add_lead(database, "lead"))


@pytest.fixture
def asked(database: Database, study: Study) -> ContactRequest:
    return add_request(database, study, study.lead_researcher, Status.WITH_CLINICIAN)


def response_of(database: Database) -> ClinicianResponse:
    with database.read() as session:
        return session.scalars(select(ClinicianResponse)).one()


def jobs(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Job.task)))


def audited(database: Database, kind: AuditKind) -> list[AuditEvent]:
    with database.read() as session:
        return list(session.scalars(select(AuditEvent).where(AuditEvent.kind == kind)))


def names_nobody(text: str) -> bool:
    return not any(identifier in text for identifier in IDENTIFIERS)


def give(browser: Browser, token: str, **answer: str) -> None:
    """Answer as a person does: page, check page, confirmation."""
    browser.get(f"/respond/{token}")
    checked = browser.post(f"/respond/{token}", answer)
    assert checked.status_code == 200, checked.text
    recorded = browser.post(f"/respond/{token}", {"confirmed": "true"})
    assert recorded.headers["location"].endswith(f"/respond/{token}")


def test_page_shows_patient_study_and_answers(
    browser: Browser, database: Database, asked: ContactRequest
) -> None:
    token = ask(database, asked)
    page = browser.get(f"/respond/{token}")
    assert page.status_code == 200
    for shown in ("Mrs Penelope Quillfeather", "943 476 5919", "Sleep study 1", asked.code):
        assert shown in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    event = audited(database, AuditKind.CLINICIAN_PAGE_OPENED)[0]
    assert event.subject == f"request:{asked.code}"
    assert str(NHS_NUMBER) not in str(event.detail)


def test_c42_wrong_token_is_refused_without_patient_data(
    browser: Browser, database: Database, asked: ContactRequest
) -> None:
    token = ask(database, asked)
    for wrong in ("x" * 43, token[:-1], f"{token}x", token.swapcase()):
        page = browser.get(f"/respond/{wrong}")
        assert page.status_code == 403
        assert names_nobody(page.text)
        assert "If you need help, ask Alex Example: telephone" in page.text
        assert ">This link does not work</h1>" in page.text
        assert "Go to your home page" not in page.text
        assert browser.get(f"/respond/{wrong}/pack.pdf").status_code == 403
    assert audited(database, AuditKind.CLINICIAN_PAGE_OPENED) == []


def test_c43_missing_token_is_not_found_and_head_changes_nothing(
    browser: Browser, database: Database, asked: ContactRequest
) -> None:
    token = ask(database, asked)
    assert browser.get("/respond/").status_code == 404
    assert browser.get("/respond").status_code == 404
    assert browser.request("HEAD", f"/respond/{token}?choice=yes").status_code == 200
    assert response_of(database).answered_at is None
    assert audited(database, AuditKind.CLINICIAN_PAGE_OPENED) == []


def test_c44_ten_gets_decide_nothing_and_a_confirmed_post_does(
    browser: Browser, database: Database, asked: ContactRequest
) -> None:
    token = ask(database, asked)
    for _ in range(10):
        page = browser.get(f"/respond/{token}?choice=yes")
        assert 'value="R" checked' in page.text
    assert response_of(database).answered_at is None
    browser.post(f"/respond/{token}", {"answer": "R", "name": "Clara Whitfield"})
    assert response_of(database).answered_at is None
    browser.post(f"/respond/{token}", {"confirmed": "true"})
    response = response_of(database)
    assert (response.answer, response.signed_name) == ("R", "Clara Whitfield")
    assert jobs(database) == [Task.PROCESS_CLINICIAN_RESPONSE]
    assert len(audited(database, AuditKind.CLINICIAN_ANSWERED)) == 1


@pytest.mark.parametrize(("choice", "selected"), [("no", "B"), ("more", None), ("R", None)])
def test_c40_the_mails_buttons_only_choose(
    browser: Browser, database: Database, asked: ContactRequest, choice: str, selected: str | None
) -> None:
    page = browser.get(f"/respond/{ask(database, asked)}?choice={choice}").text
    assert (" checked" in page) == (selected is not None)
    if selected:
        assert f'value="{selected}" checked' in page


def test_c45_expired_link_gives_410_and_no_patient_data(
    browser: Browser, database: Database, asked: ContactRequest
) -> None:
    token = ask(database, asked, asked_at=utcnow() - timedelta(days=57))
    page = browser.get(f"/respond/{token}")
    assert page.status_code == 410
    assert names_nobody(page.text)
    assert "01632 960000" in page.text
    browser.get("/login")
    posted = browser.post(f"/respond/{token}", {"answer": "R", "name": "C", "confirmed": "true"})
    assert posted.status_code == 303
    assert response_of(database).answered_at is None


def test_c45_replaced_link_is_refused_and_the_new_one_works(
    browser: Browser, database: Database, asked: ContactRequest
) -> None:
    token = ask(database, asked)
    with database.read() as session:
        link = session.scalars(select(ClinicianLink)).one()
    database.write(lambda session: setattr(session.merge(link), "revoked_at", utcnow()))
    assert browser.get(f"/respond/{token}").status_code == 403


@pytest.mark.parametrize("direct", [True, False])
def test_c49_c_is_always_offered(
    browser: Browser, database: Database, study: Study, direct: bool
) -> None:
    asked = add_request(
        database, study, study.lead_researcher, Status.WITH_CLINICIAN, direct_approach=direct
    )
    page = browser.get(f"/respond/{ask(database, asked)}").text
    for answer in Answer:
        assert f'value="{answer}"' in page


def test_c50_r_is_neither_offered_nor_accepted_with_an_extra_form(
    browser: Browser, database: Database
) -> None:
    study = add_study(database, add_lead(database, "lead4"), 4, form=True)
    asked = add_request(
        database, study, study.lead_researcher, Status.WITH_CLINICIAN, direct_approach=False
    )
    token = ask(database, asked)
    page = browser.get(f"/respond/{token}?choice=yes").text
    assert 'value="R"' not in page
    assert "/studies/4/form.pdf" in page
    for confirmed in ("", "true"):
        again = browser.post(
            f"/respond/{token}", {"answer": "R", "name": "Clara", "confirmed": confirmed}
        )
        assert again.status_code == 422
    assert response_of(database).answered_at is None


@pytest.mark.parametrize(
    ("row", "posted", "field"),
    [
        ("c51", {"answer": "B", "reason_b": "too ill"}, "name"),
        ("c52", {"answer": "B", "name": "Clara", "reason_c": "not this one"}, "reason_b"),
        ("none chosen", {"name": "Clara"}, "answer"),
    ],
)
def test_c51_c52_name_and_reason_of_a_veto_are_required(
    browser: Browser,
    database: Database,
    asked: ContactRequest,
    row: str,
    posted: dict[str, str],
    field: str,
) -> None:
    token = ask(database, asked)
    browser.get(f"/respond/{token}")
    page = browser.post(f"/respond/{token}", posted | {"confirmed": "true"})
    assert page.status_code == 422
    assert f'href="#{field}"' in page.text
    assert response_of(database).answered_at is None


def test_what_is_missing_is_listed_in_the_order_of_the_page(
    browser: Browser, database: Database, asked: ContactRequest
) -> None:
    token = ask(database, asked)
    browser.get(f"/respond/{token}")
    page = browser.post(f"/respond/{token}", {"answer": "B"}).text
    assert re.findall(r'href="#(reason_b|name)"', page) == ["reason_b", "name"]


@pytest.mark.parametrize("answer", ["C", "D"])
def test_c52_c_and_d_need_no_reason(
    browser: Browser, database: Database, asked: ContactRequest, answer: str
) -> None:
    give(browser, ask(database, asked), answer=answer, name="Clara")
    assert response_of(database).answer == answer


def test_reason_is_kept_as_typed_through_check_change_and_confirmation(
    browser: Browser, database: Database, asked: ContactRequest
) -> None:
    token = ask(database, asked)
    typed = 'Too ill.\r\n  <b>"Later"</b> perhaps'
    browser.get(f"/respond/{token}")
    browser.post(f"/respond/{token}", {"answer": "B", "reason_b": typed, "name": "Clara"})
    changed = browser.post(f"/respond/{token}", {"change": "true"})
    assert changed.status_code == 200
    assert "<b>" not in changed.text
    give(browser, token, answer="B", reason_b=typed, name="Clara")
    assert response_of(database).reason == typed


def test_c53_second_answer_changes_nothing(
    browser: Browser, database: Database, asked: ContactRequest
) -> None:
    token = ask(database, asked, answer=Answer.B)
    browser.get("/login")
    again = browser.post(f"/respond/{token}", {"answer": "R", "name": "X", "confirmed": "true"})
    assert "You answered B on 3 May 2026" in browser.follow(again).text
    assert response_of(database).answer == "B"
    assert jobs(database) == []


def _answers_measured() -> tuple[float, float]:
    values = (
        REGISTRY.get_sample_value(f"crate_clinician_answer_seconds_{part}")
        for part in ("count", "sum")
    )
    count, seconds = (value or 0.0 for value in values)
    return count, seconds


def test_c134_time_to_an_answer_is_measured_once(
    browser: Browser, database: Database, asked: ContactRequest
) -> None:
    token = ask(database, asked, asked_at=utcnow() - timedelta(days=2))
    count, seconds = _answers_measured()
    give(browser, token, answer="C", name="Clara Whitfield")
    browser.get(f"/respond/{token}")
    browser.post(f"/respond/{token}", {"answer": "R", "name": "X", "confirmed": "true"})
    measured, total = _answers_measured()
    assert measured - count == 1
    assert timedelta(seconds=total - seconds).days == 2


def test_c54_no_patient_data_after_answering(
    browser: Browser, database: Database, asked: ContactRequest
) -> None:
    page = browser.get(f"/respond/{ask(database, asked, answer=Answer.B)}")
    assert page.status_code == 200
    assert names_nobody(page.text)


def test_c56_trial_of_a_medicine_needs_the_consultant(browser: Browser, database: Database) -> None:
    study = add_study(database, add_lead(database, "lead5"), 5, clinical_trial=True)
    asked = add_request(database, study, study.lead_researcher, Status.WITH_CLINICIAN)
    token = ask(database, asked)
    browser.get(f"/respond/{token}")
    page = browser.post(f"/respond/{token}", {"answer": "A", "name": "C", "confirmed": "true"})
    assert page.status_code == 422
    assert "Only the patient&#39;s consultant" in page.text
    assert response_of(database).answered_at is None


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.STOPPED])
def test_request_that_ended_takes_no_answer(
    browser: Browser, database: Database, study: Study, status: Status
) -> None:
    ended = add_request(database, study, study.lead_researcher, status)
    page = browser.get(f"/respond/{ask(database, ended)}")
    assert page.status_code == 410
    assert "This request has ended" in page.text
    assert names_nobody(page.text)


def test_c47_pack_is_shown_once_it_is_made(
    browser: Browser, database: Database, study: Study
) -> None:
    asked = add_request(database, study, study.lead_researcher, Status.WITH_CLINICIAN)
    token = ask(database, asked)
    give(browser, token, answer="A", name="Clara")
    waiting = browser.get(f"/respond/{token}").text
    assert "The papers are being made" in waiting
    assert 'http-equiv="refresh"' in waiting
    assert browser.get(f"/respond/{token}/pack.pdf").status_code == 404
    add_letter(database, asked, "pack", "patient")
    assert f"/respond/{token}/pack.pdf" in browser.get(f"/respond/{token}").text
    pack = browser.get(f"/respond/{token}/pack.pdf")
    assert pack.content.startswith(b"%PDF")
    assert pack.headers["cache-control"] == "no-store"
    assert len(audited(database, AuditKind.PACK_OPENED)) == 1


@pytest.mark.parametrize(
    ("status", "answer"), [(Status.STOPPED, Answer.A), (Status.WITH_CLINICIAN, None)]
)
def test_pack_is_closed_when_it_is_not_wanted(
    browser: Browser, database: Database, study: Study, status: Status, answer: Answer | None
) -> None:
    asked = add_request(database, study, study.lead_researcher, status)
    add_letter(database, asked, "pack", "patient")
    token = ask(database, asked, answer=answer)
    assert browser.get(f"/respond/{token}/pack.pdf").status_code == 410
    assert audited(database, AuditKind.PACK_OPENED) == []


def test_done_page_thanks_and_names_the_charity(
    browser: Browser, database: Database, asked: ContactRequest
) -> None:
    token = ask(database, asked)
    give(browser, token, answer="C", name="Clara")
    assert "a donation to a charity for patients" in browser.get(f"/respond/{token}").text


def test_post_without_the_forms_token_is_refused(
    browser: Browser, database: Database, asked: ContactRequest
) -> None:
    token = ask(database, asked)
    posted = browser.request(
        "POST", f"/respond/{token}", data={"answer": "R", "name": "C", "confirmed": "true"}
    )
    assert posted.status_code == 403
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 0


@pytest.mark.parametrize(
    ("summary", "shown"),
    [
        ("a<b\n\nc", "<p>a&lt;b</p><p>c</p>"),
        ("one & only", '<div class="nhsuk-body">one &amp; only</div>'),
        ("1\n2\n3\n4\n5\n6", "<p>4</p><p>5</p></div>"),
    ],
)
def test_c137_summary_of_the_study_is_shown_as_safe_paragraphs(
    database: Database, browser: Browser, summary: str, shown: str
) -> None:
    study = add_study(database, add_lead(database, "lead"), summary=summary)
    request = add_request(database, study, study.lead_researcher, Status.WITH_CLINICIAN)
    assert shown in browser.get(f"/respond/{ask(database, request)}").text
