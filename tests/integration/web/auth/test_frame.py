"""The frame around pages: prefix, headers, errors, assets, limits."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from crate_core.database import Database
from crate_core.domain.roles import Role
from crate_web import access
from crate_web.auth.routes import feature as auth
from crate_web.feature import Feature, HomeSection, NavigationEntry
from crate_web.forms import FormState
from crate_web.frame.routes import feature as frame
from crate_web.listing import Listing, read_query
from crate_web.requests import PageRequest
from crate_web.routing import page
from tests.web import Browser, add_user, make_application

FOLDER = Path(__file__).parent / "specimen"


def show_list(request: PageRequest) -> Response:
    query = read_query(request.query_params, sorts=["name"], default="name", page_size=2)
    items = ["one", "two", "three <b>", "four", "five"]
    return request.render(
        "specimen/list.html", listing=Listing(items[query.offset :][:2], len(items), query)
    )


def show_form(request: PageRequest) -> Response:
    return request.render("specimen/form.html", form=FormState({"code": 'S"1', "tags": ["b"]}))


def receive(request: PageRequest) -> Response:
    upload = request.form_data["file"]
    assert not isinstance(upload, str)
    return Response(str(len(upload.file.read())))


def fail(_request: PageRequest) -> Response:
    raise RuntimeError("an invented fault")


def lose_database(request: PageRequest) -> Response:
    with request.site.database.read():
        raise OperationalError("SELECT 1", {}, Exception("gone away"))


def be_gone(_request: PageRequest) -> Response:
    raise HTTPException(404)


specimen = Feature(
    name="specimen",
    title="Specimens",
    folder=FOLDER,
    routes=[
        page("/list", show_list, access=access.anyone_signed_in, name="list"),
        page("/form", show_form, access=access.anyone_signed_in, name="form"),
        page(
            "/form",
            receive,
            access=access.anyone_signed_in,
            name="form",
            methods=["POST"],
            max_body_bytes=5000,
        ),
        page("/fail", fail, access=access.public, name="fail"),
        page("/lost", lose_database, access=access.public, name="lost"),
        page("/lost", lose_database, access=access.public, name="lost", methods=["POST"]),
        page("/gone/{token}", be_gone, access=access.token, name="gone"),
        page("/audit", show_list, access=access.role(Role.RDBM, Role.AUDITOR), name="audit"),
    ],
    navigation=[NavigationEntry("Specimens", "list", frozenset({Role.RESEARCHER}), order=1)],
    home=[
        HomeSection(
            Role.RDBM,
            "What waits",
            "specimen/home.html",
            lambda _session, visitor, _now: {"who": visitor.username},
        )
    ],
)


@pytest.fixture
def browser(sqlite_database: Database) -> Iterator[Browser]:
    app = make_application(
        sqlite_database, features=(frame, auth, specimen), public_url="https://trust.example/crate"
    )
    with Browser(app) as browser:
        browser.sign_in_as(add_user(sqlite_database, "alice", Role.RESEARCHER, Role.RDBM))
        yield browser


@pytest.mark.parametrize("stripped", [True, False])
def test_the_prefix_works_whether_or_not_the_proxy_strips_it(
    sqlite_database: Database, stripped: bool
) -> None:
    app = make_application(sqlite_database, public_url="https://trust.example/crate")
    with Browser(app) as browser:
        browser._client.base_url = (
            "https://trust.example" if stripped else "https://trust.example/crate"
        )
        answer = browser.get("/")
        assert answer.headers["location"] == "/crate/login?next=%2Fcrate%2F"
        login = browser.get("/login").text
        assert 'action="/crate/login"' in login
        assert 'href="/crate/static/' in login


def test_the_bare_prefix_is_home(browser: Browser) -> None:
    browser._client.base_url = "https://trust.example"
    browser._path = lambda path: path  # type: ignore[method-assign]
    assert "<h1" in browser.get("/crate").text


def test_every_answer_has_its_security_headers(browser: Browser) -> None:
    for path in ("/login", "/list", "/nope", "/fail", "/lost"):
        headers = browser.get(path).headers
        policy = headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["strict-transport-security"].startswith("max-age=")
        assert headers["x-request-id"]


def test_without_https_nothing_is_promised(sqlite_database: Database) -> None:
    with Browser(make_application(sqlite_database)) as browser:
        assert "strict-transport-security" not in browser.get("/login").headers


def test_pages_hold_no_inline_script_or_style(browser: Browser) -> None:
    for path in ("/", "/list", "/form", "/account", "/nope", "/fail", "/lost"):
        text = browser.get(path).text
        assert "style=" not in text
        assert "<style" not in text
        assert text.count("<script") == text.count("<script src=") + text.count(
            '<script type="module" src='
        )
        assert not re.search(r"\son\w+=", text)


def test_a_fault_gives_a_reference_number_that_stands_in_the_log(
    browser: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = browser.get("/fail")
    assert answer.status_code == 500
    reference = answer.headers["x-request-id"]
    assert reference in answer.text
    assert "an invented fault" not in answer.text
    log = capsys.readouterr().out
    assert reference in log
    assert "an invented fault" in log


def test_a_front_proxys_request_id_is_kept_if_it_is_one(browser: Browser) -> None:
    answer = browser.request("GET", "/login", headers={"x-request-id": "abc-123-def"})
    assert answer.headers["x-request-id"] == "abc-123-def"
    answer = browser.request("GET", "/login", headers={"x-request-id": "<script>"})
    assert answer.headers["x-request-id"] != "<script>"


def test_a_lost_database_says_that_nothing_is_lost(browser: Browser) -> None:
    answer = browser.get("/lost")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "10"
    assert "Nothing is lost" in answer.text
    assert 'data-retry-seconds="10"' in answer.text
    browser.get("/account")
    posted = browser.post("/lost")
    assert posted.status_code == 503
    assert "was not saved" in posted.text
    assert "data-retry-seconds" not in posted.text


def test_not_there_and_not_yours_look_the_same(browser: Browser) -> None:
    absent, foreign = browser.get("/nope"), browser.get("/gone/secret-token")
    assert absent.status_code == foreign.status_code == 404
    assert "belongs to somebody else" in absent.text
    assert "belongs to somebody else" in foreign.text


def test_a_wrong_method_says_which_are_right(browser: Browser) -> None:
    answer = browser.request("DELETE", "/form")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, POST"


def test_a_body_that_is_too_large_is_refused(browser: Browser) -> None:
    browser.get("/form")
    small = browser.post("/form", files={"file": ("a.pdf", b"x" * 1000, "application/pdf")})
    assert (small.status_code, small.text) == (200, "1000")
    browser.get("/form")
    large = browser.post("/form", files={"file": ("a.pdf", b"x" * 6000, "application/pdf")})
    assert large.status_code == 413
    assert "larger than the site takes" in large.text


def test_a_refusal_names_the_roles_and_whom_to_ask(browser: Browser) -> None:
    with Browser(browser.app) as bob:
        bob.sign_in_as(add_user(browser.app.site.database, "bob", Role.RESEARCHER))
        text = bob.get("/audit").text
    assert "<strong>research database manager</strong> or <strong>auditor</strong>" in text
    assert "Alex Example" in text


def test_home_shows_one_card_for_each_role(browser: Browser) -> None:
    text = browser.get("/").text
    assert "What waits" in text
    assert "Specimen for alice" in text
    assert "As researcher" in text
    assert 'href="/crate/list"' in text


def test_somebody_without_a_role_is_told_whom_to_ask(browser: Browser) -> None:
    with Browser(browser.app) as bob:
        bob.sign_in_as(add_user(browser.app.site.database, "bob"))
        assert "Your account has no role yet" in bob.get("/").text


def test_the_title_says_page_section_and_site(browser: Browser) -> None:
    assert "<title>List - Specimens - Research database</title>" in browser.get("/list").text


def test_the_present_section_is_marked(browser: Browser) -> None:
    assert 'href="/crate/list" aria-current="true"' in browser.get("/list").text
    assert "aria-current" not in browser.get("/account").text


def test_a_list_says_how_many_and_pages_by_link(browser: Browser) -> None:
    text = browser.get("/list?page=2&sort=-name").text
    assert "5 rows, page 2 of 3" in text
    assert "three &lt;b&gt;" in text
    assert 'aria-sort="descending"' in text
    assert 'href="?sort=-name&amp;page=3"' in text


def test_form_fields_escape_what_they_show(browser: Browser) -> None:
    text = browser.get("/form").text
    assert 'value="S&#34;1"' in text
    assert 'value="b" checked' in text.replace("  ", " ")


def test_the_safety_catch_shows_to_who_is_signed_in(browser: Browser) -> None:
    assert "All mail goes to developer@example.org" in browser.get("/").text
    with Browser(browser.app) as stranger:
        assert "All mail goes to" not in stranger.get("/login").text


def test_assets_may_be_kept_for_ever(browser: Browser) -> None:
    address = browser.get("/about").text.split('rel="stylesheet" href="')[1].split('"')[0]
    answer = browser.request("GET", address, headers={"accept-encoding": "gzip"})
    if answer.status_code == 404:
        pytest.skip("assets are not built")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert "https://" not in answer.text.replace("https://www.w3.org", "")
    assert browser.get("/static/../app.py").status_code == 404
    assert browser.get("/static/manifest.json").status_code == 404
