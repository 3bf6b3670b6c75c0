"""A cluster, and one release in it for all tests of this folder: `make test-cluster` runs them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import chromium, new_page  # noqa: F401 - fixtures
from tests.browser.sites import demo_people
from tests.deploy.cluster import kubernetes
from tests.deploy.cluster.site import ClusterSite
from tests.deploy.images.conftest import prefixed_page  # noqa: F401 - fixture


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ours = [item for item in items if Path(__file__).parent in item.path.parents]
    reason = _why_not() if ours else None
    for item in ours:
        item.add_marker(pytest.mark.timeout(600))
        if reason:
            item.add_marker(pytest.mark.skip(reason))
    # What removes the release comes after everything else.
    items.sort(key=lambda item: item in ours and item.path.stem == "test_removal")


def _why_not() -> str | None:
    if not os.environ.get("CRATE_TEST_CLUSTER"):
        return "takes minutes: `make test-cluster` runs it"
    return kubernetes.why_not()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterSite]:
    """The whole system, from nothing."""
    kubernetes.remove_what_was_left()
    site = ClusterSite(demo_people(), tmp_path_factory.mktemp("cluster"))
    try:
        site.install()
        yield site
    finally:
        site.stop()
