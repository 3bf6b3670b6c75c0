"""Replies on paper: what is possible, and that one is entered once."""

import httpx
import pytest
from sqlalchemy import select

from crate_core.domain.contact import Answer, Status
from crate_core.models import AuditEvent, Document, Job, PatientResponse
from tests.integration.consent.world import World
from tests.pdfs import one_page_pdf
from tests.web import Browser

REPLY: dict[str, str | list[str]] = {
    "agreed": "yes",
    "boxes": ["patient_signed"],
    "signed_name": "Pat Example",
    "signed_on": "2026-01-05",
}
IMPOSSIBLE = [["representative_signed"], ["parent_signed"], ["child_clinician_signed"], []]
POSSIBLE = [
    ["parent_signed", "child_clinician_signed"],
    ["patient_signed"],
    ["patient_authorised"],
    ["representative_signed", "capacity_clinician_signed"],
]


@pytest.fixture
def code(world: World) -> str:
    """Code of a request whose patient is being asked."""
    world.leaflet()
    request_id = world.submit(world.study(), world.patient())
    world.run_jobs()
    world.answer(request_id, Answer.R)
    world.run_jobs()
    found: str = world.request(request_id).code
    return found


def reply_of(world: World) -> PatientResponse:
    with world.database.read() as session:
        return session.scalars(select(PatientResponse)).one()


def enter(browser: Browser, code: str, **changes: str | list[str]) -> httpx.Response:
    browser.get(f"/rdbm/replies/{code}")
    return browser.post(f"/rdbm/replies/{code}", {**REPLY, "confirmed": "true", **changes})


def test_c64_c66_yes_is_recorded_and_approved(browser: Browser, world: World, code: str) -> None:
    browser.get(f"/rdbm/replies/{code}")
    check = browser.post(f"/rdbm/replies/{code}", REPLY)
    assert check.status_code == 200
    assert "A reply cannot be changed once it is recorded" in check.text
    assert reply_of(world).agreed is None
    done = browser.post(f"/rdbm/replies/{code}", {"confirmed": "true"})
    assert "The reply is recorded" in browser.follow(done).text
    stored = reply_of(world)
    assert stored.agreed is True
    assert stored.patient_signed is True
    assert stored.signed_name == "Pat Example"
    world.run_jobs()
    assert world.request(1).status == Status.APPROVED
    (mail,) = world.mails("approval")
    assert len(mail.attachments) == 1
    assert len(world.letters("approval")) == 1


def test_c65_no_sends_nothing(browser: Browser, world: World, code: str) -> None:
    before = len(world.mails())
    assert enter(browser, code, agreed="no").status_code == 303
    world.run_jobs()
    assert world.request(1).status == Status.PATIENT_REFUSED
    assert len(world.mails()) == before


@pytest.mark.parametrize("boxes", IMPOSSIBLE)
def test_c67_an_impossible_decision_is_explained(
    browser: Browser, world: World, code: str, boxes: list[str]
) -> None:
    answer = enter(browser, code, boxes=boxes)
    assert answer.status_code == 422
    assert "also needs" in answer.text or "tick at least one box" in answer.text
    assert 'value="Pat Example"' in answer.text
    assert reply_of(world).agreed is None


@pytest.mark.parametrize("boxes", POSSIBLE)
def test_c67_a_possible_decision_is_accepted(
    browser: Browser, world: World, code: str, boxes: list[str]
) -> None:
    assert enter(browser, code, boxes=boxes).status_code == 303
    assert reply_of(world).decision.is_valid


def test_c68_a_reply_is_never_changed_and_leaves_the_list(
    browser: Browser, world: World, code: str
) -> None:
    assert code in browser.get("/rdbm/replies").text
    enter(browser, code)
    first = reply_of(world)
    assert code not in browser.get("/rdbm/replies").text
    second = enter(browser, code, agreed="no")
    assert "Nothing was changed" in browser.follow(second).text
    assert reply_of(world).agreed is True
    assert reply_of(world).recorded_at == first.recorded_at
    with world.database.read() as session:
        jobs = session.scalars(
            select(Job).where(Job.task == "consent.process_patient_response")
        ).all()
        events = session.scalars(
            select(AuditEvent).where(AuditEvent.kind == "patient_reply_recorded")
        ).all()
    assert len(jobs) == 1
    assert len(events) == 1


def test_a_signature_in_the_future_is_refused(browser: Browser, world: World, code: str) -> None:
    assert "cannot be in the future" in enter(browser, code, signed_on="2999-01-01").text
    assert reply_of(world).agreed is None


def test_the_scan_is_kept_and_what_is_no_pdf_is_refused(
    browser: Browser, world: World, code: str
) -> None:
    browser.get(f"/rdbm/replies/{code}")
    page = f"/rdbm/replies/{code}"
    data: dict[str, str | list[str]] = {**REPLY, "confirmed": "true"}
    refused = browser.post(page, data, files={"scan": ("a.pdf", b"hello", "application/pdf")})
    assert refused.status_code == 422
    assert "not a PDF" in refused.text
    assert reply_of(world).agreed is None
    scan = one_page_pdf("signed")
    done = browser.post(page, data, files={"scan": ("a.pdf", scan, "application/pdf")})
    assert "Scan of the form" in browser.follow(done).text
    assert browser.get(f"{page}/scan.pdf").content == scan
    with world.database.read() as session:
        document = session.get_one(Document, reply_of(world).scan_document_id)
    assert document.size == len(scan)


def test_a_reply_is_found_by_its_code(browser: Browser, code: str) -> None:
    found = browser.get(f"/rdbm/replies?q={code.lower()}")
    assert found.status_code == 303
    assert found.headers["location"] == f"/rdbm/replies/{code}"
    assert "is not a request code" in browser.get("/rdbm/replies?q=nonsense").text
