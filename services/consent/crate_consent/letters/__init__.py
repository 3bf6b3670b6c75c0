"""Letters, packs and forms as PDF: facts in, bytes out; nothing is read or written elsewhere."""

from crate_consent.letters.facts import (
    ApprovalFacts,
    ConfirmationFacts,
    LetterStudy,
    PackFacts,
    Recipient,
    Sender,
    WithdrawalFacts,
)
from crate_consent.letters.letters import Letters
from crate_consent.letters.result import Letter, Part, PlacedPart

__all__ = [
    "ApprovalFacts",
    "ConfirmationFacts",
    "Letter",
    "LetterStudy",
    "Letters",
    "PackFacts",
    "Part",
    "PlacedPart",
    "Recipient",
    "Sender",
    "WithdrawalFacts",
]
