"""From a research ID to a patient's yes, and to its end, as the people concerned meet it."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from crate_core.clock import utcnow
from crate_demo.kinds import Kind
from crate_demo.people import Person
from tests.browser.conftest import NewPage
from tests.browser.pictures import picture
from tests.browser.sites import FLOWER_ACCOUNT, RunningSite
from tests.browser.steps import (
    NO,
    QUERY,
    YES_BY_POST,
    YES_MYSELF,
    answer,
    await_letter,
    await_question,
    await_state,
    choose_red,
    enter_reply,
    finish_asking,
    open_pdf,
    post_letter,
    run_query,
    sign_in,
)

LEAD = "amara.reed@trust.example.org"
WITHDRAWN = "has ended"


@pytest.fixture(params=["embedded", "served"])
def site(request: pytest.FixtureRequest) -> RunningSite:
    """The site as `make run` starts it, and on MariaDB, RabbitMQ and a mail server."""
    found = request.getfixturevalue(f"{request.param}_site")
    assert isinstance(found, RunningSite)
    return found


def assert_nobody_is_known(page: Page, *people: Person) -> None:
    """What a researcher sees holds no name and no NHS number."""
    text = page.locator("body").inner_text()
    for person in people:
        digits = str(person.nhs_number)
        assert digits not in text.replace(" ", ""), person.kind
        assert f"{person.contact.first_name} {person.contact.last_name}" not in text


@dataclass
class Walk:
    """Who walks, about whom, and the codes of their requests by RID."""

    site: RunningSite
    new_page: NewPage
    green: Person
    posted: Person
    handed: Person
    refused: Person

    def __post_init__(self) -> None:
        """Open a browser for each of the three who take part."""
        self.researcher = self.new_page(self.site)
        self.clinician = self.new_page(self.site)
        self.rdbm = self.new_page(self.site)
        self.people = (self.green, self.posted, self.handed, self.refused)
        self.codes: dict[str, str] = {}

    def code(self, person: Person) -> str:
        """Return the code of the request about somebody."""
        return self.codes[person.rid]

    def await_state(self, person: Person, state: str) -> None:
        """Return once the researcher sees this state."""
        await_state(self.researcher, self.code(person), state)

    def letters(self) -> list[str]:
        """Return the texts of the letters on the researcher's page."""
        links = self.researcher.get_by_role("link", name="(PDF)").all()
        return [open_pdf(self.researcher, link.get_attribute("href")) for link in links]


def test_journey_from_research_id_to_yes_and_to_its_withdrawal(
    site: RunningSite, new_page: NewPage
) -> None:
    kinds = (Kind.GREEN, Kind.YELLOW, Kind.YELLOW, Kind.YELLOW)
    take_the_journey(Walk(site, new_page, *(site.take(kind) for kind in kinds)))


def take_the_journey(walk: Walk) -> None:
    researcher_queries(walk)
    researcher_asks(walk)
    green_is_approved_at_once(walk)
    clinicians_answer(walk)
    rdbm_posts_and_enters_replies(walk)
    researcher_learns_the_outcome(walk)
    patient_changes_their_mind(walk)
    every_service_counted_what_it_did(walk)
    if walk.site.flower:
        flower_shows_the_tasks(walk)


def researcher_queries(walk: Walk) -> None:
    page = walk.researcher
    page.goto("/")
    picture(page, "01-sign-in")
    sign_in(page, "researcher")
    run_query(page, QUERY)
    expect(page.get_by_text("300 rows")).to_be_visible()
    expect(page.get_by_role("link", name="Page 2").first).to_be_visible()
    picture(page, "02-result", whole=False)
    rids = ", ".join(f"'{person.rid}'" for person in walk.people)
    run_query(page, f"SELECT rid, year_of_birth FROM person WHERE rid IN ({rids})")


def researcher_asks(walk: Walk) -> None:
    page = walk.researcher
    page.get_by_role("button", name="Ask about these patients").click()
    carried = page.get_by_label("Research IDs (RIDs)", exact=True)
    assert set(carried.input_value().split()) == {person.rid for person in walk.people}
    picture(page, "03-ask")
    walk.codes = finish_asking(page, *walk.people)
    assert_nobody_is_known(page, *walk.people)
    picture(page, "04-requests")


