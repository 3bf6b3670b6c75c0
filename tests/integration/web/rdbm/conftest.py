"""A small hospital with the site's pages, and its manager at the browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crate_core.database import Database
from crate_core.domain.roles import Role
from crate_core.models import UserAccount
from crate_web.app import Application
from tests.integration.consent.world import World
from tests.web import Browser, add_user, make_application


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path) -> World:
    return World(sqlite_database, tmp_path)


@pytest.fixture
def app(world: World) -> Application:
    return make_application(world.database)


@pytest.fixture
def manager(app: Application) -> UserAccount:
    return add_user(app.site.database, "mona", Role.RDBM)


@pytest.fixture
def browser(app: Application, manager: UserAccount) -> Iterator[Browser]:
    with Browser(app) as browser:
        browser.sign_in_as(manager)
        yield browser
