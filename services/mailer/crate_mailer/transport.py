"""The conversation with the SMTP server; one connection is kept and used again."""

import smtplib
import ssl
import time
from collections.abc import Callable
from contextlib import suppress

from crate_core.errors import CrateError, PermanentError, TemporaryError
from crate_core.telemetry.logs import get_logger
from crate_mailer.address import Security, SmtpAddress

log = get_logger(__name__)

_IDLE_SECONDS = 20.0
_AGE_SECONDS = 300.0
_MAILS_A_CONNECTION = 100
_ACCEPTED = range(200, 300)
_CLOSING = 421
_REFUSED_FOR_EVER = range(500, 600)
# "Authentication required", "mechanism too weak", "credentials invalid": our account, not the mail.
_ACCOUNT_TROUBLE = {530, 534, 535}


class FateUnknownError(CrateError):
    """The message went out, and the connection ended before the server's word: it may be there."""


class SmtpTransport:
    """Hands messages to one SMTP server, for one thread.

    Errors are typed by what a caller can do: TemporaryError (later), PermanentError (this mail
    never), FateUnknownError (nobody knows).
    """

    def __init__(self, address: SmtpAddress, timeout_seconds: float) -> None:
        """Talk to `address`, waiting `timeout_seconds` at most for each answer."""
        self._address = address
        self._timeout = timeout_seconds
        self._connection: smtplib.SMTP | None = None
        self._opened_at = self._used_at = 0.0
        self._mails = 0

    def send(
        self, sender: str, recipient: str, message: bytes, *, before_data: Callable[[], None]
    ) -> str:
        """Hand over one message, and return the server's answer.

        Args:
            sender: address of the envelope.
            recipient: the one address that gets it.
            message: what is sent.
            before_data: called once the server has taken the recipient, just before the message
                itself goes out; what it raises ends the attempt.

        Raises:
            TemporaryError: the server is away or asks to come back later.
            PermanentError: the server will never take this mail.
            FateUnknownError: the message went out, and no answer came.
        """
        try:
            return self._send(sender, recipient, message, before_data)
        except CrateError:
            raise
        except BaseException:
            # A time limit may strike anywhere: nobody knows what the server says next.
            self._drop()
            raise

    def _send(
        self, sender: str, recipient: str, message: bytes, before_data: Callable[[], None]
    ) -> str:
        connection = self._begin(sender)
        try:
            _expect(connection.rcpt(recipient))
            before_data()
        except CrateError:
            self._reset()
            raise
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise TemporaryError(_describe(error)) from error
        return self._send_data(connection, message)

    def close(self) -> None:
        """End the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(OSError, smtplib.SMTPException):
                connection.quit()
            connection.close()

    def _drop(self) -> None:
        """End the connection without a word."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _send_data(self, connection: smtplib.SMTP, message: bytes) -> str:
        try:
            code, reply = connection.data(message)
        except smtplib.SMTPDataError as error:
            # The server refused to take any data at all.
            self._reset()
            raise _refusal(error.smtp_code, error.smtp_error) from error
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise FateUnknownError(_describe(error)) from error
        self._used_at = time.monotonic()
        self._mails += 1
        if code not in _ACCEPTED:
            self._reset()
            raise _refusal(code, reply)
        return _text(code, reply)

    def _begin(self, sender: str) -> smtplib.SMTP:
        """Return a connection on which the server has taken MAIL FROM."""
        if self._connection is not None and self._is_worn():
            self.close()
        if self._connection is not None:
            # The server may have hung up since the last mail; nothing is lost by asking anew.
            with suppress(OSError, smtplib.SMTPException):
                code, reply = self._connection.mail(sender)
                if code != _CLOSING:
                    return self._checked(self._connection, code, reply)
            self.close()
        try:
            self._connection = connection = self._connect()
            code, reply = connection.mail(sender)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise TemporaryError(_describe(error)) from error
        return self._checked(connection, code, reply)

    def _checked(self, connection: smtplib.SMTP, code: int, reply: bytes) -> smtplib.SMTP:
        if code not in _ACCEPTED:
            self._reset()
            raise _refusal(code, reply)
        return connection

    def _connect(self) -> smtplib.SMTP:
        address = self._address
        if address.security is Security.TLS:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                address.host,
                address.port,
                timeout=self._timeout,
                context=ssl.create_default_context(),
            )
        else:
            connection = smtplib.SMTP(address.host, address.port, timeout=self._timeout)
        try:
            if address.security is Security.STARTTLS:
                connection.starttls(context=ssl.create_default_context())
            connection.ehlo_or_helo_if_needed()
            if address.username:
                connection.login(address.username, address.password)
        except BaseException:
            connection.close()
            raise
        self._opened_at = self._used_at = time.monotonic()
        self._mails = 0
        return connection

    def _is_worn(self) -> bool:
        now = time.monotonic()
        return (
            self._mails >= _MAILS_A_CONNECTION
            or now - self._opened_at > _AGE_SECONDS
            or now - self._used_at > _IDLE_SECONDS
        )

    def _reset(self) -> None:
        """Make the connection fit for the next mail after one that was refused."""
        self._used_at = time.monotonic()
        if self._connection is None:
            return
        try:
            self._connection.rset()
        except (OSError, smtplib.SMTPException):
            self.close()


def _expect(answer: tuple[int, bytes]) -> None:
    if answer[0] not in _ACCEPTED:
        raise _refusal(*answer)


def _refusal(code: int, reply: bytes | str) -> CrateError:
    kind: type[CrateError] = PermanentError
    if code not in _REFUSED_FOR_EVER or code in _ACCOUNT_TROUBLE:
        kind = TemporaryError
    return kind(_text(code, reply))


def _text(code: int, reply: bytes | str) -> str:
    words = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return f"{code} {words}".strip()


def _describe(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _text(error.smtp_code, error.smtp_error)
    return f"{type(error).__name__}: {error}"
