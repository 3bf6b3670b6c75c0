"""Addresses: made from names, and checked before somebody is sent to one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Route

from crate_web.paths import Urls, own_path


def nothing(_request: object) -> None: ...


ROUTES = [
    Route("/", nothing, name="home"),
    Route("/runs/{id:int}/export.{kind}", nothing, name="export"),
    Route("/runs", nothing, name="runs"),
    Route("/runs", nothing, name="runs", methods=["POST"]),
]


@pytest.mark.parametrize(
    ("name", "parameters", "address"),
    [
        ("home", {}, "/crate/"),
        ("export", {"id": 7, "kind": "csv"}, "/crate/runs/7/export.csv"),
        ("export", {"id": 7, "kind": "a/b?c"}, "/crate/runs/7/export.a%2Fb%3Fc"),
        ("runs", {"q": "a b&c", "page": 2, "state": None}, "/crate/runs?q=a+b%26c&page=2"),
    ],
)
def test_addresses_have_prefix_parameters_and_query(
    name: str, parameters: dict[str, object], address: str
) -> None:
    assert Urls(ROUTES, "/crate")(name, **parameters) == address


def test_an_unknown_name_or_a_missing_parameter_is_an_error() -> None:
    urls = Urls(ROUTES, "")
    with pytest.raises(KeyError):
        urls("nowhere")
    with pytest.raises(KeyError):
        urls("export", id=7)


def test_two_paths_cannot_have_one_name() -> None:
    with pytest.raises(ValueError, match="two routes"):
        Urls([*ROUTES, Route("/other", nothing, name="home")], "")


@pytest.mark.parametrize(
    ("target", "prefix", "allowed"),
    [
        ("/crate/studies?x=1#part", "/crate", True),
        ("/crate/", "/crate", True),
        ("/crate", "/crate", False),
        ("/cratex/", "/crate", False),
        ("/crate/../admin", "/crate", False),
        ("/crate/%2e%2E/admin", "/crate", False),
        ("/crate/.%2e/admin", "/crate", False),
        ("/studies", "", True),
        ("//evil.example", "", False),
        ("/\\evil.example", "", False),
        ("/a\\b", "", False),
        ("/a\tb", "", False),
        ("/a\nb", "", False),
        ("https://evil.example", "", False),
        ("", "", False),
        (None, "", False),
    ],
)
def test_c119_r02_only_own_paths_are_own(target: str | None, prefix: str, allowed: bool) -> None:
    assert own_path(target, prefix, "home") == (target if allowed else "home")


@given(st.text(alphabet="/\\:.@?#%\t\n evil", max_size=12))
def test_c119_r02_what_is_let_through_stays_on_this_host(target: str) -> None:
    path = own_path(target, "", "/")
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert "\n" not in path
    assert "\t" not in path
    assert "\\" not in path
