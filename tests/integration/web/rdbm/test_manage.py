"""Users, leaflets and the audit."""

import re

import httpx
from sqlalchemy import select, update
from sqlalchemy.orm import undefer

from crate_core.audit import seal
from crate_core.domain.roles import Role
from crate_core.models import AuditEvent, Document, Leaflet, UserAccount
from tests.integration.consent.world import World
from tests.pdfs import one_page_pdf
from tests.web import PASSWORD, Browser, add_user

NEW: dict[str, str | list[str]] = {
    "username": "rita",
    "password": "seven quiet tractors",
    "last_name": "Research",
    "email": "rita@example.org",
    "roles": ["researcher"],
}


def make(browser: Browser, **changes: str | list[str]) -> httpx.Response:
    browser.get("/rdbm/users/new")
    return browser.post("/rdbm/users/new", {**NEW, **changes})


def account(world: World, username: str) -> UserAccount:
    with world.database.read() as session:
        named = select(UserAccount).where(UserAccount.username == username)
        return session.scalars(named.options(undefer(UserAccount.password_hash))).one()


def test_a_user_is_added_once_and_can_sign_in(browser: Browser, world: World) -> None:
    assert "The account is there" in browser.follow(make(browser)).text
    assert make(browser).status_code == 303
    assert "Somebody else has this username" in make(browser, last_name="Other").text
    assert account(world, "rita").role_set == {Role.RESEARCHER}
    with Browser(browser.app) as other:
        other.get("/login")
        answer = other.post("/login", {"username": "rita", "password": "seven quiet tractors"})
        assert answer.status_code == 303
    with world.database.read() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.kind == "user_changed")).all()
    assert len(events) == 1
    assert "tractors" not in str(events[0].detail)


def test_what_is_missing_of_a_user_is_listed_in_the_order_of_the_page(
    browser: Browser, world: World
) -> None:
    browser.get("/rdbm/users/new")
    page = browser.post("/rdbm/users/new", {"username": "", "password": "", "last_name": ""}).text
    fields = ["username", "password", "last_name"]
    assert re.findall(r'href="#(username|password|last_name)"', page) == fields


def test_superuser_and_auditor_find_their_pages_from_home(browser: Browser, world: World) -> None:
    for role, pages in (
        (Role.SUPERUSER, {"/rdbm/users", "/rdbm/audit"}),
        (Role.AUDITOR, {"/rdbm/audit"}),
    ):
        with Browser(browser.app) as other:
            other.sign_in_as(add_user(world.database, role.value, role))
            home = other.get("/").text
            assert pages == set(re.findall(r'href="(/rdbm/\w+)"', home))
            assert all(other.get(page).status_code == 200 for page in pages)


def test_whoever_has_many_roles_reaches_all_pages_from_home(browser: Browser, world: World) -> None:
    many = add_user(world.database, "many", Role.RESEARCHER, Role.CLINICIAN, Role.RDBM)
    with Browser(browser.app) as other:
        other.sign_in_as(many)
        home = other.get("/").text
    assert {"/studies", "/rdbm/manage"} <= set(re.findall(r'href="(/[\w/]+)"', home))


def test_c120_a_weak_password_is_refused(browser: Browser, world: World) -> None:
    answer = make(browser, password="short")
    assert answer.status_code == 422
    assert "The password must be 12 characters or more" in answer.text
    assert 'value="short"' not in answer.text
    rita = add_user(world.database, "rita", Role.RESEARCHER)
    page = f"/rdbm/users/{rita.id}/password"
    browser.get(page)
    assert browser.post(page, {"password": "rita-rita-rita"}).status_code == 422


def test_a_new_password_and_disabling_end_all_sessions(browser: Browser, world: World) -> None:
    rita = add_user(world.database, "rita", Role.RESEARCHER)
    page = f"/rdbm/users/{rita.id}"
    with Browser(browser.app) as other:
        other.sign_in_as(rita)
        browser.get(page)
        browser.post(f"{page}/password", {"password": "seven quiet tractors"})
        assert other.get("/account").status_code == 303
        other.sign_in_as(rita)
        assert "is disabled" in browser.follow(browser.post(f"{page}/disable")).text
        assert other.get("/account").status_code == 303
    assert "was disabled before" in browser.follow(browser.post(f"{page}/disable")).text
    assert "is enabled" in browser.follow(browser.post(f"{page}/enable")).text
    assert PASSWORD


