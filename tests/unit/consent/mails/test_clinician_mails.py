"""Mails to clinicians: the request, its reminders, and the confirmation of their own request."""

from datetime import UTC, date, datetime

import pytest

from crate_consent.mails import ClinicianRequestFacts, MailContent
from crate_core.domain.people import Address, Gp
from tests.unit.consent.mails import builders
from tests.unit.consent.mails.builders import TOKEN, request, request_about, request_for_study
from tests.unit.consent.mails.every_mail import PUBLIC_URL, TEXTS
from tests.unit.consent.mails.reading import links

LINK = f"{PUBLIC_URL}/respond/{TOKEN}"
REMINDED_OF = datetime(2026, 5, 3, 12, tzinfo=UTC)


def asked(facts: ClinicianRequestFacts = builders.REQUEST) -> MailContent:
    return TEXTS.clinician_request(facts)


def reminded(facts: ClinicianRequestFacts = builders.REQUEST) -> MailContent:
    return TEXTS.clinician_reminder(facts, number=1, asked_at=REMINDED_OF)


def first_sentence(mail: MailContent) -> str:
    return mail.text.split("\n\n")[1].split(". ")[0]


def answers(mail: MailContent) -> list[str]:
    return [link for link in links(mail.html) if link.startswith(LINK)]


def test_first_sentence_says_who_what_and_how_long() -> None:
    assert asked().text.startswith("Dear Dr Carer,\n\n")
    assert first_sentence(asked()) == (
        "Please say whether Ms Ann Example may be asked about the research study “Sleep and mood”:"
        " this takes 2 minutes"
    )


def test_subject_has_the_request_code() -> None:
    assert asked().subject == (
        "May your patient be asked about study 4711? Request K7QM-2Z9T-4HWX, 2 minutes"
    )


@pytest.mark.parametrize(
    "row",
    [
        "Name: Ms Ann Example",
        "Date of birth: 31 January 1980",
        "NHS number: 943 476 5919",
        "RiO number: 1234567",
        "Address: 1 Long Road, Exampletown, EX1 1EX",
        "GP: Dr A. Medic, The Surgery, Exampletown",
        "Clinician in the record: Dr Bo Carer",
        "Under 16: No",
        "Discharged: No",
        "Study number: 4711",
        "Title: Sleep and mood",
        "Lead researcher: Prof Cy Leader",
        "Includes people who lack capacity: No",
        "Request code: K7QM-2Z9T-4HWX",
        "We study sleep.",
        "Taking part means two visits.",
    ],
)
def test_c40_mail_shows_patient_and_study(row: str) -> None:
    assert row in asked().text.splitlines()


def test_c40_mail_has_three_links_and_says_that_clicking_decides_nothing() -> None:
    assert answers(asked()) == [f"{LINK}?choice={choice}" for choice in ("yes", "more", "no")]
    assert "Clicking decides nothing: a page opens" in asked().text


def test_c40_no_yes_link_with_an_extra_form() -> None:
    mail = asked(request(extra_form=True))
    assert answers(mail) == [f"{LINK}?choice=more", f"{LINK}?choice=no"]
    assert "a form that only you can fill in" in mail.text
    assert "Yes, ask" not in mail.html


def test_c41_token_stands_in_nothing_but_the_links() -> None:
    for mail in (asked(), reminded()):
        assert mail.html.count(TOKEN) == mail.text.count(TOKEN) == 3


def test_mail_says_until_when_and_what_an_answer_gives() -> None:
    mail = asked()
    assert "Please answer before 28 June 2026" in mail.text
    assert "For every answer, whatever it is, £1.00 goes to Minds & Moods." in mail.text
    assert "https://charity.example.org/?a=1&b=2" in links(mail.html)


def test_mail_says_whom_to_tell_when_it_is_the_wrong_clinician() -> None:
    mail = asked()
    assert "If you are not this patient's clinician, please have the record corrected" in mail.text
    assert (
        "Alex Example, Research Database Manager: telephone 01632 960000, e-mail research.database@example.org"
        in mail.text.splitlines()
    )


@pytest.mark.parametrize("make", [asked, reminded])
def test_c56_a_trial_of_a_medicine_is_for_the_consultant(make: object) -> None:
    assert callable(make)
    notice = "Only the patient's consultant should deal with this request."
    assert notice in make(request_for_study(clinical_trial=True)).text
    assert notice not in make(builders.REQUEST).text


@pytest.mark.parametrize(
    ("born", "shown"),
    [(date(2010, 5, 3), "No"), (date(2010, 5, 4), "Yes"), (None, "not known")],
)
def test_c17_under_sixteen_by_the_day_of_the_mail(born: date | None, shown: str) -> None:
    mail = asked(request_about(date_of_birth=born))
    assert f"Under 16: {shown}" in mail.text.splitlines()


