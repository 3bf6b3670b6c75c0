"""Small pure rules: passwords, throttle, sessions, signatures, formats, components."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from crate_web import formatting
from crate_web.auth.hashing import PasswordHashing
from crate_web.auth.passwords import problem_with
from crate_web.auth.sessions import Limits
from crate_web.auth.throttle import Failures, must_wait
from crate_web.components import Components
from crate_web.csrf import CsrfTokens, comes_from_here
from crate_web.signing import Signer, decode, encode
from crate_web.site import Address

NOW = datetime(2026, 7, 1, 13, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "password", ["marmalade tractor seven", "Xk3!pQ9z#mW2", "ünïcode wörter viele"]
)
def test_c120_good_passwords_pass(password: str) -> None:
    assert problem_with(password, username="alice") is None


@pytest.mark.parametrize(
    "password",
    [
        "",
        "elevenchars",
        "x" * 201,
        "hello alice 12",
        "abababababab",
        "abcdefghijkl",
        "987654321098",
        "Password1234",
        "passwordpassword",
        "741852963074185",
    ],
)
def test_c120_weak_passwords_are_refused(password: str) -> None:
    assert problem_with(password, username="alice")


@pytest.mark.parametrize(
    ("of_name", "from_address", "waits"),
    [(9, 9, False), (10, 10, True), (0, 99, False), (0, 100, True)],
)
def test_c120_ten_failures_are_the_limit(of_name: int, from_address: int, waits: bool) -> None:
    assert must_wait(Failures(of_name, from_address), 10) is waits


@pytest.mark.parametrize(
    ("seen_ago", "left", "live"),
    [(29, 60, True), (30, 60, False), (0, 0, False), (0, 1, True), (-1, 1, True)],
)
def test_c120_sessions_end_by_idleness_and_by_age(seen_ago: int, left: int, live: bool) -> None:
    limits = Limits(timedelta(minutes=30), timedelta(hours=12))
    last_seen_at, expires_at = NOW - timedelta(minutes=seen_ago), NOW + timedelta(minutes=left)
    assert limits.is_live(last_seen_at=last_seen_at, expires_at=expires_at, now=NOW) is live


def test_nobody_has_the_password_of_an_account_that_does_not_exist() -> None:
    hashing = PasswordHashing(memory_kib=8, passes=1)
    stored = hashing.hash("right")
    assert hashing.is_right(stored, "right")
    assert not hashing.is_right(stored, "wrong")
    assert not hashing.is_right(None, "a password that nobody has")
    assert not hashing.is_right("not a hash", "right")
    assert PasswordHashing(memory_kib=16, passes=1).is_outdated(stored)
    assert not hashing.is_outdated(stored)


@given(st.binary(max_size=50))
def test_what_is_signed_can_be_opened_by_the_same_key_alone(data: bytes) -> None:
    signer = Signer("secret", "flash")
    assert signer.open(signer.sign(data)) == data
    assert Signer("secret", "csrf").open(signer.sign(data)) is None
    assert Signer("other", "flash").open(signer.sign(data)) is None
    assert decode(encode(data)) == data


@given(st.text(max_size=80))
def test_no_text_from_outside_opens(text: str) -> None:
    assert Signer("secret", "flash").open(text) is None
    assert not CsrfTokens(Signer("secret", "csrf")).is_valid(text, "somebody")


def test_csrf_tokens_are_for_one_visitor() -> None:
    tokens = CsrfTokens(Signer("secret", "csrf"))
    token = tokens.make("alice")
    assert tokens.is_valid(token, "alice")
    assert not tokens.is_valid(token, "bob")
    assert not tokens.is_valid(tokens.make(""), "")
    assert tokens.make("alice") != token


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "cross-site", "origin": "https://here"}, False),
        ({"origin": "https://here"}, True),
        ({"origin": "http://here"}, False),
    ],
)
def test_the_browsers_word_decides_where_a_post_is_from(headers: dict[str, str], own: bool) -> None:
    assert comes_from_here(Headers(headers), frozenset({"https://here"})) is own


def test_times_are_written_as_clocks_here_show_them() -> None:
    assert formatting.moment(NOW, ZoneInfo("Europe/London")) == "1 July 2026, 14:05"
    assert formatting.moment(NOW, ZoneInfo("UTC")) == "1 July 2026, 13:05"
    assert formatting.day(date(2026, 5, 3)) == "3 May 2026"
    late = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert formatting.local_day(late, ZoneInfo("Europe/London")) == "2 July 2026"


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(days=2, hours=5), "2 days"),
        (timedelta(days=1), "1 day"),
        (timedelta(minutes=61), "1 hour"),
        (timedelta(seconds=59), "59 seconds"),
        (timedelta(seconds=-5), "0 seconds"),
        (timedelta(days=1234), "1,234 days"),
    ],
)
def test_ages_are_in_their_largest_unit(age: timedelta, text: str) -> None:
    assert formatting.duration(age) == text


@pytest.mark.parametrize(
    ("url", "origin", "prefix", "https"),
    [
        ("https://trust.example/crate", "https://trust.example", "/crate", True),
        ("https://trust.example:443", "https://trust.example", "", True),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", "", False),
        ("https://TRUST.example:8443/a/b/", "https://trust.example:8443", "/a/b", True),
    ],
)
def test_the_public_address_is_taken_apart(url: str, origin: str, prefix: str, https: bool) -> None:
    assert Address.of(url) == Address(origin, prefix, https)


def test_components_are_escaped_and_remembered_without_values() -> None:
    component = Components()
    field: dict[str, Any] = {"id": "a", "name": "a", "label": {"text": "<b>"}}
    html = component("input", **field, value='"><script>')
    assert "&lt;b&gt;" in html
    assert "<script>" not in html
    assert "&#34;&gt;&lt;script&gt;" in html
    assert "second" in component("input", **field, value="second")
    remembered = component._remembered.cache_info()
    assert (remembered.currsize, remembered.hits) == (1, 1)
    assert 'value=""' not in component("input", **field)


def test_what_may_be_personal_is_not_remembered() -> None:
    component = Components()
    component("summaryList", rows=[{"key": {"text": "Name"}, "value": {"text": "Somebody"}}])
    component("select", id="a", name="a", label={"text": "Patient"}, items=[], personal=True)
    component("input", id="a", name="a", label={"text": "A"}, errorMessage={"text": "Wrong: 999"})
    assert component._remembered.cache_info().currsize == 0


@pytest.mark.parametrize(
    "name", ["button", "passwordInput", "table", "list", "image", "dateInput", "tag"]
)
def test_every_component_is_found_by_its_macros_name(name: str) -> None:
    assert Components()(
        name, id="a", name="a", text="A", label={"text": "A"}, type="tick", items=[]
    )
