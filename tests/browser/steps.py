"""What people do in the browser, in their own words for buttons and fields."""

import io
import re
from email.message import EmailMessage

from playwright.sync_api import Page, expect
from pypdf import PdfReader

from crate_demo.people import Person
from crate_demo.site_content import PASSWORD
from tests.browser.sites import RunningSite, text_of

QUERY = "SELECT rid, year_of_birth, gender_source_value FROM person ORDER BY rid"
YES_BY_POST = "Yes, please ask the patient for me"
YES_MYSELF = "Yes, I will ask the patient myself"
NO = "No, for clinical reasons the patient should not be asked"


def sign_in(page: Page, username: str) -> None:
    """Sign in on the page that asks for it, or on the log-in page."""
    if not page.url.startswith("http"):
        page.goto("/login")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def run_query(page: Page, sql: str) -> None:
    """Write a query, run it with the button, and wait for its result."""
    page.goto("/research/sql")
    page.locator(".cm-content").fill(sql)
    page.get_by_role("button", name="Run query").click()
    expect(page.get_by_role("region", name="Result")).to_be_visible()


def ask_about(page: Page, *people: Person, study: str = "S1") -> dict[str, str]:
    """Ask about people with direct approach; return the code of each request by RID."""
    page.goto("/contact/requests/new")
    page.get_by_label("Research IDs (RIDs)", exact=True).fill("\n".join(p.rid for p in people))
    return finish_asking(page, *people, study=study)


def finish_asking(page: Page, *people: Person, study: str = "S1") -> dict[str, str]:
    """Choose the study, check and send a form that holds RIDs; return the codes by RID."""
    page.get_by_role("radio", name=study).check()
    page.get_by_label("Ask for direct approach").check()
    page.get_by_role("button", name="Check the requests").click()
    page.get_by_role("button", name=re.compile(r"Send \d+ requests?$")).click()
    expect(page.get_by_text(re.compile(r"^\s*\d+ requests? sent\.\s*$"))).to_be_visible()
    rows = [page.get_by_role("row").filter(has_text=person.rid) for person in people]
    return {
        person.rid: row.get_by_role("link").first.inner_text()
        for person, row in zip(people, rows, strict=True)
    }


def await_state(page: Page, code: str, state: str) -> None:
    """Load a request's page until it shows a state."""
    page.goto(f"/contact/requests/{code}")
    fact = page.get_by_role("definition").filter(has_text=re.compile(f"^{state}$", re.IGNORECASE))
    for _ in range(60):
        if fact.count():
            return
        page.wait_for_timeout(250)  # somebody who looks again and again
        page.reload()
    expect(fact).to_be_visible()


def link_in(mail: EmailMessage) -> str:
    """Return the clinician's link, without the answer that its buttons suggest."""
    found = re.search(r"https?://\S+/respond/[\w-]+", text_of(mail))
    assert found, text_of(mail)
    return found[0]


def await_question(site: RunningSite, person: Person) -> str:
    """Return the link of the mail that asks the clinician about somebody."""
    return link_in(
        site.await_mail("/respond/", person.contact.last_name, to=person.clinician_email)
    )


def answer(page: Page, link: str, choice: str, *, reason: str = "") -> None:
    """Open the link without an account, choose, sign and confirm."""
    page.goto(link)
    page.get_by_label(choice).check()
    if reason:
        page.get_by_label("Why should the patient not be asked?").fill(reason)
    page.get_by_label("Your name").fill("Dr Robin Example")
    page.get_by_role("button", name="Check your answer").click()
    page.get_by_role("button", name="Record this answer").click()
    expect(page.get_by_role("heading", name=re.compile("^You answered"))).to_be_visible()


def ask_about_own_patient(page: Page, person: Person) -> str:
    """As a clinician with an account, ask about somebody by NHS number; return the request's code."""
    page.goto("/")
    page.get_by_role("button", name="Ask about one of your patients").click()
    page.get_by_role("radio", name="S1").check()
    page.get_by_label("NHS numbers").fill(str(person.nhs_number))
    page.get_by_role("button", name="Check the requests").click()
    page.get_by_role("button", name="Send 1 request").click()
    expect(page.get_by_text("1 request sent.")).to_be_visible()
    return page.get_by_role("row").nth(1).get_by_role("link").first.inner_text()


def open_pdf(page: Page, href: str | None) -> str:
    """Fetch a PDF as this visitor and return its text, with single blanks."""
    assert href
    answer = page.request.get(href)
    assert answer.headers["content-type"] == "application/pdf", answer.text()[:500]
    pages = PdfReader(io.BytesIO(answer.body())).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def await_letter(page: Page, code: str) -> None:
    """As RDBM, look at the work queue until a letter of this request waits."""
    letter = page.get_by_role("row").filter(has_text=code).filter(has_text="Print and post")
    for _ in range(60):
        page.goto("/rdbm")
        if letter.count():
            return
        page.wait_for_timeout(250)
    expect(letter).to_be_visible()


def post_letter(page: Page, code: str) -> str:
    """As RDBM, open the letter of a request and mark it as posted; return its text."""
    page.goto("/rdbm/letters")
    row = page.get_by_role("row").filter(has_text=code)
    text = open_pdf(page, row.get_by_role("link", name="(PDF)").get_attribute("href"))
    row.get_by_role("checkbox").check()
    page.get_by_role("button", name="Mark the ticked letters as posted").click()
    page.get_by_role("button", name="Mark 1 letter as posted").click()
    expect(page.get_by_role("row").filter(has_text=code)).to_have_count(0)
    return text


def enter_reply(page: Page, code: str, reply: str) -> None:
    """As RDBM, enter what the patient sent back on paper."""
    page.goto("/rdbm/replies")
    page.get_by_label("Request code").fill(code.lower().replace("-", " "))
    page.get_by_role("button", name="Show").click()
    page.get_by_role("radio", name=reply, exact=True).check()
    page.get_by_role("checkbox").first.check()
    page.get_by_label("Name of who signed").fill("The patient")
    page.get_by_label("Date of the signature").fill("2026-01-01")
    page.get_by_role("button", name="Check the reply").click()
    page.get_by_role("button", name="Record the reply").click()
    expect(page.get_by_role("heading", name=f"The reply to request {code}")).to_be_visible()


def choose_red(page: Page, person: Person, today: str) -> None:
    """As RDBM, look a patient up by NHS number and enter that they want no contact."""
    page.goto("/rdbm/patients")
    page.get_by_label("NHS number").fill(str(person.nhs_number))
    page.get_by_label("To enter a choice that came to us").check()
    page.get_by_role("button", name="Find the patient's choices").click()
    page.get_by_role("button", name="Enter a new choice").click()
    page.get_by_role("radio", name="RED").check()
    page.get_by_label("Date of the decision").fill(today)
    page.get_by_role("group", name="Who decided?").get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Check the choice").click()
    page.get_by_role("button", name="Record this choice").click()
    expect(page.get_by_role("heading", name="In force now")).to_be_visible()
