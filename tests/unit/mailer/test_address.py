import pytest

from crate_core.errors import SettingsError
from crate_core.settings import Settings
from crate_mailer.address import Envelope, Security, SmtpAddress, parse_smtp_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.org", SmtpAddress("mail.example.org", 25, Security.NONE)),
        ("smtp://127.0.0.1:2525/", SmtpAddress("127.0.0.1", 2525, Security.NONE)),
        (
            "smtp+starttls://site:p%40ss@mail.example.org",
            SmtpAddress("mail.example.org", 587, Security.STARTTLS, "site", "p@ss"),
        ),
        ("smtps://mail.example.org", SmtpAddress("mail.example.org", 465, Security.TLS)),
    ],
)
def test_an_smtp_url_says_server_protection_and_account(url: str, expected: SmtpAddress) -> None:
    assert parse_smtp_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://user:secret@host:port",
        "smtp://mail.example.org/path",
    ],
)
def test_another_url_is_refused_without_repeating_its_password(url: str) -> None:
    with pytest.raises(SettingsError, match="CRATE_SMTP_URL: must be") as refused:
        parse_smtp_url(url)

    assert "secret" not in str(refused.value)


def settings(**values: object) -> Settings:
    return Settings.model_validate({"mail_from": "Site <site@example.org>", **values})


def test_c110_the_safety_catch_sends_to_the_developer() -> None:
    on = Envelope.from_settings(settings(developer_email="developer@example.org"))
    off = Envelope.from_settings(
        settings(developer_email="developer@example.org", safety_catch=False)
    )

    assert on.recipient("clinician@example.org") == "developer@example.org"
    assert off.recipient("clinician@example.org") == "clinician@example.org"


@pytest.mark.parametrize(
    "values",
    [
        {"mail_from": "Site"},
        {"mail_from": "Site <site>"},
        {"developer_email": "developer"},
    ],
)
def test_addresses_that_are_none_stop_the_start(values: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        Envelope.from_settings(settings(**values))
