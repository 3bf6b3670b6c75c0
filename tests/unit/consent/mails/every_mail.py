"""One mail of each kind, and variants where templates branch."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from crate_consent.letters.result import Part
from crate_consent.mails import AnsweredFacts, MailContent, MailTexts
from crate_core.domain.contact import Answer
from crate_core.settings.wording import CharityWording, SiteWording
from tests.unit.consent.mails import builders

PUBLIC_URL = "https://site.example.org/crate"
SITE = SiteWording(
    charity=CharityWording(name="Minds & Moods", url="https://charity.example.org/?a=1&b=2")
)
TEXTS = MailTexts(SITE, PUBLIC_URL, ZoneInfo("Europe/London"))


def with_identity() -> dict[str, MailContent]:
    """Mails that tell who the patient is."""
    plain, asked_at = builders.REQUEST, builders.WRITTEN_AT
    trial = builders.request_for_study(clinical_trial=True, summary="")
    extra = builders.request(extra_form=True, donation=Decimal(0))
    return {
        "request": TEXTS.clinician_request(plain),
        "request, trial": TEXTS.clinician_request(trial),
        "request, extra form": TEXTS.clinician_request(extra),
        "reminder": TEXTS.clinician_reminder(plain, number=1, asked_at=asked_at),
        "reminder, trial": TEXTS.clinician_reminder(trial, number=2, asked_at=asked_at),
        "reminder, extra form": TEXTS.clinician_reminder(extra, number=2, asked_at=asked_at),
        "own request, R": TEXTS.clinician_own_request(plain, sent_by_manager=True),
        "own request, A": TEXTS.clinician_own_request(plain, sent_by_manager=False),
        "own request, A, trial": TEXTS.clinician_own_request(trial, sent_by_manager=False),
        "own request, A, extra form": TEXTS.clinician_own_request(extra, sent_by_manager=False),
        "approval": TEXTS.approval(builders.APPROVAL),
        "withdrawal": TEXTS.withdrawal(builders.WITHDRAWAL),
    }


def to_manager() -> dict[str, MailContent]:
    """Mails to the research database manager."""
    return {
        "letter not mailed": TEXTS.rdbm_letter_not_mailed(
            builders.CODE, letter="approval", reason="the mail server said <no>\nSubject: yes"
        ),
        **{
            f"answered {answer}": TEXTS.rdbm_clinician_answered(answered(answer))
            for answer in Answer
        },
        "consent letter": TEXTS.rdbm_consent_letter_to_post(),
        "part missing": TEXTS.rdbm_pack_part_missing(builders.CODE, (Part.LEAFLET, Part.DETAILS)),
        "serious": TEXTS.rdbm_serious_finding(builders.CODE),
        "expired": TEXTS.rdbm_request_expired(
            builders.CODE, study_number=4711, asked_at=builders.WRITTEN_AT
        ),
        "test": TEXTS.rdbm_test(datetime(2026, 5, 3, 12, tzinfo=UTC)),
    }


def every() -> dict[str, MailContent]:
    return with_identity() | to_manager()


def answered(answer: Answer) -> AnsweredFacts:
    return AnsweredFacts(
        request_code=builders.CODE, study_number=4711, answer=answer, donation=Decimal("1.00")
    )
