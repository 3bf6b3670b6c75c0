"""Where mail is handed over, and whose names the envelope bears."""

from dataclasses import dataclass
from email.utils import parseaddr
from enum import StrEnum
from typing import Self
from urllib.parse import unquote, urlsplit

from crate_core.domain.email import is_valid_address
from crate_core.errors import SettingsError
from crate_core.settings import Settings


class Security(StrEnum):
    """How the connection to the SMTP server is protected."""

    NONE = "smtp"
    STARTTLS = "smtp+starttls"
    TLS = "smtps"


_DEFAULT_PORT = {Security.NONE: 25, Security.STARTTLS: 587, Security.TLS: 465}


@dataclass(frozen=True, slots=True)
class SmtpAddress:
    """An SMTP server and how to sign in there."""

    host: str
    port: int
    security: Security
    username: str = ""
    password: str = ""


def parse_smtp_url(url: str) -> SmtpAddress:
    """Return what smtp://, smtp+starttls:// or smtps://user:password@host:port says.

    Raises:
        SettingsError: it says nothing of that kind; the text does not repeat the URL.
    """
    try:
        parts = urlsplit(url)
        security = Security(parts.scheme)
        port = parts.port or _DEFAULT_PORT[security]
    except ValueError as error:
        raise SettingsError(_RULE) from error
    if not parts.hostname or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise SettingsError(_RULE)
    return SmtpAddress(
        parts.hostname,
        port,
        security,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )


_RULE = "CRATE_SMTP_URL: must be smtp://, smtp+starttls:// or smtps://user:password@host:port"


@dataclass(frozen=True, slots=True)
class Envelope:
    """From whom mail goes out, and to whom it goes in place of its recipient."""

    sender: str
    """As written in the header, such as "Research database <rd@example.org>"."""
    developer: str
    """Who gets all mail while the safety catch is on; empty while it is off (C110)."""

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the envelope that the settings ask for.

        Raises:
            SettingsError: an address in them is none.
        """
        envelope = cls(
            settings.mail_from, settings.developer_email if settings.safety_catch else ""
        )
        if not is_valid_address(envelope.sender_address):
            raise SettingsError("CRATE_MAIL_FROM: must be an address, or a name and <an address>")
        if envelope.developer and not is_valid_address(envelope.developer):
            raise SettingsError("CRATE_DEVELOPER_EMAIL: must be an address")
        return envelope

    @property
    def sender_address(self) -> str:
        """The bare address of the sender."""
        return parseaddr(self.sender)[1]

    def recipient(self, true_recipient: str) -> str:
        """Return who really gets a mail."""
        return self.developer or true_recipient
