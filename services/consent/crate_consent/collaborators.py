"""What the steps work with, made once a process."""

from dataclasses import dataclass
from datetime import date

from crate_consent.decisions.reminders import Schedule
from crate_consent.effects import Outbox
from crate_consent.letters import Letters
from crate_consent.lookups.open_sources import Lookups
from crate_consent.mails import MailTexts
from crate_core.clock import utcnow
from crate_core.database import Database
from crate_core.settings import Settings


@dataclass(frozen=True)
class Collaborators:
    """The site database, the world outside, and the makers of letters and mails."""

    settings: Settings
    database: Database
    lookups: Lookups
    letters: Letters
    texts: MailTexts
    outbox: Outbox

    @property
    def schedule(self) -> Schedule:
        """When clinicians are reminded, and when their links expire."""
        return Schedule(
            tuple(self.settings.clinician_reminder_days), self.settings.clinician_expiry_days
        )

    def today(self) -> date:
        """Return the date at the site."""
        return utcnow().astimezone(self.settings.zone).date()