def test_c120_the_own_password_is_not_reset_without_the_present_one(
    browser: Browser, manager: UserAccount, world: World
) -> None:
    page = f"/rdbm/users/{manager.id}/password"
    assert browser.get(page).headers["location"] == "/account/password"
    browser.get("/account/password")
    answer = browser.post(page, {"password": "seven quiet tractors"})
    assert answer.headers["location"] == "/account/password"
    assert account(world, "mona").password_hash == manager.password_hash


def test_a_first_password_keeps_its_spaces(browser: Browser, world: World) -> None:
    assert make(browser, password=" seven quiet tractors ").status_code == 303
    stored = account(world, "rita").password_hash
    assert browser.app.site.passwords.is_right(stored, " seven quiet tractors ")


def test_nobody_makes_themselves_a_superuser(browser: Browser, world: World) -> None:
    assert "Only a superuser gives" in make(browser, roles=["superuser"]).text
    boss = add_user(world.database, "boss", Role.SUPERUSER)
    browser.get("/rdbm/users")
    assert browser.post(f"/rdbm/users/{boss.id}", NEW).status_code == 403
    assert browser.get(f"/rdbm/users/{boss.id}/password").status_code == 403


def test_a_change_tells_what_was_before(browser: Browser, world: World) -> None:
    make(browser)
    rita = account(world, "rita")
    browser.get(f"/rdbm/users/{rita.id}")
    browser.post(f"/rdbm/users/{rita.id}", {**NEW, "email_checked": "true", "roles": ["clinician"]})
    assert account(world, "rita").email_verified_at is not None
    listed = browser.get(f"/rdbm/audit?q=user:{rita.id}").text
    assert "from" in listed
    assert "clinician" in listed


def test_c123_a_leaflet_is_replaced_and_the_old_pdf_goes(browser: Browser, world: World) -> None:
    page = "/rdbm/leaflets/taking_part"
    for text in ("first", "second"):
        browser.get("/rdbm/leaflets")
        paper = ("a.pdf", one_page_pdf(text), "application/pdf")
        assert browser.post(page, files={"pdf": paper}).status_code == 303
    browser.get("/rdbm/leaflets")
    refused = browser.post(page, files={"pdf": ("a.pdf", b"text", "application/pdf")})
    assert refused.status_code == 422
    with world.database.read() as session:
        assert len(session.scalars(select(Leaflet)).all()) == 1
        assert len(session.scalars(select(Document.id)).all()) == 1
    assert browser.get("/leaflets/taking_part.pdf").content == one_page_pdf("second")


def test_r99_the_audit_is_filtered_sorted_and_downloaded(browser: Browser, world: World) -> None:
    make(browser)
    assert "rita" in browser.get("/rdbm/audit?kind=user_changed&actor=mona&sort=actor").text
    assert "Nothing matches" in browser.get("/rdbm/audit?actor=alice").text
    assert "Nothing matches" in browser.get("/rdbm/audit?until=2000-01-01").text
    csv = browser.get("/rdbm/audit.csv?since=2000-01-01")
    assert "user_changed" in csv.text
    with Browser(browser.app) as other:
        other.sign_in_as(add_user(world.database, "ada", Role.AUDITOR))
        assert other.get("/rdbm/audit").status_code == 200


def test_the_state_of_the_chain_is_told(browser: Browser, world: World) -> None:
    make(browser)
    world.database.write(seal)
    assert "The audit is whole" in browser.get("/rdbm/audit/chain").text
    world.database.write(
        lambda session: session.change(update(AuditEvent).values(actor="somebody else"))
    )
    assert "The audit was tampered with" in browser.get("/rdbm/audit/chain").text


def test_c118_a_researcher_is_refused_on_every_page(browser: Browser, world: World) -> None:
    with Browser(browser.app) as other:
        other.sign_in_as(add_user(world.database, "rita", Role.RESEARCHER))
        for address in ("/rdbm", "/rdbm/letters", "/rdbm/patients", "/rdbm/audit", "/rdbm/users"):
            assert other.get(address).status_code == 403
        other.cookies.clear()
        assert other.get("/rdbm").headers["location"] == "/login?next=%2Frdbm"
