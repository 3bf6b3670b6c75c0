"""An engine, and one system on it for all tests of this folder: `make test-images` runs them."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import NewPage, chromium, new_page  # noqa: F401 - fixtures
from tests.browser.sites import RunningSite, demo_people
from tests.deploy.images import engine
from tests.deploy.images.site import ContainerSite, remove_what_was_left


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ours = [item for item in items if Path(__file__).parent in item.path.parents]
    reason = _why_not() if ours else None
    for item in ours:
        item.add_marker(pytest.mark.timeout(900))
        if reason:
            item.add_marker(pytest.mark.skip(reason))


def _why_not() -> str | None:
    if not os.environ.get("CRATE_TEST_IMAGES"):
        return "takes minutes: `make test-images` runs it"
    return None if engine.is_there() else "no container engine answers at DOCKER_HOST"


@pytest.fixture(scope="session")
def site() -> Iterator[ContainerSite]:
    """The whole system, from nothing."""
    remove_what_was_left()
    site = ContainerSite(demo_people())
    yield site
    site.stop()


@pytest.fixture
def prefixed_page(new_page: NewPage) -> Callable[..., Page]:  # noqa: F811 - that fixture
    """Opens pages as `new_page` does, below the path prefix of the site."""

    def make(site: RunningSite, **options: Any) -> Page:
        page = new_page(site, **options)
        go = page.goto

        def goto(url: str, **arguments: Any) -> object:
            return go(f"{site.url}{url}" if url.startswith("/") else url, **arguments)

        page.goto = goto  # type: ignore[method-assign,assignment]
        return page

    return make
