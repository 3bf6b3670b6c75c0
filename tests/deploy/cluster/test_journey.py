"""The journey of `tests/browser` through the cluster's ingress, with TLS and below a path prefix."""

from collections.abc import Callable
from functools import partial

import httpx
from playwright.sync_api import Page

from crate_demo.kinds import Kind
from tests.browser import test_journey as walk
from tests.deploy.cluster.site import ClusterSite


def test_journey_through_the_ingress_and_its_path_prefix(
    site: ClusterSite, prefixed_page: Callable[..., Page]
) -> None:
    kinds = (Kind.GREEN, Kind.YELLOW, Kind.YELLOW, Kind.YELLOW)
    # The browser does not know the authority; what is signed how is checked wherever httpx is used.
    page = partial(prefixed_page, ignore_https_errors=True)
    walk.take_the_journey(walk.Walk(site, page, *(site.take(kind) for kind in kinds)))


def test_flower_watches_behind_its_own_log_in(site: ClusterSite) -> None:
    account = site.execute("flower", "cat", "/etc/crate/secrets/basic_auth").strip().split(":")
    with site.browser() as browser:
        assert browser.get("/flower/").status_code == httpx.codes.UNAUTHORIZED
        browser.auth = httpx.BasicAuth(*account)
        workers = browser.get("/flower/workers", params={"json": "1"}).json()["data"]
        online = {each["hostname"].partition("@")[0] for each in workers if each["status"]}
        assert online == {"consent", "mailer", "runner"}
        # They are Prometheus' alone, which does not come this way.
        assert browser.get("/flower/metrics").status_code == httpx.codes.NOT_FOUND
