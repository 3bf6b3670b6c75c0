"""Shows kept mails in the browser: a list, each mail, its HTML and its attachments."""

import email
import re
from email.message import EmailMessage
from email.policy import default
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

_NAME = re.compile(r"/(\d+)(?:/(html|part)(?:/(\d+))?)?")
_LINK = re.compile(r"https?://[^\s<>&\"]+(?:&amp;[^\s<>&\"]+)*")
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.4rem .8rem .4rem 0;"
    "border-bottom:1px solid #ccc;vertical-align:top}pre{white-space:pre-wrap;font:inherit}"
    "iframe{width:100%;height:40rem;border:1px solid #888}"
)


class MailServer(ThreadingHTTPServer):
    """A web server for the mails of one folder."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], folder: Path) -> None:
        """Listen on `address`; pages are made from `folder` when they are asked for."""
        super().__init__(address, _Handler)
        self.folder = folder


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        folder = cast("MailServer", self.server).folder
        if self.path == "/":
            self._send(_page("Mails", _list(folder)))
            return
        wanted = _NAME.fullmatch(self.path)
        path = folder / f"{wanted[1]}.eml" if wanted else None
        if wanted is None or path is None or not path.is_file():
            self.send_error(404)
            return
        mail = _read(path)
        if wanted[2] == "html":
            self._send(_body(mail, "html"), links_leave_frame=True)
        elif wanted[2] == "part":
            self._send_attachment(mail, int(wanted[3] or 0))
        else:
            self._send(_page(str(mail["Subject"]), _show(mail, wanted[1])))

    def _send(self, html: str, *, links_leave_frame: bool = False) -> None:
        if links_leave_frame:
            html = f'<base target="_blank">{html}'
        self._answer("text/html; charset=utf-8", html.encode(errors="replace"))

    def _send_attachment(self, mail: EmailMessage, index: int) -> None:
        parts = list(mail.iter_attachments())
        if index >= len(parts):
            self.send_error(404)
            return
        content: Any = parts[index].get_content()
        data = content if isinstance(content, bytes) else str(content).encode()
        self._answer(parts[index].get_content_type(), data)

    def _answer(self, media_type: str, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if media_type.startswith("text/html"):
            # Mails are shown, not run.
            self.send_header(
                "Content-Security-Policy",
                "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'",
            )
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing: who reads mails is of no interest here."""


def _read(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=default)


def _body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return str(part.get_content()) if part else ""


def _page(title: str, content: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style><h1>{escape(title)}</h1>{content}</html>"
    )


def _list(folder: Path) -> str:
    newest_first = sorted(folder.glob("*.eml"), key=lambda path: int(path.stem), reverse=True)
    if not newest_first:
        return "<p>No mail yet. Reload this page when the site has sent some.</p>"
    rows = []
    for path in newest_first:
        mail = _read(path)
        rows.append(
            f"<tr><td>{escape(str(mail['Date']))}<td>{escape(str(mail['X-Envelope-To']))}"
            f'<td><a href="/{path.stem}">{escape(str(mail["Subject"]))}</a>'
        )
    head = "<tr><th scope=col>Sent<th scope=col>To<th scope=col>Subject"
    return f"<p>{len(rows)} kept.</p><table>{head}{''.join(rows)}</table>"


def _show(mail: EmailMessage, name: str) -> str:
    headers = "".join(
        f"<tr><th scope=row>{escape(key)}<td>{escape(str(mail[key]))}"
        for key in ("Date", "From", "To", "X-Envelope-To", "Subject", "Message-ID")
        if mail[key]
    )
    attachments = "".join(
        f'<li><a href="/{name}/part/{index}">{escape(part.get_filename() or "unnamed")}</a>'
        for index, part in enumerate(mail.iter_attachments())
    )
    text = _LINK.sub(r'<a href="\g<0>">\g<0></a>', escape(_body(mail, "plain"), quote=False))
    html = ""
    if mail.get_body(("html",)):
        sandbox = "allow-popups allow-popups-to-escape-sandbox"
        html = (
            f'<h2>As HTML</h2><iframe title="HTML" sandbox="{sandbox}" src="/{name}/html"></iframe>'
        )
    files = f"<h2>Attachments</h2><ul>{attachments}</ul>" if attachments else ""
    back = '<p><a href="/">All mails</a></p>'
    return f"{back}<table>{headers}</table>{files}<h2>As text</h2><pre>{text}</pre>{html}"
