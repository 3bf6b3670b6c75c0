"""Goes the way of a researcher through the demonstration, as `helm test` does.

Signs in, asks about a patient who chose GREEN, and waits for the mail that tells of the approval.
"""

import argparse
import html
import http.client
import re
import socket
import sys
import time
import urllib.parse
from collections.abc import Mapping

from crate_core.clock import utcnow
from crate_demo.eunomia import open_eunomia, read_people
from crate_demo.kinds import Kind
from crate_demo.load import SEED
from crate_demo.people import make_people
from crate_demo.site_content import PASSWORD, RESEARCHER

_FIELD = re.compile(r'<input[^>]*type="hidden"[^>]*>')
_ATTRIBUTE = re.compile(r'(name|value)="([^"]*)"')
_WAIT_SECONDS = 120
_REACHABLE_SECONDS = 30


class Browser:
    """Just enough of a browser: cookies, hidden fields, and what a front proxy adds."""

    def __init__(self, site: str, web: str) -> None:
        """Visit the site whose public address is `site` at `web` (host:port) of the cluster."""
        parts = urllib.parse.urlsplit(site)
        self._prefix = parts.path.rstrip("/")
        self._headers = {"Host": parts.netloc, "X-Forwarded-Proto": parts.scheme}
        self._web = web
        self._cookies: dict[str, str] = {}
        self._hidden: dict[str, str] = {}

    def get(self, path: str) -> str:
        """Return a page of the site, and remember the hidden fields of its forms."""
        return self._ask("GET", f"{self._prefix}{path}", None)

    def post(self, path: str, fields: Mapping[str, str]) -> str:
        """Send a form with its hidden fields; return the page that comes of it."""
        body = urllib.parse.urlencode({**self._hidden, **fields})
        return self._ask("POST", f"{self._prefix}{path}", body)

    def _ask(self, method: str, path: str, body: str | None) -> str:
        headers = dict(self._headers)
        if self._cookies:
            headers["Cookie"] = "; ".join(
                f"{name}={value}" for name, value in self._cookies.items()
            )
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection(self._web, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        if answer.status == http.HTTPStatus.SEE_OTHER:
            target = urllib.parse.urlsplit(answer.headers["Location"])
            return self._ask(
                "GET", target.path + (f"?{target.query}" if target.query else ""), None
            )
        if answer.status != http.HTTPStatus.OK:
            raise SystemExit(f"{method} {path}: {answer.status}\n{text[:2000]}")
        self._hidden = hidden_fields(text)
        return text


def await_reachable(place: str) -> None:
    """Wait until `place` (host:port) takes connections: policies know a new pod only after a moment."""
    host, _, port = place.partition(":")
    deadline = time.monotonic() + _REACHABLE_SECONDS
    while True:
        try:
            socket.create_connection((host, int(port)), timeout=5).close()
        except OSError as error:
            if time.monotonic() > deadline:
                raise SystemExit(f"{place} cannot be reached: {error}") from error
            time.sleep(0.5)
        else:
            return


def hidden_fields(page: str) -> dict[str, str]:
    """Return the names and values of hidden fields."""
    fields = (dict(_ATTRIBUTE.findall(tag)) for tag in _FIELD.findall(page))
    return {field["name"]: html.unescape(field.get("value", "")) for field in fields}


def green_rids(patients: int) -> list[str]:
    """Return the research IDs of people who said GREEN, as the loader made them."""
    with open_eunomia() as eunomia:
        people = make_people(read_people(eunomia), patients, SEED, utcnow().date())
    return [person.rid for person in people if person.kind is Kind.GREEN]


def mails_at(mails: str) -> str:
    """Return the list of mails that the sink kept."""
    connection = http.client.HTTPConnection(mails, timeout=30)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def ask_about(browser: Browser, rid: str) -> str:
    """Ask about a patient for study S1; return the code of the request."""
    page = browser.get("/contact/requests/new")
    study = re.search(r'<input[^>]*name="study"[^>]*value="(\d+)"', page)
    if not study:
        raise SystemExit("the researcher is offered no study")
    browser.post("/contact/requests/new", {"study": study[1], "rids": rid, "direct": "true"})
    page = browser.post("/contact/requests/new", {"confirmed": "true"})
    code = re.search(r"/contact/requests/([0-9A-Z][0-9A-Z-]+)\"", page)
    if not code:
        raise SystemExit(f"no request was sent:\n{page[:4000]}")
    return code[1]


def await_mail(mails: str, code: str, before: str) -> None:
    """Wait until the sink has a mail whose subject names the request."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        page = mails_at(mails)
        if code in page and page != before:
            return
        time.sleep(1)
    raise SystemExit(f"no mail about {code} within {_WAIT_SECONDS} s")


def main() -> None:
    """Go the whole way; exit with 1 and the reason where it ends early."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("site", "web", "mails"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--patients", type=int, required=True)
    options = parser.parse_args()
    for place in (options.web, options.mails):
        await_reachable(place)
    browser = Browser(options.site, options.web)
    browser.get("/login")
    page = browser.post("/login", {"username": RESEARCHER, "password": PASSWORD})
    if "Sign out" not in page:
        raise SystemExit(f"{RESEARCHER} cannot sign in:\n{page[:4000]}")
    sys.stdout.write(f"signed in as {RESEARCHER}\n")
    rids = green_rids(options.patients)
    before = mails_at(options.mails)
    # Another patient each time, so that a test that is repeated asks something new.
    code = ask_about(browser, rids[int(time.time()) % len(rids)])
    sys.stdout.write(f"sent request {code}\n")
    await_mail(options.mails, code, before)
    sys.stdout.write("the approval was mailed\n")


if __name__ == "__main__":
    main()
