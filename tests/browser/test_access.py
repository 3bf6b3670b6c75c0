"""Everybody can use every page: axe, phones, keyboards, and browsers without scripts."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from crate_demo.kinds import Kind
from crate_demo.site_content import PASSWORD
from tests.browser.accessible import sideways, violations
from tests.browser.conftest import NewPage
from tests.browser.sites import RunningSite
from tests.browser.steps import (
    NO,
    YES_BY_POST,
    answer,
    ask_about,
    ask_about_own_patient,
    await_letter,
    await_question,
    enter_reply,
    run_query,
    sign_in,
)

PHONE: ViewportSize = {"width": 320, "height": 640}
ROLES = ["researcher", "clinician", "rdbm", "developer"]
# A page of each kind is enough: the others differ in their rows only.
MOST_PAGES_OF_ROLE = 40


def pages_in_reach(page: Page, start: str) -> Iterator[str]:
    """Follow links from page to page; yield each address, one of those that differ in a number or code."""
    seen: set[str] = set()
    waiting = [start]
    while waiting and len(seen) < MOST_PAGES_OF_ROLE:
        path = waiting.pop(0)
        if (kind := _kind_of(path)) in seen:
            continue
        seen.add(kind)
        page.goto(path)
        yield path
        links = page.locator("a[href]").evaluate_all("links => links.map(link => link.href)")
        for link in links:
            parts = urlsplit(link)
            same_site = parts.netloc == urlsplit(page.url).netloc
            if same_site and not parts.path.endswith((".pdf", ".csv")):
                waiting.append(parts.path)


def _kind_of(path: str) -> str:
    """Return an address with its numbers and codes left out."""
    return "/".join(
        "*" if any(letter.isdigit() for letter in part) else part for part in path.split("/")
    )


@pytest.mark.parametrize("role", ROLES)
def test_axe_finds_nothing_on_any_page_of_a_role(
    embedded_site: RunningSite, new_page: NewPage, role: str
) -> None:
    page = new_page(embedded_site)
    page.goto("/login")
    found = violations(page)
    sign_in(page, role)
    if role == "researcher":
        run_query(page, "SELECT rid, note_title, note_text FROM note ORDER BY rid LIMIT 60")
        ask_about(page, embedded_site.take(Kind.GREEN), embedded_site.take(Kind.YELLOW))
    if role == "clinician":
        ask_about_own_patient(page, embedded_site.take(Kind.YELLOW))
    page.set_viewport_size({"width": 1200, "height": 900})
    visited = []
    for path in pages_in_reach(page, "/"):
        visited.append(path)
        found += violations(page)
        page.set_viewport_size(PHONE)
        found += sideways(page)
        page.set_viewport_size({"width": 1200, "height": 900})
    assert not found, "\n".join(found)
    assert len(visited) > 8, visited


def test_c142_clinician_form_is_accessible_before_and_after_a_mistake(
    embedded_site: RunningSite, new_page: NewPage
) -> None:
    person = embedded_site.take(Kind.YELLOW)
    researcher, page = new_page(embedded_site), new_page(embedded_site, viewport=PHONE)
    sign_in(researcher, "researcher")
    ask_about(researcher, person)
    link = await_question(embedded_site, person)
    page.goto(link)
    found = violations(page) + sideways(page)
    page.get_by_role("button", name="Check your answer").click()
    expect(page.locator(".nhsuk-error-summary")).to_be_focused()
    assert page.title().startswith("Error: ")
    found += violations(page) + sideways(page)
    page.get_by_label(YES_BY_POST).check()
    page.get_by_label("Your name").fill("Dr Robin Example")
    page.get_by_role("button", name="Check your answer").click()
    found += violations(page) + sideways(page)
    page.get_by_role("button", name="Record this answer").click()
    expect(page.get_by_role("heading", name="What happens next")).to_be_visible()
    found += violations(page) + sideways(page)
    assert not found, "\n".join(found)


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the element of this name has the focus."""
    named = f"""element => {{
        const label = element.labels?.[0]?.textContent ?? element.getAttribute('aria-label') ?? element.textContent;
        return label.trim().startsWith({name!r});
    }}"""
    for _ in range(80):
        page.keyboard.press("Tab")
        element = page.evaluate_handle(
            "document.activeElement.shadowRoot?.activeElement ?? document.activeElement"
        )
        if page.evaluate(named, element):
            return
    pytest.fail(f"Tab does not reach {name} on {page.url}")


