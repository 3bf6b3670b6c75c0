import secrets
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default

import pytest

from crate_mailer.address import Envelope
from crate_mailer.message import Attachment, Content, build_message

TOKEN = secrets.token_urlsafe(32)
LINK = f"https://site.example.org/respond/{TOKEN}"
CONTENT = Content(
    message_id="<0123456789abcdef@example.org>",
    recipient="clinician@example.org",
    subject="A study for a patient of yours – Zoë",
    text=f"Dear Dr Müller,\nplease answer: {LINK}\n",
    html=f"<p>Dear Dr Müller,</p><p><a href='{LINK}'>please answer</a></p>",
    queued_at=datetime(2026, 5, 3, 14, 5, tzinfo=UTC),
    attachments=(Attachment("letter.pdf", "application/pdf", b"%PDF-1.7\n" + bytes(range(256))),),
)
OPEN = Envelope("Research database <rd@example.org>", "")
CAUGHT = Envelope("rd@example.org", "developer@example.org")


def parse(raw: bytes) -> EmailMessage:
    return BytesParser(_class=EmailMessage, policy=default).parsebytes(raw)


def test_a_message_has_text_html_and_its_files() -> None:
    message = parse(build_message(CONTENT, OPEN))

    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert LINK in text.get_content()
    assert LINK in html.get_content()
    (letter,) = message.iter_attachments()
    assert (letter.get_filename(), letter.get_content_type()) == ("letter.pdf", "application/pdf")
    assert letter.get_content() == CONTENT.attachments[0].content


def test_headers_say_who_to_whom_when_and_that_no_person_wrote_it() -> None:
    message = parse(build_message(CONTENT, OPEN))

    assert message["From"] == "Research database <rd@example.org>"
    assert message["To"] == "clinician@example.org"
    assert message["Subject"] == CONTENT.subject
    assert message["Date"] == "Sun, 03 May 2026 14:05:00 +0000"
    assert message["Auto-Submitted"] == "auto-generated"


def test_the_same_row_gives_the_same_message_to_the_last_byte() -> None:
    first, second = (build_message(CONTENT, OPEN) for _ in range(2))

    assert first == second
    assert parse(first)["Message-ID"] == CONTENT.message_id


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_value_with_a_line_break_makes_no_further_header(line_end: str) -> None:
    with pytest.raises(ValueError, match="Subject"):
        build_message(replace(CONTENT, subject=f"One{line_end}Bcc: all@example.org"), OPEN)


def test_a_file_may_bear_any_name() -> None:
    letter = replace(CONTENT.attachments[0], filename="Bescheid für Zoë.pdf")
    message = parse(build_message(replace(CONTENT, attachments=(letter,)), OPEN))

    assert [part.get_filename() for part in message.iter_attachments()] == [letter.filename]


def test_no_line_is_longer_than_servers_take() -> None:
    message = build_message(replace(CONTENT, html="x" * 5000, subject="word " * 200), OPEN)

    assert max(len(line) for line in message.split(b"\r\n")) <= 998


def test_c41_no_header_holds_a_token() -> None:
    headers = build_message(CONTENT, CAUGHT).partition(b"\r\n\r\n")[0]

    assert TOKEN.encode() not in headers.replace(b"\r\n ", b"")


def test_c110_caught_mail_is_addressed_to_the_developer_and_says_for_whom_it_was() -> None:
    message = parse(build_message(CONTENT, CAUGHT))

    assert message["To"] == "developer@example.org"
    assert message["X-Crate-True-Recipient"] == "clinician@example.org"


def test_only_seven_bits_are_sent() -> None:
    assert build_message(CONTENT, OPEN).isascii()


def test_a_mail_without_html_is_plain_text() -> None:
    message = parse(build_message(replace(CONTENT, html="", attachments=()), OPEN))

    assert message.get_content_type() == "text/plain"
