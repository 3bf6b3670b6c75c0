"""Rows of the acceptance tables that are about what a browser shows."""

import re

import pytest
from playwright.sync_api import expect

from crate_demo.kinds import Kind
from crate_demo.site_content import PASSWORD
from tests.browser.conftest import NewPage
from tests.browser.sites import RunningSite, text_of
from tests.browser.steps import (
    NO,
    YES_BY_POST,
    answer,
    ask_about,
    ask_about_own_patient,
    await_question,
    await_state,
    open_pdf,
    run_query,
    sign_in,
)


def test_c44_ten_looks_of_a_link_scanner_decide_nothing(
    embedded_site: RunningSite, new_page: NewPage
) -> None:
    person = embedded_site.take(Kind.YELLOW)
    researcher, scanner = new_page(embedded_site), new_page(embedded_site)
    sign_in(researcher, "researcher")
    code = ask_about(researcher, person)[person.rid]
    link = await_question(embedded_site, person)
    for _ in range(10):
        assert scanner.request.get(f"{link}?choice=yes").ok
    scanner.goto(f"{link}?choice=yes")
    expect(scanner.get_by_label(YES_BY_POST)).to_be_checked()
    await_state(researcher, code, "in progress")
    answer(scanner, link, YES_BY_POST)


def test_c54_no_patient_is_named_once_a_clinician_has_answered(
    embedded_site: RunningSite, new_page: NewPage
) -> None:
    person = embedded_site.take(Kind.YELLOW)
    researcher, page = new_page(embedded_site), new_page(embedded_site)
    sign_in(researcher, "researcher")
    ask_about(researcher, person)
    link = await_question(embedded_site, person)
    early = new_page(embedded_site)
    early.goto(link)
    early.get_by_label(YES_BY_POST).check()
    early.get_by_label("Your name").fill("Dr Sam Late")
    early.get_by_role("button", name="Check your answer").click()
    answer(page, link, NO, reason="Too ill at present")
    # Whoever had the page open all the time changes nothing, and learns what stands.
    early.get_by_role("button", name="Record this answer").click()
    for shown in (early, page):
        shown.goto(link)
        expect(shown.get_by_role("heading", name="You answered B")).to_be_visible()
        text = shown.locator("body").inner_text()
        assert person.contact.last_name not in text
        assert str(person.nhs_number) not in text.replace(" ", "")


def test_c96_clinician_asks_about_an_own_patient_and_nobody_without_that_role_can(
    embedded_site: RunningSite, new_page: NewPage
) -> None:
    person = embedded_site.take(Kind.YELLOW)
    clinician, reader, researcher = (new_page(embedded_site) for _ in range(3))
    sign_in(clinician, "clinician")
    code = ask_about_own_patient(clinician, person)
    mail = embedded_site.await_mail(code, "/pack.pdf", to="clara.whitfield@trust.example.org")
    pack = re.search(r"https?://\S+/pack\.pdf", text_of(mail))
    assert pack
    text = open_pdf(reader, pack[0])
    assert person.contact.last_name in text
    assert "Dr Clara Whitfield" in text
    clinician.goto(f"/clinician/requests/{code}")
    expect(clinician.get_by_text("With the patient")).to_be_visible()
    sign_in(researcher, "researcher")
    assert researcher.request.get("/clinician/requests/new", max_redirects=0).status == 403
    # Their study, their request to follow; whose patient it is they do not learn.
    await_state(researcher, code, "in progress")
    shown = researcher.content()
    for secret in (person.contact.last_name, str(person.nhs_number), "Whitfield"):
        assert secret not in shown


def test_c103_researcher_sees_no_identity_reason_or_clinician_before_approval(
    embedded_site: RunningSite, new_page: NewPage
) -> None:
    kinds = (Kind.RED, Kind.YELLOW, Kind.UNKNOWN, Kind.DEAD, Kind.OPTED_OUT)
    people = [embedded_site.take(kind) for kind in kinds]
    page = new_page(embedded_site)
    sign_in(page, "researcher")
    codes = ask_about(page, *people)
    for person in people:
        asked = person.kind in {Kind.YELLOW, Kind.UNKNOWN}
        if asked:
            await_question(embedded_site, person)
        state = "in progress" if asked else "not possible"
        await_state(page, codes[person.rid], state)
        source = page.content()
        assert str(person.nhs_number) not in source.replace(" ", "")
        shown = page.locator("main").inner_text()
        for secret in (person.contact.last_name, person.clinician_email or "@trust"):
            assert secret not in source.replace("Amara Reed", "")
        for word in ("RED", "YELLOW", "died", "opted"):
            assert word not in shown


def test_c118_researcher_on_a_page_of_the_rdbm_is_refused_once(
    embedded_site: RunningSite, new_page: NewPage
) -> None:
    page = new_page(embedded_site)
    sign_in(page, "researcher")
    answered = page.request.get("/rdbm", max_redirects=0)
    assert answered.status == 403


def test_c118_r01_log_in_leads_back_to_the_page_that_was_asked_for(
    embedded_site: RunningSite, new_page: NewPage
) -> None:
    page = new_page(embedded_site)
    page.goto("/research/runs")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, "researcher")
    assert page.url == f"{embedded_site.url}/research/runs"


@pytest.mark.parametrize("there", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_r02_log_in_never_leads_off_the_site(
    embedded_site: RunningSite, new_page: NewPage, there: str
) -> None:
    page = new_page(embedded_site)
    page.goto(f"/login?next={there}")
    page.get_by_label("Username").fill("researcher")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    assert page.url == f"{embedded_site.url}/"


@pytest.mark.parametrize("path", ["/rdbm/patients", "/rdbm/letters", "/rdbm/audit"])
def test_r03_researcher_is_refused_in_one_response(
    embedded_site: RunningSite, new_page: NewPage, path: str
) -> None:
    page = new_page(embedded_site)
    sign_in(page, "researcher")
    answered = page.request.get(path, max_redirects=0)
    assert answered.status == 403


def test_r04_rows_come_in_their_order_with_their_number(
    embedded_site: RunningSite, new_page: NewPage
) -> None:
    page = new_page(embedded_site)
    sign_in(page, "researcher")
    run_query(page, "SELECT note_id FROM note WHERE note_id <= 4 ORDER BY note_id")
    expect(page.get_by_text("4 rows", exact=True)).to_be_visible()
    cells = page.get_by_role("region", name="Result").get_by_role("cell")
    assert cells.all_inner_texts() == ["1", "2", "3", "4"]


def test_r18_pages_beyond_the_ends_are_the_last_and_the_first(
    embedded_site: RunningSite, new_page: NewPage
) -> None:
    page = new_page(embedded_site)
    sign_in(page, "researcher")
    run_query(page, "SELECT note_id FROM note WHERE note_id <= 120 ORDER BY note_id")
    here = page.url.partition("?")[0]
    for asked, current in (("99", "Page 3"), ("-1", "Page 3"), ("abc", "Page 1")):
        page.goto(f"{here}?page={asked}&per_page=50")
        shown = page.locator("[aria-current=page]").first
        assert shown.get_attribute("aria-label") == current, asked


def test_r22_markup_in_data_is_shown_as_text(embedded_site: RunningSite, new_page: NewPage) -> None:
    page = new_page(embedded_site)
    sign_in(page, "researcher")
    run_query(page, "SELECT '<b>bold</b><script>document.title=1</script>' AS note")
    expect(page.get_by_text("<b>bold</b>", exact=False).first).to_be_visible()
    assert page.locator("main b").count() == 0
    assert page.title() != "1"
