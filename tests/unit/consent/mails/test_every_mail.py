"""What holds for each mail."""

import re
import time

import pytest

from crate_consent.mails import MailContent
from tests.unit.consent.mails import builders
from tests.unit.consent.mails.every_mail import TEXTS, every, to_manager, with_identity
from tests.unit.consent.mails.reading import links, tags, words_of_html, words_of_text

EVERY = every()
each_mail = pytest.mark.parametrize("mail", EVERY.values(), ids=EVERY)
IDENTITY = re.compile(r"Ann|Example,|943 ?476 ?5919|1234567|1980|Long Road")


@each_mail
def test_text_and_html_say_the_same(mail: MailContent) -> None:
    assert words_of_html(mail.html) == words_of_text(mail.text)


@each_mail
def test_every_link_of_the_html_stands_in_the_text(mail: MailContent) -> None:
    assert set(links(mail.html)) == set(re.findall(r"^https://\S+$", mail.text, re.MULTILINE))


@each_mail
def test_c41_subject_is_one_line_that_tells_no_patient_and_no_token(mail: MailContent) -> None:
    assert mail.subject.isprintable()
    assert 10 <= len(mail.subject) <= 100
    assert builders.TOKEN not in mail.subject
    assert not IDENTITY.search(mail.subject)


@each_mail
def test_nothing_is_loaded_and_nothing_runs_when_a_mail_is_opened(mail: MailContent) -> None:
    assert tags(mail.html) <= {
        *("html", "head", "meta", "title", "body", "table", "tr", "th", "td"),
        *("p", "h2", "a", "strong"),
    }
    assert "url(" not in mail.html


@each_mail
def test_a_mail_says_that_nobody_reads_replies_and_whom_to_ring(mail: MailContent) -> None:
    assert "please do not reply" in mail.text
    assert "Alex Example: telephone 01632 960000" in mail.text


@each_mail
def test_no_paragraph_is_left_empty(mail: MailContent) -> None:
    assert not re.search(r"<p>\s*</p>", mail.html)
    assert "\n\n\n" not in mail.text
    assert "None" not in mail.text


@pytest.mark.parametrize("mail", with_identity().values(), ids=with_identity())
def test_mails_that_tell_who_a_patient_is_say_so(mail: MailContent) -> None:
    assert mail.carries_identity
    assert "Name: Ms Ann Example" in mail.text
    assert builders.CODE in mail.subject


@pytest.mark.parametrize("mail", to_manager().values(), ids=to_manager())
def test_mails_to_the_manager_tell_no_patient(mail: MailContent) -> None:
    assert not mail.carries_identity
    assert not re.search(r"Ms|Ann|943 ?476 ?5919|1234567|1980", mail.text + mail.html)


def test_a_mail_is_made_in_about_a_millisecond() -> None:
    TEXTS.clinician_request(builders.REQUEST)
    fastest = min(_seconds_of_twenty() for _ in range(5)) / 20
    assert fastest < 0.01


def _seconds_of_twenty() -> float:
    # Of this process alone: what else the machine does is left out.
    started = time.process_time()
    for _ in range(20):
        TEXTS.clinician_request(builders.REQUEST)
    return time.process_time() - started
