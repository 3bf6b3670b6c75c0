"""Settings: where they come from, which wins, and what is said of wrong ones."""

from pathlib import Path

import pytest

from crate_core.errors import SettingsError
from crate_core.settings import Service, Settings, load_settings, require

ENOUGH = {
    "CRATE_SECRET_KEY": "k" * 32,
    "CRATE_DATABASE_URL": "sqlite:////data/site.db",
    "CRATE_BROKER_URL": "amqp://user:word@broker/crate",
}


def write(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_defaults_are_enough_to_read_settings() -> None:
    settings = load_settings({})
    assert settings.discharge_limit_days == 1095
    assert settings.clinician_reminder_days == [14, 28]
    assert settings.safety_catch is True


def test_environment_wins_over_secret_file_and_this_over_yaml(tmp_path: Path) -> None:
    config = write(tmp_path / "a.yaml", "mail_from: yaml@example.org\nlog_level: ERROR\n")
    secret = write(tmp_path / "secret", "file@example.org\n")
    environment = {"CRATE_CONFIG": config}
    assert load_settings(environment).mail_from == "yaml@example.org"
    environment["CRATE_MAIL_FROM_FILE"] = secret
    assert load_settings(environment).mail_from == "file@example.org"
    environment["CRATE_MAIL_FROM"] = "environment@example.org"
    settings = load_settings(environment)
    assert settings.mail_from == "environment@example.org"
    assert settings.log_level == "ERROR"


def test_lists_stand_in_yaml_in_json_and_in_secret_files(tmp_path: Path) -> None:
    config = write(tmp_path / "a.yaml", "clinician_reminder_days: [7, 21]\n")
    assert load_settings({"CRATE_CONFIG": config}).clinician_reminder_days == [7, 21]
    in_json = {"CRATE_CLINICIAN_REMINDER_DAYS": "[10, 20]"}
    assert load_settings(in_json).clinician_reminder_days == [10, 20]
    sources = write(
        tmp_path / "sources", "- {name: record, kind: dummy, url: 'sqlite:////data/c.db'}\n"
    )
    settings = load_settings({"CRATE_CLINICAL_SOURCES_FILE": sources})
    assert settings.clinical_sources[0].url.get_secret_value() == "sqlite:////data/c.db"


def test_secrets_are_never_printed() -> None:
    settings = load_settings(ENOUGH)
    assert "word" not in repr(settings)
    assert "kkkk" not in str(settings.model_dump())


@pytest.mark.parametrize(
    ("variable", "value", "rule"),
    [
        ("CRATE_SECRET_KEY", "short", "at least 32"),
        ("CRATE_PUBLIC_URL", "site.example.org", "must be http(s)://host"),
        ("CRATE_DATABASE_URL", "postgresql://host/name", "use sqlite, mysql, mariadb or mssql"),
        ("CRATE_DATABASE_URL", "nonsense", "is not a database URL"),
        ("CRATE_BROKER_URL", "redis://host", "must begin with amqp://"),
        ("CRATE_TIME_ZONE", "Mars/Olympus", "is not a time zone"),
        ("CRATE_CLINICIAN_REMINDER_DAYS", "[28, 14]", "days that rise"),
        ("CRATE_CLINICIAN_REMINDER_DAYS", "[14,", "written as JSON"),
        ("CRATE_HEALTH_PORT", "70000", "less than or equal to 65535"),
        ("CRATE_LOG_LEVEL", "LOUD", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
    ],
)
def test_wrong_setting_is_named_with_its_place_and_rule(
    variable: str, value: str, rule: str
) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings({variable: value})
    message = str(error.value)
    assert variable in message or variable.removeprefix("CRATE_").lower() in message
    assert rule in message


def test_all_wrong_settings_are_named_at_once(tmp_path: Path) -> None:
    config = write(tmp_path / "a.yaml", "run_max_rows: none\nruns_per_user: 0\n")
    with pytest.raises(SettingsError) as error:
        load_settings({"CRATE_CONFIG": config})
    assert "CRATE_RUN_MAX_ROWS" in str(error.value)
    assert "CRATE_RUNS_PER_USER" in str(error.value)
    assert config in str(error.value)


@pytest.mark.parametrize("name", ["CRATE_DATABSE_URL", "CRATE_SMTP_URL_FILES", "CRATE_SITES"])
def test_misspelt_variable_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load_settings({name: "x"})


def test_misspelt_name_in_the_file_is_refused(tmp_path: Path) -> None:
    config = write(tmp_path / "a.yaml", "mail_form: a@example.org\n")
    with pytest.raises(SettingsError, match="CRATE_MAIL_FORM"):
        load_settings({"CRATE_CONFIG": config})


@pytest.mark.parametrize(
    "name",
    [
        "CRATE_WEB_SERVICE_HOST",
        "CRATE_WEB_PORT",
        "CRATE_WEB_PORT_8000_TCP_ADDR",
        "CRATE_TEST_AMQP_URL",
    ],
)
def test_variables_that_kubernetes_or_the_tests_set_are_no_settings(name: str) -> None:
    assert isinstance(load_settings({name: "x"}), Settings)


@pytest.mark.parametrize("content", ["[1, 2]", "a: [", "just words"])
def test_file_that_is_no_mapping_is_refused_by_name(tmp_path: Path, content: str) -> None:
    config = write(tmp_path / "a.yaml", content)
    with pytest.raises(SettingsError, match=r"CRATE_CONFIG=.*a\.yaml"):
        load_settings({"CRATE_CONFIG": config})


def test_missing_files_are_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    for variable in ("CRATE_CONFIG", "CRATE_SECRET_KEY_FILE"):
        with pytest.raises(SettingsError, match=f"{variable}=.*cannot be read"):
            load_settings({variable: missing})


@pytest.mark.parametrize("service", list(Service))
def test_service_says_all_that_it_lacks(service: Service) -> None:
    with pytest.raises(SettingsError) as error:
        require(load_settings({}), service)
    assert "CRATE_DATABASE_URL" in str(error.value)
    assert "CRATE_BROKER_URL" in str(error.value)


def test_mailer_needs_the_developer_while_the_safety_catch_is_on() -> None:
    mailer = {**ENOUGH, "CRATE_SMTP_URL": "smtp://host", "CRATE_MAIL_FROM": "a@example.org"}
    with pytest.raises(SettingsError, match="CRATE_DEVELOPER_EMAIL"):
        require(load_settings(mailer), Service.MAILER)
    require(load_settings({**mailer, "CRATE_SAFETY_CATCH": "false"}), Service.MAILER)


def test_web_starts_with_its_three_settings() -> None:
    require(load_settings(ENOUGH), Service.WEB)
