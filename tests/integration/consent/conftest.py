"""A fresh hospital for each test, on each engine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crate_core.database import Database
from tests.integration.consent.world import World

MakeWorld = Callable[..., World]


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    """A hospital with the default settings."""
    return World(database, tmp_path)


@pytest.fixture
def make_world(database: Database, tmp_path: Path) -> MakeWorld:
    """Makes a hospital with other settings."""

    def make(**overrides: Any) -> World:
        return World(database, tmp_path, overrides)

    return make
