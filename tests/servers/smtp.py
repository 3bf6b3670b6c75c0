"""An SMTP server that keeps what it gets, and misbehaves when told to."""

import asyncio
import threading
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.servers.process import HOST, free_port


@dataclass(frozen=True)
class Reply:
    """How the server meets a recipient or the end of a message.

    Attributes:
        line: what it says; 4xx is "later", 5xx "never".
        stall: seconds before it says it.
        hang_up: whether it cuts the connection in place of saying it.
        keep: whether the message counts as delivered, whatever the client is told.
    """

    line: str = "250 OK"
    stall: float = 0
    hang_up: bool = False
    keep: bool = True

    @classmethod
    def refuse(cls, line: str = "550 5.1.1 No such mailbox") -> "Reply":
        """Refuse, and deliver nothing."""
        return cls(line=line, keep=False)

    @classmethod
    def drop(cls, *, keep: bool) -> "Reply":
        """Hang up just before the answer, the message delivered (``keep``) or lost."""
        return cls(hang_up=True, keep=keep)


@dataclass(frozen=True)
class Delivery:
    """A message that arrived."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """The message, parsed."""
        return BytesParser(_class=EmailMessage, policy=default).parsebytes(self.raw)


@dataclass
class _Handler:
    sink: "SmtpSink"
    arrived: threading.Condition = field(default_factory=threading.Condition)

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        line = await self._say(server, self.sink.at_recipient.get(address, Reply()))
        if line.startswith("2"):
            envelope.rcpt_tos.append(address)
        return line

    async def handle_DATA(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        told = [self.sink.at_data[to] for to in envelope.rcpt_tos if to in self.sink.at_data]
        reply = told[0] if told else self.sink.by_default
        if reply.keep:
            content = envelope.content or b""
            raw = content.encode() if isinstance(content, str) else content
            delivery = Delivery(envelope.mail_from or "", tuple(envelope.rcpt_tos), raw)
            with self.arrived:
                self.sink.deliveries.append(delivery)
                self.arrived.notify_all()
        return await self._say(server, reply)

    async def _say(self, server: SMTP, reply: Reply) -> str:
        if reply.stall:
            self.sink.held += 1
        await asyncio.sleep(reply.stall)
        if reply.hang_up and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return reply.line


class SmtpSink:
    """A mail server in a thread; ``deliveries`` are what arrived, in order.

    ``at_recipient`` and ``at_data`` say, by address, how RCPT and the end of DATA are met;
    ``by_default`` is how DATA is met else; ``held`` counts the answers that were held back. Stopping and starting keeps the port.
    """

    def __init__(self, *, port: int | None = None) -> None:
        self.port = port or free_port()
        self.deliveries: list[Delivery] = []
        self.at_recipient: dict[str, Reply] = {}
        self.at_data: dict[str, Reply] = {}
        self.by_default = Reply()
        self.held = 0
        self._handler = _Handler(self)
        self._controller: Controller | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The address for CRATE_SMTP_URL."""
        return f"smtp://{HOST}:{self.port}"

    @property
    def messages(self) -> list[EmailMessage]:
        """The messages that arrived, parsed, in order."""
        return [delivery.message for delivery in list(self.deliveries)]

    def sent_to(self, address: str) -> list[EmailMessage]:
        """Return the messages that arrived for one envelope recipient."""
        return [each.message for each in list(self.deliveries) if address in each.recipients]

    def wait_for(self, number: int, *, seconds: float = 20) -> list[EmailMessage]:
        """Return the messages as soon as there are at least ``number``.

        Raises:
            TimeoutError: if they do not come in time.
        """
        arrived = self._handler.arrived
        with arrived:
            if not arrived.wait_for(lambda: len(self.deliveries) >= number, seconds):
                raise TimeoutError(f"{len(self.deliveries)} messages of {number} in {seconds} s")
        return self.messages

    def start(self) -> None:
        """Listen."""
        self._controller = Controller(self._handler, hostname=HOST, port=self.port)
        self._controller.start()

    def stop(self) -> None:
        """Listen no longer; what arrived stays."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None
