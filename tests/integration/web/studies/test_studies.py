"""Studies: whose they are, who changes them, and their papers."""

from collections.abc import Iterator
from io import BytesIO

import pikepdf
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from crate_core.audit import AuditKind
from crate_core.database import Database, WriteSession
from crate_core.domain.roles import Role
from crate_core.models import AuditEvent, Document, Leaflet, Study, UserAccount
from crate_web.documents import remove_if_unused
from crate_web.studies.forms import FLAGS
from tests.pdfs import one_page_pdf
from tests.web import Browser, add_user, make_application
from tests.web.clinic import add_lead, add_study, document

PDF = "application/pdf"
LIMIT = 20_000


@pytest.fixture
def lead(database: Database) -> UserAccount:
    return add_lead(database, "lead")


@pytest.fixture
def rdbm(database: Database) -> UserAccount:
    return add_user(database, "manager", Role.RDBM)


@pytest.fixture
def browser(database: Database) -> Iterator[Browser]:
    with Browser(make_application(database, max_upload_bytes=LIMIT)) as browser:
        yield browser


def fields(lead: UserAccount, **changes: str) -> dict[str, str | list[str]]:
    return {
        "institutional_id": "7",
        "title": "Joint pain",
        "lead_researcher": str(lead.id),
        "summary": "About joints.",
        **dict.fromkeys(FLAGS, "yes"),
        **changes,
    }


def upload(content: bytes, name: str = "details.pdf") -> tuple[str, bytes, str]:
    return (name, content, PDF)


def studies(database: Database) -> list[Study]:
    with database.read() as session:
        return list(session.scalars(select(Study)))


def count_documents(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Document)) or 0


def changes(database: Database) -> list[AuditEvent]:
    with database.read() as session:
        kind = AuditEvent.kind == AuditKind.STUDY_CHANGED
        return list(session.scalars(select(AuditEvent).where(kind).order_by(AuditEvent.id)))


def test_c02_researcher_sees_own_studies_only(
    browser: Browser, database: Database, lead: UserAccount
) -> None:
    add_study(database, lead, 1)
    add_study(database, add_lead(database, "other"), 2)
    browser.sign_in_as(lead)
    listed = browser.get("/studies").text
    assert "Sleep study 1" in listed
    assert "Sleep study 2" not in listed
    assert "Sleep study 2" not in browser.get("/studies.csv").text
    assert browser.get("/studies/1").status_code == 200
    assert browser.get("/studies/2").status_code == 404


@pytest.mark.parametrize("path", ["", "/edit", "/details.pdf", "/form.pdf"])
def test_a_number_that_no_study_can_have_is_not_there(
    browser: Browser, rdbm: UserAccount, path: str
) -> None:
    browser.sign_in_as(rdbm)
    assert browser.get(f"/studies/{2**63}{path}").status_code == 404


def test_c118_researcher_may_not_change_studies(
    browser: Browser, database: Database, lead: UserAccount
) -> None:
    add_study(database, lead, 1)
    browser.sign_in_as(lead)
    for path in ("/studies/new", "/studies/1/edit"):
        assert browser.get(path).status_code == 403
        assert browser.post(path, {"title": "x"}).status_code == 403


def test_rdbm_adds_a_study_once_and_it_is_audited(
    browser: Browser, database: Database, lead: UserAccount, rdbm: UserAccount
) -> None:
    browser.sign_in_as(rdbm)
    browser.get("/studies/new")
    twice = [
        browser.post(
            "/studies/new",
            fields(lead, local_approval_on="2026-05-03"),
            files={"details_pdf": upload(one_page_pdf())},
        )
        for _ in range(2)
    ]
    for added in twice:
        assert added.headers["location"].endswith("/studies/7")
    page = browser.follow(twice[0]).text
    assert "Joint pain" in page
    assert "3 May 2026" in page
    assert "Patients cannot be asked" not in page
    study = studies(database)[0]
    assert study.details_document_id is not None
    assert [event.detail["created"] for event in changes(database)] == [True]
    assert count_documents(database) == 1


