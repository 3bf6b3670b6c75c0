"""One maker of letters for all tests: it keeps nothing of one letter for the next."""

from datetime import UTC

import pytest

from crate_consent.letters import Letters
from crate_core.settings.wording import SiteWording


@pytest.fixture(scope="session")
def letters() -> Letters:
    return Letters(SiteWording(), UTC)
