"""Posts from other sites change nothing."""

import pytest

from crate_core.database import Database
from crate_web.app import Application
from tests.web import PASSWORD, Browser, add_user, make_application

CREDENTIALS = {"username": "alice", "password": PASSWORD}


def test_a_post_without_a_token_is_refused(browser: Browser, app: Application) -> None:
    browser.sign_in_as(add_user(app.site.database, "alice"))
    answer = browser.request("POST", "/logout", data={})
    assert answer.status_code == 403
    assert "This form is no longer valid" in answer.text
    assert browser.get("/account").status_code == 200


def test_a_token_of_somebody_else_is_refused(browser: Browser, app: Application) -> None:
    browser.sign_in_as(add_user(app.site.database, "alice"))
    with Browser(app) as mallory:
        mallory.sign_in_as(add_user(app.site.database, "mallory"))
        page = mallory.get("/account")
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    assert browser.request("POST", "/logout", data={"csrf_token": token}).status_code == 403


def test_a_forged_log_in_is_refused(browser: Browser, app: Application) -> None:
    add_user(app.site.database, "alice")
    with Browser(app) as attacker:
        page = attacker.get("/login")
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    browser.get("/login")
    answer = browser.request("POST", "/login", data={**CREDENTIALS, "csrf_token": token})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "http://testserver"}, 303),
        ({"origin": "null"}, 303),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "http://testserver.evil.example"}, 403),
    ],
)
def test_browsers_say_where_a_post_comes_from(
    browser: Browser, app: Application, headers: dict[str, str], status: int
) -> None:
    add_user(app.site.database, "alice")
    page = browser.get("/login")
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = browser.request(
        "POST", "/login", data={**CREDENTIALS, "csrf_token": token}, headers=headers
    )
    assert answer.status_code == status


def test_a_script_may_send_the_token_as_a_header(browser: Browser, app: Application) -> None:
    browser.sign_in_as(add_user(app.site.database, "alice"))
    page = browser.get("/account")
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = browser.request("POST", "/logout", data={}, headers={"x-csrf-token": token})
    assert answer.status_code == 303


def test_tokens_differ_from_page_to_page(sqlite_database: Database) -> None:
    app = make_application(sqlite_database)
    with Browser(app) as browser:
        pages = {browser.get("/login").text for _ in range(3)}
    assert len(pages) == 3
