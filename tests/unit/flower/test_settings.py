"""Flower's settings: secrets from files, and never without a log-in."""

from pathlib import Path

import pytest

from crate_flower.settings import FlowerSettingsError, read_settings

BROKER = {"CRATE_BROKER_URL": "amqp://flower:x@rabbitmq/crate"}


def test_secrets_come_from_files_and_accounts_are_lines(tmp_path: Path) -> None:
    url, accounts = tmp_path / "url", tmp_path / "accounts"
    url.write_text("amqp://flower:y@rabbitmq/crate\n")
    accounts.write_text("one:first\ntwo:second\n")
    broker_url, options = read_settings(
        {"CRATE_BROKER_URL_FILE": str(url), "FLOWER_BASIC_AUTH_FILE": str(accounts)}
    )
    assert broker_url == "amqp://flower:y@rabbitmq/crate"
    assert options["FLOWER_BASIC_AUTH"] == "one:first,two:second"


def test_the_environment_wins_over_a_file(tmp_path: Path) -> None:
    file = tmp_path / "accounts"
    file.write_text("from:file")
    given = {"FLOWER_BASIC_AUTH": "from:environment", "FLOWER_BASIC_AUTH_FILE": str(file)}
    _url, options = read_settings(BROKER | given)
    assert options["FLOWER_BASIC_AUTH"] == "from:environment"


def test_it_only_watches_unless_told_otherwise() -> None:
    accounts = {"FLOWER_BASIC_AUTH": "a:b"}
    assert read_settings(BROKER | accounts)[1]["FLOWER_READ_ONLY"] == "true"
    told = {"FLOWER_READ_ONLY": "false"}
    assert read_settings(BROKER | accounts | told)[1]["FLOWER_READ_ONLY"] == "false"


@pytest.mark.parametrize("prefix", ["crate/flower", "/crate/flower/", "/crate/flower"])
def test_path_prefix_may_have_slashes_around_it(prefix: str) -> None:
    given = {"FLOWER_BASIC_AUTH": "a:b", "FLOWER_URL_PREFIX": prefix}
    assert read_settings(BROKER | given)[1]["FLOWER_URL_PREFIX"] == "crate/flower"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "needs a log-in"),
        ({"FLOWER_BASIC_AUTH": " \n"}, "needs a log-in"),
        ({"FLOWER_AUTH": ".*@example.org"}, "needs a log-in"),
        ({"FLOWER_BASIC_AUTH": "a:b", "CRATE_BROKER_URL": ""}, "CRATE_BROKER_URL"),
        ({"FLOWER_BASIC_AUTH_FILE": "/nowhere"}, "FLOWER_BASIC_AUTH_FILE=/nowhere: cannot be read"),
    ],
)
def test_what_is_wrong_is_told(given: dict[str, str], told: str) -> None:
    with pytest.raises(FlowerSettingsError, match=told):
        read_settings(BROKER | given)


def test_open_id_connect_needs_no_accounts() -> None:
    given = {
        "FLOWER_AUTH": ".*@example.org",
        "FLOWER_AUTH_PROVIDER": "flower.views.auth.OktaLoginHandler",
    }
    assert "FLOWER_BASIC_AUTH" not in read_settings(BROKER | given)[1]
