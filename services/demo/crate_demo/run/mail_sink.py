"""The mail server of a local run: keeps each mail as a file, and shows them in the browser.

Run as `python -m crate_demo.run.mail_sink FOLDER SMTP_PORT WEB_PORT [ADDRESS]`. In a container the
address to listen on is 0.0.0.0: there the network decides who reaches it.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from crate_demo.run.mail_pages import MailServer

_THIS_MACHINE = "127.0.0.1"
_LARGEST_MAIL = 64 * 1024 * 1024


class KeepMail:
    """Writes each mail that comes in to a file of its own."""

    def __init__(self, folder: Path) -> None:
        """Keep mails in `folder`."""
        self._folder = folder

    async def handle_DATA(  # noqa: N802 - the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Accept a mail once its file is written."""
        name = f"{time.time_ns()}.eml"
        recipients = ", ".join(envelope.rcpt_tos)
        content = envelope.content or b""
        body = content if isinstance(content, bytes) else content.encode()
        aside = self._folder / f".{name}"
        aside.write_bytes(f"X-Envelope-To: {recipients}\r\n".encode() + body)
        aside.rename(self._folder / name)
        sys.stdout.write(f"mail for {recipients} kept as {name}\n")
        sys.stdout.flush()
        return "250 Kept"


def main() -> None:
    """Serve until SIGTERM."""
    folder, smtp_port, web_port = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    host = sys.argv[4] if len(sys.argv) > 4 else _THIS_MACHINE  # noqa: PLR2004
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    controller = Controller(
        KeepMail(folder),
        hostname=host,
        port=smtp_port,
        data_size_limit=_LARGEST_MAIL,
        ready_timeout=10,
    )
    controller.start()
    pages = MailServer((host, web_port), folder)
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    sys.stdout.write(f"takes mail on port {smtp_port} (process {os.getpid()})\n")
    sys.stdout.flush()
    stop.wait()
    pages.shutdown()
    controller.stop()


if __name__ == "__main__":
    main()
