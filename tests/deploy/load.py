"""Researchers who go on asking, whatever happens to the site meanwhile."""

import threading
import time
from collections.abc import Sequence
from contextlib import closing
from typing import Self

import httpx

from crate_demo.people import Person
from tests.deploy.deployed import DeployedSite
from tests.load.site import fields_of

_PAUSE_SECONDS = 0.5
_PATIENCE_SECONDS = 180


class Asking:
    """Asks about one person after the other; posts a form again until the site has said that it has it.

    Attributes:
        people: whom to ask about.
        asked: whom the site has said to ask about, in order.
        refused: how often an answer was no answer, such as 502 of the proxy.
    """

    def __init__(
        self, site: DeployedSite, people: Sequence[Person], *, pause: float = _PAUSE_SECONDS
    ) -> None:
        self._site = site
        self.people = list(people)
        self._pause = pause
        self.asked: list[Person] = []
        self.refused = 0
        self._study = site.rows("SELECT id FROM study WHERE title LIKE 'S1:%'")[0][0]
        self._allowed = threading.Semaphore(0)
        self._stop = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._ask_until_stopped, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._allowed.release()
        self._thread.join()

    def go_on(self, number: int) -> None:
        """Let so many more people be asked about; return when the first of them has been."""
        wanted = len(self.asked) + 1
        self._allowed.release(number)
        self._await(wanted)

    def await_all(self) -> None:
        """Return when everybody has been asked about."""
        self._allowed.release(len(self.people))
        self._await(len(self.people))

    def _await(self, wanted: int) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while len(self.asked) < wanted:
            if self._failure:
                raise self._failure
            assert time.monotonic() < deadline, f"stuck after {len(self.asked)} requests"
            time.sleep(0.1)

    def _ask_until_stopped(self) -> None:
        try:
            with closing(self._site.sign_in("researcher")) as browser:
                for person in self.people:
                    self._allowed.acquire()
                    if self._stop.is_set():
                        return
                    self._ask_about(browser, person)
                    self.asked.append(person)
                    self._stop.wait(self._pause)
        except Exception as error:  # noqa: BLE001 - raised where the test ends
            self._failure = error

    def _ask_about(self, browser: httpx.Client, person: Person) -> None:
        # One form, with a number of its own: however often it is posted, it asks once.
        form = fields_of(self._until(httpx.codes.OK, browser, "GET", {}))
        order = {"study": self._study, "rids": person.rid, "direct": "true", "confirmed": "true"}
        self._until(httpx.codes.SEE_OTHER, browser, "POST", {**form, **order})

    def _until(
        self, wanted: int, browser: httpx.Client, method: str, data: dict[str, str]
    ) -> httpx.Response:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                answer = browser.request(method, "/contact/requests/new", data=data or None)
            except httpx.HTTPError as error:
                told = repr(error)
            else:
                told = f"{answer.status_code} {answer.text[:1000]}"
                assert "/login" not in answer.headers.get("location", ""), "was signed out"
                if answer.status_code == wanted:
                    return answer
            self.refused += 1
            assert time.monotonic() < deadline, told
            time.sleep(0.3)
