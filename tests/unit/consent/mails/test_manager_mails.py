"""Mails to the research database manager: what there is to do, by request code and never by name."""

import pytest

from crate_consent.mails import MailContent
from crate_core.domain.contact import Answer
from tests.unit.consent.mails.builders import CODE
from tests.unit.consent.mails.every_mail import PUBLIC_URL, TEXTS, answered, to_manager
from tests.unit.consent.mails.reading import links

REQUEST_PAGE = f"{PUBLIC_URL}/rdbm/requests/{CODE}"
MAILS = to_manager()


def first_line(mail: MailContent) -> str:
    return mail.text.splitlines()[0]


@pytest.mark.parametrize(
    ("name", "subject", "line"),
    [
        (
            "letter not mailed",
            f"To post: the approval letter of request {CODE}",
            (
                f"The approval letter of request {CODE} could not be mailed to the lead researcher:"
                " please print and post it."
            ),
        ),
        (
            "consent letter",
            "To post: a letter that confirms a patient's choice",
            (
                "A patient's choice was entered, and the letter that confirms it is ready: please print"
                " and post it."
            ),
        ),
        (
            "part missing",
            f"The pack of request {CODE} is incomplete",
            (
                f"The pack of request {CODE} was made without the leaflet on taking part in research and"
                " the information sheet of the study, because it is not on the site: please add it there."
            ),
        ),
        (
            "serious",
            f"Serious: please look at request {CODE} today",
            (
                f"Request {CODE} is about a patient who opted out of the research database, and should"
                " not have been in it: please look at it today."
            ),
        ),
        (
            "expired",
            f"Request {CODE} expired: the clinician did not answer",
            (
                f"The clinician who was asked on 3 May 2026 about request {CODE}, study 4711, did not"
                " answer in time: the link no longer works."
            ),
        ),
        (
            "test",
            "Test message from Research database",
            (
                "This test message was asked for on 3 May 2026 at 13:00: since you are reading it, mail"
                " from the site works."
            ),
        ),
    ],
)
def test_first_line_says_why_the_mail_came(name: str, subject: str, line: str) -> None:
    assert (MAILS[name].subject, first_line(MAILS[name])) == (subject, line)


@pytest.mark.parametrize("name", ["letter not mailed", "part missing", "serious", "expired"])
def test_the_link_leads_to_the_request(name: str) -> None:
    assert links(MAILS[name].html) == [REQUEST_PAGE]


def test_the_link_leads_to_the_letters_to_post() -> None:
    assert links(MAILS["consent letter"].html) == [f"{PUBLIC_URL}/rdbm/letters"]


def test_c46_answer_r_asks_for_the_pack_to_be_posted() -> None:
    mail = TEXTS.rdbm_clinician_answered(answered(Answer.R))
    assert mail.subject == f"Request {CODE}: the clinician answered R, a letter to print"
    assert "Please print the pack and post it to the patient." in mail.text
    assert "Due to Minds & Moods for this answer: £1.00." in mail.text
    assert links(mail.html) == [REQUEST_PAGE]


def test_c47_answer_a_is_information() -> None:
    mail = TEXTS.rdbm_clinician_answered(answered(Answer.A))
    assert mail.subject == f"Request {CODE}: the clinician answered A"
    assert "You need do nothing now." in mail.text
    assert "£1.00" in mail.text


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (Answer.B, "the patient should not be asked, for clinical reasons"),
        (Answer.C, "the patient is not eligible for the study"),
        (
            Answer.D,
            "the patient has died, was discharged too long ago, or the details are out of date",
        ),
    ],
)
def test_c48_answers_that_refuse_are_named_and_explained(answer: Answer, meaning: str) -> None:
    mail = TEXTS.rdbm_clinician_answered(answered(answer))
    assert mail.subject == f"Request {CODE}: the clinician answered {answer}"
    assert f"answered {answer} to request {CODE} about study 4711: {meaning}." in first_line(mail)
    assert "nobody will contact the patient" in mail.text
    assert "£1.00" in mail.text