@pytest.mark.parametrize("missing", ["institutional_id", "title", "lead_researcher", *FLAGS])
def test_every_question_must_be_answered(
    browser: Browser, database: Database, lead: UserAccount, rdbm: UserAccount, missing: str
) -> None:
    browser.sign_in_as(rdbm)
    browser.get("/studies/new")
    page = browser.post("/studies/new", fields(lead, **{missing: ""}))
    assert page.status_code == 422
    assert f'href="#{missing}"' in page.text
    assert "Choose yes or no" not in page.text  # eight of them would not say which
    assert studies(database) == []


def test_number_of_another_study_is_refused(
    browser: Browser, database: Database, lead: UserAccount, rdbm: UserAccount
) -> None:
    add_study(database, lead, 7)
    add_study(database, lead, 8)
    browser.sign_in_as(rdbm)
    browser.get("/studies/new")
    for path in ("/studies/new", "/studies/8/edit"):
        page = browser.post(path, fields(lead))
        assert page.status_code == 422
        assert "Another study has this number" in page.text
        assert 'value="Joint pain"' in page.text


def test_lead_must_be_somebody_from_the_list(
    browser: Browser, database: Database, lead: UserAccount, rdbm: UserAccount
) -> None:
    browser.sign_in_as(rdbm)
    browser.get("/studies/new")
    page = browser.post("/studies/new", fields(lead, lead_researcher=str(rdbm.id)))
    assert page.status_code == 422
    assert studies(database) == []


def pdf_with_padding(letters: int) -> bytes:
    out = BytesIO()
    with pikepdf.open(BytesIO(one_page_pdf())) as pdf:
        pdf.Root.Padding = pdf.make_stream(b"x" * letters)
        pdf.save(out, compress_streams=False)
    return out.getvalue()


def pdf_of_size(size: int) -> bytes:
    """Return a valid PDF of exactly `size` bytes."""
    letters = size * 3 // 4
    pdf = pdf_with_padding(letters + size - len(pdf_with_padding(letters)))
    assert len(pdf) == size
    return pdf


@pytest.mark.parametrize(
    ("content", "name", "status"),
    [
        (pdf_of_size(LIMIT), "exactly.pdf", 303),
        (pdf_of_size(LIMIT + 1), "larger.pdf", 422),
        (b"PK\x03\x04 a word document", "details.docx", 422),
        (b"just a text", "details.pdf", 422),
        (b"", "empty.pdf", 422),
    ],
)
def test_c122_uploads_are_checked_by_content_and_size(
    browser: Browser,
    database: Database,
    lead: UserAccount,
    rdbm: UserAccount,
    content: bytes,
    name: str,
    status: int,
) -> None:
    browser.sign_in_as(rdbm)
    browser.get("/studies/new")
    sent = browser.post("/studies/new", fields(lead), files={"details_pdf": upload(content, name)})
    assert sent.status_code == status, sent.text
    assert count_documents(database) == (status == 303)
    if status == 422:
        assert 'href="#details_pdf"' in sent.text
        assert 'value="Joint pain"' in sent.text


