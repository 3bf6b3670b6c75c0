"""The mail server keeps what it gets and misbehaves as it is told."""

import smtplib
import time
from email.message import EmailMessage

import pytest

from tests.servers import Reply, SmtpSink


def message(to: str = "clinician@example.org") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "crate@example.org", to, "A question"
    mail.set_content("Text")
    return mail


def send(sink: SmtpSink, mail: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=30) as client:
        client.send_message(mail)


def test_delivery_is_kept_with_envelope_and_content(smtp_sink: SmtpSink) -> None:
    send(smtp_sink, message())
    (arrived,) = smtp_sink.wait_for(1)
    assert arrived["Subject"] == "A question"
    assert len(smtp_sink.sent_to("clinician@example.org")) == 1


def test_recipient_is_refused_and_others_are_served(smtp_sink: SmtpSink) -> None:
    smtp_sink.at_recipient["gone@example.org"] = Reply.refuse()
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(smtp_sink, message("gone@example.org"))
    send(smtp_sink, message())
    assert len(smtp_sink.deliveries) == 1


@pytest.mark.parametrize("keep", [True, False])
def test_connection_is_dropped_before_the_answer(smtp_sink: SmtpSink, keep: bool) -> None:
    smtp_sink.by_default = Reply.drop(keep=keep)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(smtp_sink, message())
    assert len(smtp_sink.deliveries) == keep


def test_answer_is_held_back_for_as_long_as_it_is_told(smtp_sink: SmtpSink) -> None:
    smtp_sink.at_data["clinician@example.org"] = Reply(stall=1)
    began = time.monotonic()
    send(smtp_sink, message())
    assert time.monotonic() - began >= 1


def test_stopped_server_refuses_and_comes_back_on_its_port(smtp_sink: SmtpSink) -> None:
    smtp_sink.stop()
    with pytest.raises(ConnectionRefusedError):
        send(smtp_sink, message())
    smtp_sink.start()
    send(smtp_sink, message())
    assert len(smtp_sink.deliveries) == 1
