"""What comes out: one mail, ready to be sent."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MailContent:
    """A mail without its addresses.

    `carries_identity` says that the body tells who a patient is: such a mail is never repeated by the
    system alone, and its subject never tells (C41).
    """

    subject: str
    text: str
    html: str
    carries_identity: bool