def test_a_save_that_met_a_deadlock_is_made_again_with_its_pdf(
    browser: Browser,
    database: Database,
    lead: UserAccount,
    rdbm: UserAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deadlocks = [OperationalError("UPDATE", {}, Exception(1213))]

    def remove(session: WriteSession, document_id: int) -> bool:
        if deadlocks:
            raise deadlocks.pop()
        return remove_if_unused(session, document_id)

    monkeypatch.setattr("crate_web.studies.saving.remove_if_unused", remove)
    add_study(database, lead, 7)
    browser.sign_in_as(rdbm)
    browser.get("/studies/7/edit")
    content = one_page_pdf("New")
    saved = browser.post("/studies/7/edit", fields(lead), files={"details_pdf": upload(content)})
    assert saved.status_code == 303
    assert deadlocks == []
    assert browser.get("/studies/7/details.pdf").content == content
    assert count_documents(database) == 1


def test_c123_replaced_pdf_goes_and_one_that_is_used_elsewhere_stays(
    browser: Browser, database: Database, lead: UserAccount, rdbm: UserAccount
) -> None:
    study = add_study(database, lead, 7, form=True)
    shared = study.form_document_id
    database.write(
        lambda session: session.add(Leaflet(name="national", title="Shared", document_id=shared))
    )
    browser.sign_in_as(rdbm)
    browser.get("/studies/7/edit")
    browser.post(
        "/studies/7/edit",
        fields(lead, remove_form="true"),
        files={"details_pdf": upload(one_page_pdf("New"))},
    )
    changed = studies(database)[0]
    assert changed.form_document_id is None
    with database.read() as session:
        left = set(session.scalars(select(Document.id)))
    assert left == {shared, changed.details_document_id}
    assert study.details_document_id not in left
    detail = changes(database)[0].detail
    assert {"details_pdf", "form_pdf", "title"} <= set(detail)


def test_changes_stand_on_the_studys_page_for_the_rdbm(
    browser: Browser, database: Database, lead: UserAccount, rdbm: UserAccount
) -> None:
    add_study(database, lead, 7)
    browser.sign_in_as(rdbm)
    browser.get("/studies/7/edit")
    saved = browser.post("/studies/7/edit", fields(lead, title="Joint pain & walking"))
    page = browser.follow(saved).text
    assert "from “Sleep study 7” to “Joint pain &amp; walking”" in page
    browser.sign_in_as(lead)
    assert "History" not in browser.get("/studies/7").text


def test_saving_without_a_change_is_no_event(
    browser: Browser, database: Database, lead: UserAccount, rdbm: UserAccount
) -> None:
    add_study(database, lead, 7)
    browser.sign_in_as(rdbm)
    browser.get("/studies/7/edit")
    for _ in range(2):
        browser.post("/studies/7/edit", fields(lead))
    assert len(changes(database)) == 1


def test_c121_papers_of_a_usable_study_and_leaflets_are_public(
    browser: Browser, database: Database, lead: UserAccount
) -> None:
    add_study(database, lead, 1, form=True)
    leaflet = Leaflet(name="for_staff", title="For staff", document=document())
    empty = Leaflet(name="national", title="National")
    database.write(lambda session: session.add_all([leaflet, empty]))
    for path in ("/studies/1/details.pdf", "/studies/1/form.pdf", "/leaflets/for_staff.pdf"):
        paper = browser.get(path)
        assert paper.status_code == 200
        assert paper.headers["content-type"] == PDF
        assert paper.content.startswith(b"%PDF")
    for path in ("/leaflets/national.pdf", "/leaflets/nothing.pdf", "/studies/9/details.pdf"):
        assert browser.get(path).status_code == 404
    assert browser.get("/studies/1").headers["location"].endswith("/login?next=%2Fstudies%2F1")


def test_c121_papers_of_a_study_that_is_not_approved_are_for_its_people(
    browser: Browser, database: Database, lead: UserAccount, rdbm: UserAccount
) -> None:
    add_study(database, lead, 1, approved_by_rec=False)
    path = "/studies/1/details.pdf"
    assert browser.get(path).status_code == 404
    for user, status in ((add_lead(database, "other"), 404), (lead, 200), (rdbm, 200)):
        browser.sign_in_as(user)
        assert browser.get(path).status_code == status


def test_list_is_searched_and_sorted(
    browser: Browser, database: Database, lead: UserAccount, rdbm: UserAccount
) -> None:
    add_study(database, lead, 1, title="Sleep")
    add_study(database, lead, 2, title="Pain 100%", approved_locally=False)
    browser.sign_in_as(rdbm)
    assert "Pain" not in browser.get("/studies?q=sleep").text
    assert "Pain 100%" in browser.get("/studies?q=%25").text
    assert "Sleep" not in browser.get("/studies?q=2").text.split("<tbody")[1]
    for sort in ("number", "-title", "lead", "-lead"):
        assert "2 studies" in browser.get(f"/studies?sort={sort}").text
    page = browser.get("/studies").text
    assert "not yet: local approval is not recorded" in page
    beyond = browser.get("/studies?page=9").text
    assert "2 studies, and nothing on page 9 any more" in beyond
    assert ">Go to page 1</a>" in beyond
    assert "<title>Studies - Research database</title>" in page  # the section once
