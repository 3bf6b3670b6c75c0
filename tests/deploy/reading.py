"""People who go on reading pages, whatever happens to the site meanwhile."""

import itertools
import threading
import time
from contextlib import closing
from typing import Self

import httpx

from tests.deploy.deployed import DeployedSite

_PAGES = ("/", "/contact/requests", "/research/sql", "/login", "/about")
_PAUSE_SECONDS = 0.05


class Reading:
    """Reads page after page in several browsers, each signed in; asks for none twice.

    Attributes:
        read: how many pages came.
        lost: what came instead of the others, with the time since the start.
    """

    def __init__(self, site: DeployedSite, browsers: int = 3) -> None:
        self._site = site
        self.read = 0
        self.lost: list[str] = []
        self._started = time.monotonic()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._browsers = [site.sign_in("researcher") for _ in range(browsers)]
        self._threads = [
            threading.Thread(target=self._read_until_stopped, args=(browser,), daemon=True)
            for browser in self._browsers
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def told(self) -> str:
        """Return what came instead of pages, a line each."""
        return "\n".join(["", *self.lost])

    def _read_until_stopped(self, browser: httpx.Client) -> None:
        with closing(browser):
            for page in itertools.cycle(_PAGES):
                if self._stop.wait(_PAUSE_SECONDS):
                    return
                told = _why_lost(browser, page)
                with self._lock:
                    self.read += told is None
                    if told:
                        self.lost.append(f"{time.monotonic() - self._started:.1f} s: {told}")


def _why_lost(browser: httpx.Client, page: str) -> str | None:
    try:
        answer = browser.get(page)
    except httpx.HTTPError as error:
        return f"{page}: {error!r}"
    if answer.status_code in {httpx.codes.OK, httpx.codes.SEE_OTHER}:
        return None
    return f"{page}: {answer.status_code} {answer.text[:200]}"