def green_is_approved_at_once(walk: Walk) -> None:
    walk.await_state(walk.green, "approved")
    (text,) = walk.letters()
    assert walk.code(walk.green) in text
    assert walk.green.contact.last_name in text
    picture(walk.researcher, "05-approved")
    mail = walk.site.await_mail(walk.code(walk.green), to=LEAD)
    assert "application/pdf" in {part.get_content_type() for part in mail.iter_attachments()}


def clinicians_answer(walk: Walk) -> None:
    page = walk.clinician
    link = await_question(walk.site, walk.posted)
    for _ in range(3):
        page.goto(link)
    expect(page.get_by_text(walk.posted.contact.last_name).first).to_be_visible()
    walk.await_state(walk.posted, "in progress")
    picture(page, "06-question")
    answer(page, link, YES_BY_POST)
    picture(page, "07-answered")
    answer(page, await_question(walk.site, walk.handed), YES_MYSELF)
    pack = page.get_by_role("button", name="Open the papers to print (PDF)")
    expect(pack).to_be_visible()
    text = open_pdf(page, pack.get_attribute("href"))
    assert walk.handed.contact.last_name in text
    assert walk.code(walk.handed) in text
    answer(page, await_question(walk.site, walk.refused), NO, reason="Too ill at present")


def rdbm_posts_and_enters_replies(walk: Walk) -> None:
    page = walk.rdbm
    page.goto("/rdbm")
    sign_in(page, "rdbm")
    await_letter(page, walk.code(walk.posted))
    picture(page, "08-work-queue")
    assert walk.posted.contact.last_name in post_letter(page, walk.code(walk.posted))
    enter_reply(page, walk.code(walk.posted), "Yes")
    picture(page, "09-reply")
    enter_reply(page, walk.code(walk.handed), "No")


def researcher_learns_the_outcome(walk: Walk) -> None:
    walk.await_state(walk.posted, "approved")
    (text,) = walk.letters()
    assert walk.posted.contact.last_name in text
    for person in (walk.handed, walk.refused):
        walk.await_state(person, "not possible")
        assert_nobody_is_known(walk.researcher, person)


def patient_changes_their_mind(walk: Walk) -> None:
    choose_red(walk.rdbm, walk.posted, utcnow().date().isoformat())
    picture(walk.rdbm, "10-choices")
    walk.await_state(walk.posted, "withdrawn")
    picture(walk.researcher, "11-withdrawn")
    texts = walk.letters()
    assert sum("Please do not contact this patient" in text for text in texts) == 1
    walk.site.await_mail(WITHDRAWN, walk.code(walk.posted), to=LEAD)
    walk.rdbm.goto(f"/rdbm/requests/{walk.code(walk.posted)}")
    picture(walk.rdbm, "12-story")


def every_service_counted_what_it_did(walk: Walk) -> None:
    figures = walk.site.figures
    assert figures("web")["crate_http_requests_total"] > 20
    assert figures("runner")["crate_research_runs_total"] >= 2
    assert figures("consent")["crate_job_total"] >= 8
    assert figures("mailer")["crate_mail_total"] >= 5
    assert "crate_jobs_oldest_due_seconds" in figures("relay")


def flower_shows_the_tasks(walk: Walk) -> None:
    page = walk.new_page(walk.site, http_credentials=FLOWER_ACCOUNT)
    page.goto(f"{walk.site.flower}/tasks")
    for task in ("research.run", "consent.process_contact_request", "mail.send"):
        page.get_by_label("Search").fill(task)
        expect(page.get_by_role("row", name=task).first).to_contain_text("SUCCESS")
    page.get_by_label("Search").fill("")
    expect(page.get_by_role("row", name="consent.process_consent_change").first).to_be_visible()
    assert_nobody_is_known(page, *walk.people)
    for argument in page.get_by_role("cell").filter(has_text="{").all_inner_texts():
        assert re.fullmatch(r"\{'job': \d+\}", argument.strip()), argument
    picture(page, "13-flower", whole=False)
