import smtplib
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.servers.process import await_ready, end_process, free_port, start_process


class Sink:
    def __init__(self, folder: Path) -> None:
        self.folder, self.smtp, self.pages = folder, free_port(), free_port()
        module = ("-m", "crate_demo.run.mail_sink")
        numbers = (str(self.smtp), str(self.pages))
        log = folder / "sink.log"
        self.process = start_process([sys.executable, *module, str(folder), *numbers], log)
        await_ready(lambda: "takes mail" in log.read_text(), self.process, log)

    def get(self, path: str) -> tuple[str, bytes]:
        with urlopen(f"http://127.0.0.1:{self.pages}{path}", timeout=30) as answer:
            return str(answer.headers["Content-Type"]), bytes(answer.read())


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    sink = Sink(tmp_path)
    yield sink
    end_process(sink.process)
    assert sink.process.returncode == 0


def send(sink: Sink, recipient: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "site@example.org", recipient, "A question – Zoë"
    mail.set_content("Please open http://127.0.0.1:8000/respond/abc now.")
    mail.add_alternative("<p>Please <a href='http://127.0.0.1:8000/'>open</a></p>", subtype="html")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="letter.pdf")
    with smtplib.SMTP("127.0.0.1", sink.smtp, timeout=30) as client:
        client.send_message(mail)


def test_mail_is_kept_and_can_be_read_with_its_html_and_attachments(sink: Sink) -> None:
    assert b"No mail yet" in sink.get("/")[1]
    send(sink, "clinician@trust.example.org")
    (path,) = sink.folder.glob("*.eml")
    listed = sink.get("/")[1].decode()
    assert "clinician@trust.example.org" in listed
    assert "A question – Zoë" in listed
    page = sink.get(f"/{path.stem}")[1].decode()
    assert '<a href="http://127.0.0.1:8000/respond/abc">' in page
    assert b"<p>Please" in sink.get(f"/{path.stem}/html")[1]
    assert sink.get(f"/{path.stem}/part/0") == ("application/pdf", b"%PDF-1.7")


@pytest.mark.parametrize("path", ["/1", "/../secret_key", "/1/part/0", "/x", "/1.eml"])
def test_nothing_else_is_shown(sink: Sink, path: str) -> None:
    with pytest.raises(HTTPError) as refused:
        sink.get(path)
    refused.value.close()
    assert refused.value.code == 404


def test_attachment_that_is_not_there_is_not_found(sink: Sink) -> None:
    send(sink, "a@example.org")
    (path,) = sink.folder.glob("*.eml")
    with pytest.raises(HTTPError) as refused:
        sink.get(f"/{path.stem}/part/7")
    refused.value.close()
    assert refused.value.code == 404


def test_many_mails_at_once_are_all_kept(sink: Sink) -> None:
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda number: send(sink, f"p{number}@example.org"), range(30)))
    assert len(list(sink.folder.glob("*.eml"))) == 30