def test_everything_is_done_with_the_keyboard_alone(
    embedded_site: RunningSite, new_page: NewPage
) -> None:
    person = embedded_site.take(Kind.YELLOW)
    page = new_page(embedded_site)
    page.goto("/login?next=/research/sql")
    tab_to(page, "Username")
    page.keyboard.type("researcher")
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Write a query")).to_be_visible()
    tab_to(page, "Query (SQL)")
    page.keyboard.type(f"SELECT rid FROM person WHERE rid = '{person.rid}'")
    page.keyboard.press("Escape")  # a completion that is offered goes away
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("1 row", exact=True)).to_be_visible()
    tab_to(page, "Ask about these patients")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ask to meet patients")).to_be_visible()
    tab_to(page, "S1")
    page.keyboard.press("Space")
    tab_to(page, "Check the requests")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Check the requests")).to_be_visible()
    tab_to(page, "Send 1 request")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 request sent.")).to_be_visible()
    clinician = new_page(embedded_site)
    clinician.goto(await_question(embedded_site, person))
    tab_to(clinician, "Yes, please ask the patient for me")
    clinician.keyboard.press("ArrowDown")
    clinician.keyboard.press("ArrowDown")
    expect(clinician.get_by_label(NO)).to_be_checked()
    tab_to(clinician, "Why should the patient not be asked?")
    clinician.keyboard.type("Too ill at present")
    tab_to(clinician, "Your name")
    clinician.keyboard.type("Dr Robin Example")
    clinician.keyboard.press("Enter")
    expect(clinician.get_by_role("heading", name="Check your answer")).to_be_visible()
    tab_to(clinician, "Record this answer")
    clinician.keyboard.press("Enter")
    expect(clinician.get_by_role("heading", name="You answered B")).to_be_visible()


def test_c96_own_patient_is_asked_about_with_the_keyboard_alone(
    embedded_site: RunningSite, new_page: NewPage
) -> None:
    person = embedded_site.take(Kind.YELLOW)
    page = new_page(embedded_site, viewport=PHONE)
    sign_in(page, "clinician")
    page.goto("/")
    tab_to(page, "Ask about one of your patients")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ask about your own patients")).to_be_visible()
    found = violations(page) + sideways(page)
    tab_to(page, "Check the requests")
    page.keyboard.press("Enter")
    expect(page.locator(".nhsuk-error-summary")).to_be_focused()
    assert page.title().startswith("Error: ")
    found += violations(page) + sideways(page)
    tab_to(page, "S1")
    page.keyboard.press("Space")
    tab_to(page, "NHS numbers")
    page.keyboard.type(str(person.nhs_number))
    tab_to(page, "Let")
    page.keyboard.press("Space")
    tab_to(page, "Check the requests")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Check the requests")).to_be_visible()
    expect(page.get_by_text("posts them on your behalf")).to_be_visible()
    found += violations(page) + sideways(page)
    tab_to(page, "Send 1 request")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 request sent.")).to_be_visible()
    found += violations(page) + sideways(page)
    assert not found, "\n".join(found)


def test_c142_everything_is_done_without_scripts(
    embedded_site: RunningSite, new_page: NewPage
) -> None:
    person = embedded_site.take(Kind.YELLOW)
    page = new_page(embedded_site, java_script_enabled=False)
    sign_in(page, "researcher")
    page.goto("/research/sql")
    page.get_by_label("Query (SQL)").fill(f"SELECT rid FROM person WHERE rid = '{person.rid}'")
    page.get_by_role("button", name="Run query").click()
    page.get_by_role("button", name="Ask about these patients").click()
    assert page.get_by_label("Research IDs (RIDs)", exact=True).input_value() == person.rid
    page.get_by_role("radio", name="S1").check()
    page.get_by_role("button", name="Check the requests").click()
    page.get_by_role("button", name="Send 1 request").click()
    code = page.get_by_role("row").nth(1).get_by_role("link").first.inner_text()
    clinician = new_page(embedded_site, java_script_enabled=False)
    link = await_question(embedded_site, person)
    clinician.goto(link)
    assert clinician.get_by_role("radio").count() == 5
    clinician.get_by_label(NO).check()
    expect(clinician.get_by_label("Why should the patient not be asked?")).to_be_visible()
    answer(clinician, link, YES_BY_POST)
    rdbm = new_page(embedded_site, java_script_enabled=False)
    sign_in(rdbm, "rdbm")
    await_letter(rdbm, code)
    enter_reply(rdbm, code, "Yes")
    own = new_page(embedded_site, java_script_enabled=False)
    sign_in(own, "clinician")
    ask_about_own_patient(own, embedded_site.take(Kind.YELLOW))
