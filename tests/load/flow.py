"""Rows of what flows: from a post on a page to decided requests and delivered mails."""

import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median

import psutil
from sqlalchemy import select

from crate_core.models import ContactRequest
from tests.faults.people import Kind
from tests.load.measures import Work, working
from tests.load.rows import Result
from tests.load.site import Site

POSTS = 40
REQUESTS_VIA_CLINICIAN = 500
DIRECT_APPROVALS = 100
_WARM_UP = 4
PATIENTS = {
    Kind.YELLOW: POSTS + REQUESTS_VIA_CLINICIAN + 3 * _WARM_UP,
    Kind.GREEN: DIRECT_APPROVALS + _WARM_UP,
}

Trees = Callable[[], Mapping[str, Sequence[psutil.Process]]]


def post_to_processed(site: Site, name: str, trees: Trees) -> Result:
    """Measure single requests, one after the other, from the sent POST to the decision."""
    browser = site.sign_in()
    _warm_up(site, Kind.YELLOW)
    times = []
    with working(trees()) as work:
        for rid in site.take(Kind.YELLOW, POSTS):
            sent, _answered = site.ask_about(browser, [rid])
            times.append(_processed_at(site, rid) - sent)
    browser.close()
    site.await_rest()
    times.sort()
    detail = (
        f"p95 {times[int(len(times) * 0.95)] * 1000:.0f} ms; CPU ms a request: {work.each(POSTS)}"
    )
    return Result(name, median(times) * 1000, detail)


def clinician_mails(site: Site, trees: Trees) -> Result:
    """Measure many requests of one form, from when they are queued until all mails are delivered."""
    return _flood(site, "clinician", Kind.YELLOW, REQUESTS_VIA_CLINICIAN, trees)


def direct_approvals(site: Site, trees: Trees) -> Result:
    """Measure approvals of one form, each with a letter, until all mails are delivered."""
    return _flood(site, "direct", Kind.GREEN, DIRECT_APPROVALS, trees)


def _flood(site: Site, name: str, kind: Kind, number: int, trees: Trees) -> Result:
    browser = site.sign_in()
    _warm_up(site, kind)
    before = len(site.mail_times())
    work: Work
    with working(trees()) as work:
        _sent, queued = site.ask_about(browser, site.take(kind, number))
        times = site.await_mails(before + number, seconds=60)
    browser.close()
    arrived = len(times) - before
    site.await_rest()
    detail = f"{arrived} mails; CPU ms each: {work.each(arrived)}"
    return Result(name, arrived / (max(times) - queued), detail)


def _warm_up(site: Site, kind: Kind) -> None:
    """Let every process do some of the work once."""
    browser = site.sign_in()
    before = len(site.mail_times())
    site.ask_about(browser, site.take(kind, _WARM_UP))
    site.await_mails(before + _WARM_UP, seconds=30)
    browser.close()
    site.await_rest()


def _processed_at(site: Site, rid: str, *, seconds: float = 20) -> float:
    statement = select(ContactRequest.processed_at).where(ContactRequest.lookup_value == rid)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with site.database.read() as session:
            found = session.scalar(statement)
        if found:
            return found.timestamp()
        time.sleep(0.02)
    raise TimeoutError(f"the request about {rid} was not processed")
