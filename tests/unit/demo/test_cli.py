import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crate_core.database import make_engine
from crate_core.errors import SettingsError
from crate_core.migrations import upgrade
from crate_demo.cli import app


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    research = {"name": "demo", "url": f"sqlite:///{tmp_path}/research.db"}
    source = {"name": "dummy", "kind": "dummy", "url": f"sqlite:///{tmp_path}/clinical.db"}
    monkeypatch.setenv("CRATE_DATABASE_URL", f"sqlite:///{tmp_path}/site.db")
    monkeypatch.setenv("CRATE_RESEARCH_DATABASES", json.dumps([research]))
    monkeypatch.setenv("CRATE_CLINICAL_SOURCES", json.dumps([source]))
    monkeypatch.setenv("CRATE_SECRET_MAP_URL", f"sqlite:///{tmp_path}/secret.db")
    engine = make_engine(f"sqlite:///{tmp_path}/site.db")
    upgrade(engine)
    engine.dispose()
    return tmp_path


@pytest.mark.usefixtures("environment")
def test_load_tells_accounts_and_people_and_says_when_nothing_was_missing() -> None:
    first = CliRunner().invoke(app, ["load", "--patients", "40"])
    assert first.exit_code == 0, first.output
    assert "Filled: research, secret map, clinical, site." in first.output
    assert "password of all: demonstration" in first.output
    assert "a2ab94810d6ae55a606e1ac1b0aa69da" in first.output
    second = CliRunner().invoke(app, ["load"])
    assert "Everything was there already." in second.output


def test_url_of_the_command_line_wins(environment: Path) -> None:
    other = environment / "other.db"
    arguments = ["load", "--patients", "40", "--research-url", f"sqlite:///{other}"]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert other.exists()
    assert not (environment / "research.db").exists()


@pytest.mark.usefixtures("environment")
def test_database_that_is_not_named_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRATE_SECRET_MAP_URL")
    result = CliRunner().invoke(app, ["load", "--patients", "40"])
    assert isinstance(result.exception, SettingsError)
    assert "--secret-map-url" in str(result.exception)


@pytest.mark.usefixtures("environment")
def test_too_few_people_for_all_kinds_are_refused() -> None:
    assert CliRunner().invoke(app, ["load", "--patients", "5"]).exit_code == 2
