"""Signing in and out: where one lands, what is written down, how guessing is slowed."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import func, select, update

from crate_core.clock import utcnow
from crate_core.database import Database, WriteSession
from crate_core.domain.roles import Role
from crate_core.models import AuditEvent, LoginFailure, LoginSession
from crate_web.app import Application
from crate_web.auth import queries
from tests.web import PASSWORD, Browser, add_user, make_application


def sign_in(
    browser: Browser, username: str, password: str = PASSWORD, target: str = ""
) -> httpx.Response:
    browser.get(f"/login?next={target}")
    return browser.post("/login", {"username": username, "password": password})


def audited(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(AuditEvent.kind).order_by(AuditEvent.id)))


def test_r01_who_is_not_signed_in_comes_back_to_the_page_after_log_in(
    database: Database,
) -> None:
    add_user(database, "alice", Role.RESEARCHER)
    with Browser(make_application(database)) as browser:
        refused = browser.get("/account?x=1&y=2")
        assert refused.status_code == 303
        assert refused.headers["location"] == "/login?next=%2Faccount%3Fx%3D1%26y%3D2"
        browser.follow(refused)
        landed = browser.post("/login", {"username": "alice", "password": PASSWORD})
        assert landed.headers["location"] == "/account?x=1&y=2"
        assert "Alice Example" in browser.follow(landed).text


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/x\r\nSet-Cookie:x=y",
        "account",
        "",
    ],
)
def test_c119_r02_nobody_is_sent_to_another_site(
    browser: Browser, app: Application, target: str
) -> None:
    add_user(app.site.database, "alice")
    browser.get("/login")
    landed = browser.post("/login", {"username": "alice", "password": PASSWORD, "next": target})
    assert landed.headers["location"] in {"/", target}
    assert "evil" not in landed.headers["location"]
    assert (
        browser.get(f"/login?next={quote(target)}").headers["location"]
        == landed.headers["location"]
    )


@pytest.mark.parametrize("stripped", [True, False])
def test_r01_the_way_back_has_the_sites_prefix_once(
    sqlite_database: Database, stripped: bool
) -> None:
    add_user(sqlite_database, "alice", Role.RESEARCHER)
    app = make_application(sqlite_database, public_url="https://trust.example/crate")
    with Browser(app) as browser:
        browser._client.base_url = f"https://trust.example{'' if stripped else '/crate'}"
        refused = browser.get("/research/runs?q=%C3%A9+%26&page=2")
        browser.follow(refused)
        landed = browser.post("/login", {"username": "alice", "password": PASSWORD})
        assert landed.headers["location"] == "/crate/research/runs?q=%C3%A9+%26&page=2"
        assert "Alice Example" in browser.follow(landed).text


def test_c119_nobody_is_sent_out_of_the_sites_prefix(sqlite_database: Database) -> None:
    add_user(sqlite_database, "alice")
    app = make_application(sqlite_database, public_url="https://trust.example/crate")
    with Browser(app) as browser:
        landed = sign_in(browser, "alice", target="/other-application")
        assert landed.headers["location"] == "/crate/"


@pytest.mark.parametrize("username", ["alice", "nobody", "gone"])
def test_c120_a_wrong_password_says_the_same_whoever_it_was(
    browser: Browser, app: Application, username: str
) -> None:
    add_user(app.site.database, "alice")
    add_user(app.site.database, "gone", active=False)
    answer = sign_in(browser, username, "wrong")
    assert answer.status_code == 422
    assert "The username or the password is not right" in answer.text
    assert "<title>Error: Sign in" in answer.text
    assert app.site.cookies.session not in browser.cookies


def test_c120_ten_bad_log_ins_are_throttled_and_written_down(database: Database) -> None:
    add_user(database, "alice")
    with Browser(make_application(database)) as browser:
        for _ in range(10):
            assert sign_in(browser, "alice", "wrong").status_code == 422
        answer = sign_in(browser, "alice")
        assert answer.status_code == 429
        assert answer.headers["retry-after"] == "900"
        assert "Wait 15 minutes" in answer.text
    assert audited(database) == ["login_failed"] * 10 + ["login_throttled"]


def test_c120_other_spellings_that_the_database_takes_for_the_name_are_throttled_with_it(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_user(sqlite_database, "alice")
    exact = queries.find_user
    # As collations that see no accents do.
    monkeypatch.setattr(queries, "find_user", lambda session, _name: exact(session, "alice"))
    with Browser(make_application(sqlite_database)) as browser:
        for spelling in ["alice", "Ālice", "alicé", "ALICE", "àlice"] * 2:
            assert sign_in(browser, spelling, "wrong").status_code == 422
        assert sign_in(browser, "aliçe").status_code == 429


def test_c120_the_throttle_holds_in_every_process(sqlite_database: Database) -> None:
    add_user(sqlite_database, "alice")
    for _ in range(10):
        with Browser(make_application(sqlite_database)) as browser:
            sign_in(browser, "ALICE", "wrong")
    with Browser(make_application(sqlite_database)) as other:
        assert sign_in(other, "alice").status_code == 429


def test_c120_the_throttle_ends_with_its_time(browser: Browser, app: Application) -> None:
    add_user(app.site.database, "alice")
    for _ in range(10):
        sign_in(browser, "alice", "wrong")
    app.site.database.write(
        lambda session: session.change(
            update(LoginFailure).values(at=utcnow() - timedelta(minutes=15))
        )
    )
    assert sign_in(browser, "alice").status_code == 303
    with app.site.database.read() as session:
        assert session.scalar(select(func.count()).select_from(LoginFailure)) == 0


def test_c120_one_address_cannot_try_many_names(sqlite_database: Database) -> None:
    add_user(sqlite_database, "alice")
    app = make_application(sqlite_database, login_failures_allowed=2)
    with Browser(app, address="192.0.2.7") as browser:
        for number in range(20):
            assert sign_in(browser, f"name{number}", "wrong").status_code == 422
        assert sign_in(browser, "alice").status_code == 429
    with Browser(app, address="192.0.2.8") as other:
        assert sign_in(other, "alice").status_code == 303


def test_names_that_do_not_exist_are_not_written_down(browser: Browser, app: Application) -> None:
    sign_in(browser, "my secret passphrase", "wrong")
    with app.site.database.read() as session:
        event = session.scalars(select(AuditEvent)).one()
    assert event.actor == ""
    assert "my secret passphrase" not in str(event.detail)


def test_a_log_in_is_audited_and_gets_a_new_token_each_time(
    browser: Browser, app: Application
) -> None:
    add_user(app.site.database, "alice")
    sign_in(browser, "alice")
    first = browser.cookies[app.site.cookies.session]
    browser.get("/account")
    browser.post("/login", {"username": "alice", "password": PASSWORD})
    assert audited(app.site.database) == ["login", "login"]
    assert browser.get("/account").status_code == 200
    browser.cookies[app.site.cookies.session] = first
    assert browser.get("/account").status_code == 303
    with app.site.database.read() as session:
        assert first not in set(session.scalars(select(LoginSession.token_hash)))


def test_c120_an_unused_session_ends(browser: Browser, app: Application) -> None:
    browser.sign_in_as(add_user(app.site.database, "alice"))
    assert browser.get("/account").status_code == 200
    age(app.site.database, seen=timedelta(minutes=31))
    assert browser.get("/account").status_code == 303


def test_c120_a_used_session_goes_on_until_its_absolute_end(
    browser: Browser, app: Application
) -> None:
    browser.sign_in_as(add_user(app.site.database, "alice"))
    age(app.site.database, seen=timedelta(minutes=29))
    assert browser.get("/account").status_code == 200
    with app.site.database.read() as session:
        seen = session.scalars(select(LoginSession.last_seen_at)).one()
    assert utcnow() - seen < timedelta(minutes=1)
    app.site.database.write(
        lambda session: session.change(update(LoginSession).values(expires_at=utcnow()))
    )
    assert browser.get("/account").status_code == 303


def test_last_use_is_written_once_a_minute_at_most(browser: Browser, app: Application) -> None:
    browser.sign_in_as(add_user(app.site.database, "alice"))
    with app.site.database.read() as session:
        before = session.scalars(select(LoginSession.last_seen_at)).one()
    browser.get("/account")
    with app.site.database.read() as session:
        assert session.scalars(select(LoginSession.last_seen_at)).one() == before


def test_signing_out_ends_the_session_on_the_server(browser: Browser, app: Application) -> None:
    browser.sign_in_as(add_user(app.site.database, "alice"))
    token = browser.cookies[app.site.cookies.session]
    browser.get("/account")
    assert "You are signed out" in browser.follow(browser.post("/logout")).text
    browser.cookies[app.site.cookies.session] = token
    assert browser.get("/account").status_code == 303
    assert audited(app.site.database) == ["logout"]


def test_signing_out_is_a_post(browser: Browser) -> None:
    answer = browser.get("/logout")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


def test_a_disabled_account_is_out_at_once(browser: Browser, app: Application) -> None:
    user = add_user(app.site.database, "alice")
    browser.sign_in_as(user)

    def disable(session: WriteSession) -> None:
        session.get_one(type(user), user.id).is_active = False

    app.site.database.write(disable)
    assert browser.get("/account").status_code == 303


def test_c118_a_role_that_is_taken_away_is_gone_at_once(browser: Browser, app: Application) -> None:
    user = add_user(app.site.database, "alice", Role.RDBM, Role.RESEARCHER)
    browser.sign_in_as(user)
    assert 'href="/rdbm' in browser.get("/rdbm").text

    def take_away(session: WriteSession) -> None:
        account = session.get_one(type(user), user.id)
        account.roles = [each for each in account.roles if each.role != Role.RDBM]

    app.site.database.write(take_away)
    assert browser.get("/rdbm").status_code == 403
    assert 'href="/rdbm' not in browser.get("/").text


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "x" * 5000])
def test_a_cookie_that_is_no_session_is_nobody(
    browser: Browser, app: Application, token: str
) -> None:
    browser.cookies[app.site.cookies.session] = token
    assert browser.get("/account").status_code == 303


def test_cookies_are_for_this_host_and_https_only(sqlite_database: Database) -> None:
    add_user(sqlite_database, "alice")
    app = make_application(sqlite_database, public_url="https://trust.example/crate")
    with Browser(app) as browser:
        landed = sign_in(browser, "alice")
    cookie = next(
        each for each in landed.headers.get_list("set-cookie") if each.startswith("__Host-session")
    )
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(cookie.split("; "))


def age(database: Database, *, seen: timedelta) -> None:
    change: Callable[..., int] = lambda session: session.change(  # noqa: E731
        update(LoginSession).values(last_seen_at=utcnow() - seen)
    )
    database.write(change)
