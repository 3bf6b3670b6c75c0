"""Mails to lead researchers; their letters go with them."""

from dataclasses import replace

from tests.unit.consent.mails.builders import APPROVAL, PATIENT, WITHDRAWAL
from tests.unit.consent.mails.every_mail import TEXTS


def test_approval_says_why_it_came_and_who_may_be_contacted() -> None:
    mail = TEXTS.approval(APPROVAL)
    assert mail.subject == "You may contact a patient about study 4711: request K7QM-2Z9T-4HWX"
    assert mail.text.startswith(
        "Dear Prof Leader,\n\nI am writing because you may now contact a patient about your study"
        " “Sleep and mood” (request K7QM-2Z9T-4HWX).\n"
    )
    assert "said yes: their reply was recorded on 1 May 2026" in mail.text
    assert "Please read the attached letter" in mail.text
    shown = mail.text.splitlines()
    assert "NHS number: 943 476 5919" in shown
    assert "Telephone: 01632 960001" in shown
    assert "GP: Dr A. Medic, The Surgery, Exampletown" in shown


def test_approval_by_standing_choice_says_that_the_patient_was_not_asked() -> None:
    mail = TEXTS.approval(replace(APPROVAL, asked=False))
    assert "The patient has not been asked about this study." in mail.text


def test_c143_approval_gives_the_email_address_to_those_who_prefer_it() -> None:
    preferred = TEXTS.approval(APPROVAL).text
    assert "Prefers e-mail: Yes\nE-mail: ann@example.org\n" in preferred
    unknown = TEXTS.approval(replace(APPROVAL, patient=replace(PATIENT, email=""))).text
    assert "E-mail: not known: please write by post\n" in unknown
    by_post = TEXTS.approval(replace(APPROVAL, prefers_email=False)).text
    assert "Prefers e-mail: No\n" in by_post
    assert "ann@example.org" not in by_post


def test_c82_withdrawal_says_whom_not_to_contact() -> None:
    mail = TEXTS.withdrawal(WITHDRAWAL)
    assert mail.subject == (
        "Please do not contact a patient about study 4711: request K7QM-2Z9T-4HWX is withdrawn"
    )
    assert "the permission of 1 May 2026 to contact them" in mail.text.split("\n\n")[1]
    assert "If you have not contacted this patient yet, please do not" in mail.text
    assert "E-mail: ann@example.org\nPermission of: 1 May 2026\n" in mail.text


def test_hostile_details_stay_text() -> None:
    mail = TEXTS.approval(
        replace(APPROVAL, patient=replace(PATIENT, first_name="{patient}<b>", email="<i>\nx"))
    )
    assert "<b>" not in mail.html
    assert "<i>" not in mail.html
    assert "E-mail: <i> x\n" in mail.text