def test_dates_are_those_of_the_site_and_not_of_utc() -> None:
    late = datetime(2026, 5, 3, 23, 30, tzinfo=UTC)
    mail = asked(request(written_at=late, expires_at=late))
    assert "before 4 May 2026" in mail.text


@pytest.mark.parametrize(
    ("discharged", "left_on", "shown"),
    [
        (None, None, "not known"),
        (False, None, "No"),
        (True, None, "Yes, date not known"),
        (True, date(2026, 2, 1), "Yes, on 1 February 2026"),
    ],
)
def test_discharge_is_shown_as_it_is_known(
    discharged: bool | None, left_on: date | None, shown: str
) -> None:
    mail = asked(request_about(discharged=discharged, discharge_date=left_on))
    assert f"Discharged: {shown}" in mail.text.splitlines()


LIMITED = "If they were discharged more than 3 years ago, they must not be asked"
NEVER = "People who have been discharged must not be asked about this study"
AGREED = "They agreed to be contacted about research after discharge"


@pytest.mark.parametrize(
    ("facts", "advice"),
    [
        (request(), f"the patient has not been discharged. {LIMITED}"),
        (request_about(discharged=True), f"The patient has been discharged. {LIMITED}"),
        (
            request_about(discharged=None),
            f"does not say whether the patient has been discharged. {LIMITED}",
        ),
        (request(discharge_limit_days=365), "discharged more than 1 year ago"),
        (request(consent_after_discharge=True), f"has not been discharged. {AGREED}"),
        (request(consent_after_discharge=True, discharge_limit_days=0), NEVER),
        (request(discharge_limit_days=0), NEVER),
        (request(discharge_limit_days=None), "the patient has not been discharged.\n"),
        (request_for_study(include_discharged=False), NEVER),
    ],
)
def test_advice_on_discharge_follows_what_is_known_allowed_and_consented(
    facts: ClinicianRequestFacts, advice: str
) -> None:
    assert advice in asked(facts).text


def test_very_recent_deaths_are_mentioned() -> None:
    assert "Very recent deaths may not have reached the record yet." in asked().text


def test_what_is_missing_in_the_record_is_said_to_be_unknown() -> None:
    facts = request_about(
        local_id=None, address=Address(), gp=Gp(), title="", first_name="", last_name=""
    )
    shown = asked(facts).text
    assert "whether your patient may be asked" in shown
    assert "Name: not known\n" in shown
    assert "Address: not known\n" in shown
    assert "GP: not known\n" in shown
    assert "RiO" not in shown


def test_c132_reminder_repeats_what_is_needed_to_answer() -> None:
    mail = reminded()
    assert (
        mail.subject == "Reminder 1: request K7QM-2Z9T-4HWX about study 4711 waits for your answer"
    )
    assert first_sentence(mail) == (
        "On 3 May 2026 we asked whether Ms Ann Example may be asked about the research study"
        " “Sleep and mood”: please answer now, it takes 2 minutes"
    )
    assert answers(mail) == answers(asked())
    assert "NHS number: 943 476 5919" in mail.text
    assert len(mail.text) < len(asked().text)


def test_c99_own_request_brings_the_pack_to_pass_on() -> None:
    mail = TEXTS.clinician_own_request(builders.REQUEST, sent_by_manager=False)
    assert links(mail.html) == [f"{LINK}/pack.pdf"]
    assert "please give or send the pack to the patient" in first_sentence(mail)
    assert "If you did not make this request, please delete this mail" in mail.text


def test_c100_own_request_that_the_manager_posts_needs_nothing() -> None:
    mail = TEXTS.clinician_own_request(builders.REQUEST, sent_by_manager=True)
    assert "Alex Example sends the letter on your behalf, and you need do nothing" in mail.text
    assert "please do not send it as well" in mail.text
    assert links(mail.html) == [f"{LINK}/pack.pdf"]


def test_hostile_names_stay_text_on_their_own_line() -> None:
    name = "</td><script>alert(1)</script>\r\n\nYes:\nhttps://evil.example.org {{ 7*7 }}"
    mail = asked(request_about(last_name=name))
    assert "<script" not in mail.html
    assert "&lt;script&gt;" in mail.html
    assert "{{ 7*7 }}" in mail.text
    assert not any(line.startswith(("Yes:", "https://evil")) for line in mail.text.splitlines())
    assert not any("evil" in link for link in links(mail.html))


def test_hostile_study_stays_text() -> None:
    mail = asked(request_for_study(title='"><img src=x>', summary="<b>bold</b>\n<img src=x>"))
    assert "<img" not in mail.html
    assert "<b>" not in mail.html
    assert "<b>bold</b>" in mail.text
