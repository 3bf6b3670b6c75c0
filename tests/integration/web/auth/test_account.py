"""The own account: password, sessions, preferences."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select, update

from crate_core.clock import utcnow
from crate_core.models import AuditEvent, LoginSession, UserAccount
from crate_web.app import Application
from tests.web import PASSWORD, Browser, add_user

NEW = "seven tractors like marmalade"


def change(browser: Browser, present: str, new: str, again: str | None = None) -> httpx.Response:
    browser.get("/account/password")
    return browser.post(
        "/account/password",
        {"present": present, "new": new, "again": new if again is None else again},
    )


def test_a_new_password_ends_all_other_sessions(browser: Browser, app: Application) -> None:
    alice = add_user(app.site.database, "alice")
    with Browser(app) as other:
        other.sign_in_as(alice)
        browser.sign_in_as(alice)
        old_token = browser.cookies[app.site.cookies.session]
        landed = change(browser, PASSWORD, NEW)
        assert "Your password is changed" in browser.follow(landed).text
        assert other.get("/account").status_code == 303
    assert browser.cookies[app.site.cookies.session] != old_token
    with app.site.database.read() as session:
        stored = session.scalars(select(UserAccount.password_hash)).one()
        assert session.scalars(select(AuditEvent.kind)).one() == "password_changed"
    assert app.site.passwords.is_right(stored, NEW)


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ("short", "must be 12 characters or more"),
        ("xx-ALICE-xx-yz", "must not contain your username"),
        ("aaaaaaaaaaaaaa", "harder to guess"),
        ("123456789012", "harder to guess"),
        ("Password1234!", "harder to guess"),
        ("", "Enter your new password"),
    ],
)
def test_c120_a_weak_password_is_refused(
    browser: Browser, app: Application, new: str, message: str
) -> None:
    browser.sign_in_as(add_user(app.site.database, "alice"))
    answer = change(browser, PASSWORD, new)
    assert answer.status_code == 422
    assert message in answer.text


def test_the_present_password_is_asked_for(browser: Browser, app: Application) -> None:
    browser.sign_in_as(add_user(app.site.database, "alice"))
    assert "Your present password is not right" in change(browser, "wrong", NEW).text
    assert "The new passwords must be the same" in change(browser, PASSWORD, NEW, "x" * 14).text


def test_c120_the_present_password_cannot_be_guessed_without_end(
    browser: Browser, app: Application
) -> None:
    browser.sign_in_as(add_user(app.site.database, "alice"))
    for _ in range(10):
        assert change(browser, "wrong", NEW).status_code == 422
    answer = change(browser, PASSWORD, NEW)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "900"
    assert "Wait 15 minutes" in answer.text
    with app.site.database.read() as session:
        kinds = list(session.scalars(select(AuditEvent.kind).order_by(AuditEvent.id)))
    assert kinds == ["login_failed"] * 10 + ["login_throttled"]


def test_passwords_that_were_typed_do_not_come_back(browser: Browser, app: Application) -> None:
    browser.sign_in_as(add_user(app.site.database, "alice"))
    assert PASSWORD not in change(browser, PASSWORD, "short").text
    assert PASSWORD not in change(browser, PASSWORD, "").text


def test_everywhere_else_is_signed_out_on_request(browser: Browser, app: Application) -> None:
    alice = add_user(app.site.database, "alice")
    with Browser(app) as other:
        other.sign_in_as(alice)
        browser.sign_in_as(alice)
        assert "Sign out everywhere else" in browser.get("/account").text
        browser.post("/account/sessions")
        assert other.get("/account").status_code == 303
        page = browser.get("/account").text
    assert "You are signed out everywhere else" in page
    assert "Sign out everywhere else" not in page


def test_c120_signing_out_elsewhere_does_not_put_off_the_absolute_end(
    browser: Browser, app: Application
) -> None:
    browser.sign_in_as(add_user(app.site.database, "alice"))
    end = utcnow() + timedelta(minutes=5)
    app.site.database.write(
        lambda session: session.change(update(LoginSession).values(expires_at=end))
    )
    browser.get("/account")
    browser.post("/account/sessions")
    assert browser.get("/account").status_code == 200
    with app.site.database.read() as session:
        live = session.scalars(select(LoginSession).where(LoginSession.revoked_at.is_(None)))
        assert [each.expires_at for each in live] == [end]


def test_rows_on_a_page_are_kept(browser: Browser, app: Application) -> None:
    browser.sign_in_as(add_user(app.site.database, "alice"))
    browser.get("/account")
    landed = browser.post("/account", {"rows_per_page": "75"})
    page = browser.follow(landed).text
    assert 'value="75"' in page
    assert "Your settings are saved." in page
    assert "Your settings are saved." not in browser.get("/account").text


@pytest.mark.parametrize(
    ("rows", "message"),
    [("many", "Rows on a page must be a whole number"), ("", "Enter rows"), ("5", "10 or more")],
)
def test_a_wrong_form_keeps_what_was_typed(
    browser: Browser, app: Application, rows: str, message: str
) -> None:
    browser.sign_in_as(add_user(app.site.database, "alice"))
    browser.get("/account")
    answer = browser.post("/account", {"rows_per_page": rows})
    assert answer.status_code == 422
    assert message in answer.text
    assert '<a href="#rows_per_page">' in answer.text
    assert f'value="{rows}"' in answer.text or not rows
