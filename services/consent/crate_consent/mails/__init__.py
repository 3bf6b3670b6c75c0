"""The texts of all mails: facts in, subject, text and HTML out; nothing is read or sent elsewhere."""

from crate_consent.mails.content import MailContent
from crate_consent.mails.facts import AnsweredFacts, ClinicianRequestFacts, MailStudy
from crate_consent.mails.texts import MailTexts

__all__ = ["AnsweredFacts", "ClinicianRequestFacts", "MailContent", "MailStudy", "MailTexts"]
