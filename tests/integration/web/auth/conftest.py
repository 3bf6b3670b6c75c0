from collections.abc import Iterator

import pytest

from crate_core.database import Database
from crate_web.app import Application
from tests.web import Browser, make_application


@pytest.fixture
def app(sqlite_database: Database) -> Application:
    return make_application(sqlite_database)


@pytest.fixture
def browser(app: Application) -> Iterator[Browser]:
    with Browser(app) as browser:
        yield browser
