"""Letters: who may open them, and marking them as posted."""

from io import BytesIO

import pikepdf
from sqlalchemy import select, update

from crate_core.domain.contact import Answer, Status
from crate_core.domain.roles import Role
from crate_core.models import AuditEvent, ContactRequest, Letter, UserAccount
from tests.integration.consent.world import N2, World
from tests.web import Browser, add_user


def packed(world: World, answer: Answer = Answer.R, nhs_number: int | None = None) -> int:
    """Bring a request to where the pack is made; return its id."""
    rid = world.patient(nhs_number) if nhs_number else world.patient()
    request_id = world.submit(world.study(), rid)
    world.run_jobs()
    world.answer(request_id, answer)
    world.run_jobs()
    assert world.request(request_id).status == Status.WITH_PATIENT
    return request_id


def kinds(world: World) -> list[str]:
    with world.database.read() as session:
        return list(session.scalars(select(AuditEvent.kind).order_by(AuditEvent.id)))


def test_c105_a_letter_of_answer_a_is_absent_and_refused(browser: Browser, world: World) -> None:
    world.leaflet()
    packed(world, Answer.A)
    (letter,) = world.letters("pack")
    listed = browser.get("/rdbm/letters?state=all").text
    assert f"/rdbm/letters/{letter.id}.pdf" not in listed
    answer = browser.get(f"/rdbm/letters/{letter.id}.pdf")
    assert answer.status_code == 403
    assert "the clinician passes it on" in answer.text
    code = world.request(1).code
    assert f"/rdbm/letters/{letter.id}.pdf" not in browser.get(f"/rdbm/requests/{code}").text
    posted = browser.post("/rdbm/letters/posted", {"letter": str(letter.id), "confirmed": "yes"})
    assert posted.status_code == 303
    assert "letter_posted" not in kinds(world)


def test_c107_marking_as_posted_keeps_who_and_when(
    browser: Browser, world: World, manager: UserAccount
) -> None:
    world.leaflet()
    packed(world)
    (letter,) = world.letters("pack")
    assert "Mark the ticked letters" in browser.get("/rdbm/letters").text
    check = browser.post("/rdbm/letters/posted", {"letter": str(letter.id)})
    assert "Mark 1 letter as posted" in check.text
    done = browser.post("/rdbm/letters/posted", {"letter": str(letter.id), "confirmed": "yes"})
    assert "1 letter marked as posted" in browser.follow(done).text
    (stored,) = world.letters("pack")
    assert (stored.needs_posting, stored.posted_by_id) == (False, manager.id)
    assert stored.posted_at is not None
    again = browser.post("/rdbm/letters/posted", {"letter": str(letter.id), "confirmed": "yes"})
    assert "marked as posted before" in browser.follow(again).text
    assert world.letters("pack")[0].posted_at == stored.posted_at
    assert kinds(world).count("letter_posted") == 1
    assert "mona" in browser.get("/rdbm/letters?state=posted").text


def test_c107_marking_without_a_tick_says_what_to_do(browser: Browser, world: World) -> None:
    browser.get("/rdbm/letters")
    answer = browser.post("/rdbm/letters/posted", {})
    assert "Nothing was marked: tick the letters" in browser.follow(answer).text


def test_c107_a_researcher_cannot_mark_a_letter(world: World, browser: Browser) -> None:
    world.leaflet()
    packed(world)
    with Browser(browser.app) as other:
        other.sign_in_as(add_user(world.database, "rita", Role.RESEARCHER))
        assert other.post("/rdbm/letters/posted", {"letter": "1"}).status_code == 403
    assert world.letters("pack")[0].needs_posting


def test_c108_the_list_holds_what_waits_and_nothing_else(browser: Browser, world: World) -> None:
    world.leaflet()
    request_id = packed(world)
    (letter,) = world.letters("pack")
    link = f"/rdbm/letters/{letter.id}.pdf"
    assert link in browser.get("/rdbm/letters").text
    world.database.write(
        lambda session: session.change(
            update(ContactRequest)
            .where(ContactRequest.id == request_id)
            .values(status=Status.STOPPED)
        )
    )
    # A pack must not go out once its request has ended.
    assert link not in browser.get("/rdbm/letters").text
    assert link in browser.get("/rdbm/letters?state=all").text


def test_c133_opening_letters_is_audited_each_time(browser: Browser, world: World) -> None:
    world.leaflet()
    packed(world)
    (letter,) = world.letters("pack")
    answer = browser.get(f"/rdbm/letters/{letter.id}.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    browser.get(f"/rdbm/letters/{letter.id}.pdf")
    with world.database.read() as session:
        events = session.scalars(select(AuditEvent)).all()
    assert [event.kind for event in events] == ["letter_opened"] * 2
    assert events[0].actor == "mona"
    assert events[0].subject == f"request:{world.request(1).code}"


def test_all_letters_come_in_one_pdf_each_on_sheets_of_its_own(
    browser: Browser, world: World
) -> None:
    world.leaflet()
    packed(world)
    packed(world, nhs_number=N2)
    answer = browser.get("/rdbm/letters/to-post.pdf")
    with pikepdf.open(BytesIO(answer.content)) as merged:
        together = len(merged.pages)
    lengths = []
    for letter in world.letters("pack"):
        with pikepdf.open(BytesIO(letter.document.content)) as pdf:
            lengths.append(len(pdf.pages))
    assert together == sum(length + length % 2 for length in lengths)
    assert kinds(world).count("letter_opened") == 2


def test_the_list_is_downloaded_as_csv(browser: Browser, world: World) -> None:
    world.leaflet()
    packed(world)
    answer = browser.get("/rdbm/letters.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert world.request(1).code in answer.text
    with world.database.read() as session:
        assert session.scalars(select(Letter.id)).all()
