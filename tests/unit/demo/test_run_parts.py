import io
import json
import stat
from pathlib import Path

import pytest

from crate_core.errors import SettingsError
from crate_core.settings import Service, load_settings, require
from crate_demo.run.console import Console
from crate_demo.run.mail_pages import _list, _read, _show
from crate_demo.run.services import SERVICES, Ports, make_processes
from crate_demo.run.state import State, locked, open_state
from crate_demo.run.supervisor import Process

PORTS = Ports(
    web=8000, smtp=9025, mail_pages=9026, private={n: 9030 + i for i, n in enumerate(SERVICES)}
)


def processes(state: State, environment: dict[str, str]) -> dict[str, Process]:
    return {process.name: process for process in make_processes(state, PORTS, environment)}


def test_key_is_made_once_and_is_the_owners_alone(tmp_path: Path) -> None:
    state = open_state(tmp_path / "run")
    key = state.secret_key.read_text()
    assert len(key) >= 32
    assert stat.S_IMODE(state.secret_key.stat().st_mode) == 0o600
    assert stat.S_IMODE(state.folder.stat().st_mode) == 0o700
    assert open_state(tmp_path / "run").secret_key.read_text() == key


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="CRATE_STATE"):
        open_state(tmp_path / "file" / "run")


def test_two_sites_do_not_run_on_one_folder(tmp_path: Path) -> None:
    state = open_state(tmp_path)
    with locked(state), pytest.raises(SettingsError, match="already runs"), locked(state):
        pass
    with locked(state):
        pass


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_told_all_that_it_needs(tmp_path: Path, name: str) -> None:
    state = open_state(tmp_path)
    environment = dict(processes(state, {})[name].environment)
    settings = load_settings(environment)
    require(settings, Service(name))
    assert settings.health_port == PORTS.private[name]


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_is_told_of_sources_that_are_not_its_own(tmp_path: Path, name: str) -> None:
    state = open_state(tmp_path)
    told = json.dumps(dict(processes(state, {})[name].environment))
    assert ("clinical.db" in told) == (name == "consent")
    assert ("secret.db" in told) == (name == "consent")
    assert ("research.db" in told) == (name == "runner")
    assert ("CRATE_SMTP_URL" in told) == (name == "mailer")


def test_own_environment_wins_over_what_a_run_would_set(tmp_path: Path) -> None:
    state = open_state(tmp_path)
    told = processes(state, {"CRATE_LOG_LEVEL": "DEBUG", "CRATE_WORKER_PROCESSES": "3"})
    assert told["consent"].environment["CRATE_WORKER_PROCESSES"] == "3"
    assert told["consent"].environment["CRATE_LOG_LEVEL"] == "DEBUG"


def test_mail_is_there_before_the_workers_and_they_before_the_pages(tmp_path: Path) -> None:
    stages = {name: p.stage for name, p in processes(open_state(tmp_path), {}).items()}
    assert stages["mail"] < stages["mailer"] < stages["web"]


def test_console_shows_json_as_words_and_other_lines_as_they_are() -> None:
    stream = io.StringIO()
    console = Console(("web", "mailer"), stream)
    console.log(
        "web", '{"time": "2026-05-03T14:05:09Z", "level": "info", "event": "run", "job": 3}'
    )
    console.log("mailer", "Traceback (most recent call last):")
    console.log("web", "[1, 2]")
    assert stream.getvalue().splitlines() == [
        "web    | 14:05:09 info run job=3",
        "mailer | Traceback (most recent call last):",
        "web    | [1, 2]",
    ]


MAIL = (
    "X-Envelope-To: a@example.org\r\nSubject: <b>Hello</b>\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n\r\n"
    "See http://127.0.0.1:8000/respond/abc?x=1&y=2 <script>alert(1)</script>\r\n"
)


def test_mails_are_listed_newest_first_and_escaped(tmp_path: Path) -> None:
    (tmp_path / "9.eml").write_bytes(MAIL.encode())
    (tmp_path / "10.eml").write_bytes(MAIL.replace("<b>Hello</b>", "Newer").encode())
    listed = _list(tmp_path)
    assert listed.index("Newer") < listed.index("&lt;b&gt;Hello")


def test_links_of_a_mail_can_be_followed_and_markup_is_shown(tmp_path: Path) -> None:
    (tmp_path / "9.eml").write_bytes(MAIL.encode())
    shown = _show(_read(tmp_path / "9.eml"), "9")
    assert '<a href="http://127.0.0.1:8000/respond/abc?x=1&amp;y=2">' in shown
    assert "<script>" not in shown


def test_empty_folder_says_so(tmp_path: Path) -> None:
    assert "No mail yet" in _list(tmp_path)
