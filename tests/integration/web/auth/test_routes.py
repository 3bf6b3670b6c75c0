"""Every route of the site, tried by everybody: the table of routes is the table of cases."""

from collections.abc import Iterator

import pytest
from starlette.routing import Route

from crate_core.database import Database
from crate_core.domain.roles import Role
from crate_web.access import Decision, Kind, decide
from crate_web.app import Application
from crate_web.features import FEATURES
from crate_web.pages import MOST_ENTRIES
from crate_web.routing import PageRoute
from tests.servers.site_database import open_database
from tests.web import Browser, add_user, make_application

ROUTES = [route for feature in FEATURES for route in feature.routes]
PAGES = [route for route in ROUTES if isinstance(route, PageRoute)]
SAMPLES = {"int": "999999", "str": "x", "path": "x", "float": "1.5", "uuid": "0" * 32}


@pytest.fixture(scope="module")
def people(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[Role | None, Browser]]:
    template = request.getfixturevalue("_sqlite_template")
    database: Database = open_database(
        template.copy_to(tmp_path_factory.mktemp("roles") / "site.db")
    )
    app: Application = make_application(database)
    browsers: dict[Role | None, Browser] = {}
    for role in (None, *Role):
        browser = Browser(app).__enter__()
        browsers[role] = browser
        if role is not None:
            browser.sign_in_as(add_user(database, role.value, role))
    yield browsers
    for browser in browsers.values():
        browser.__exit__(None, None, None)
    database.dispose()


def sample_path(route: PageRoute) -> str:
    path = route.path_format
    for name, convertor in route.param_convertors.items():
        kind = type(convertor).__name__.removesuffix("Convertor").lower()
        path = path.replace(
            f"{{{name}}}", SAMPLES[{"string": "str", "integer": "int"}.get(kind, kind)]
        )
    return path


def title(route: PageRoute) -> str:
    return f"{'/'.join(sorted(route.methods or ()))} {route.path}"


def test_every_route_names_its_rule() -> None:
    without = [
        route for route in ROUTES if isinstance(route, Route) and not isinstance(route, PageRoute)
    ]
    assert without == []


def test_c121_what_answers_without_a_log_in_is_known() -> None:
    public = {route.path for route in PAGES if route.rule.kind is Kind.PUBLIC}
    known = {
        "/login",
        "/logout",
        "/about",
        "/accessibility",
        "/privacy",
        "/help",
        "/help/{topic}",
        "/leaflets/{name}.pdf",
        "/studies/{number:int}/details.pdf",
        "/studies/{number:int}/form.pdf",
    }
    assert public <= known
    by_token = {route.path for route in PAGES if route.rule.kind is Kind.TOKEN}
    assert by_token <= {"/respond/{token}", "/respond/{token}/pack.pdf"}


def test_what_changes_something_is_a_post() -> None:
    for route in PAGES:
        assert route.methods in ({"GET", "HEAD"}, {"POST"}, {"PUT"}, {"PATCH"}, {"DELETE"}), title(
            route
        )


@pytest.mark.parametrize("route", PAGES, ids=title)
@pytest.mark.parametrize("role", [None, *Role], ids=lambda role: role or "anonymous")
def test_c118_r03_a_route_answers_whom_it_is_for(
    people: dict[Role | None, Browser], role: Role | None, route: PageRoute
) -> None:
    browser = people[role]
    decision = decide(route.rule, None if role is None else frozenset({role}))
    method = "GET" if "GET" in (route.methods or ()) else min(route.methods or {"POST"})
    if decision is Decision.ALLOWED and method != "GET":
        # A post without a token is refused for that, and changes nothing.
        answer = browser.request(method, sample_path(route), data={})
        assert answer.status_code == 403
        assert "This form is no longer valid" in answer.text
        return
    answer = browser.request(method, sample_path(route))
    location = answer.headers.get("location", "")
    if decision is Decision.MUST_SIGN_IN:
        assert answer.status_code == 303
        assert location.startswith("/login")
    elif decision is Decision.REFUSED:
        assert answer.status_code == 403
        assert "with the role" in answer.text
        assert "ask Alex Example" in answer.text
    else:
        assert answer.status_code < 500
        # A wrong token is refused by its page, whoever comes with it.
        assert answer.status_code != 403 or route.rule.kind is Kind.TOKEN
        assert not location.startswith("/login")


@pytest.mark.parametrize("role", Role)
def test_navigation_has_six_entries_at_most_and_all_of_them_open(
    people: dict[Role | None, Browser], role: Role
) -> None:
    entries = [entry for feature in FEATURES for entry in feature.navigation if role in entry.roles]
    assert len(entries) <= MOST_ENTRIES
    rules = {route.name: route.rule for route in PAGES if "GET" in (route.methods or ())}
    for entry in entries:
        assert decide(rules[entry.route], frozenset({role})) is Decision.ALLOWED
        assert people[role].get(people[role].app.site.urls(entry.route)).status_code == 200
