"""From settings to everything that the steps work with."""

from crate_consent.collaborators import Collaborators
from crate_consent.effects import Outbox
from crate_consent.letters import Letters
from crate_consent.lookups.open_sources import open_lookups
from crate_consent.mails import MailTexts
from crate_core.database import Database
from crate_core.settings import Settings


def open_collaborators(settings: Settings, database: Database) -> Collaborators:
    """Return the collaborators of a process; nothing is connected yet.

    Raises:
        SettingsError: a clinical source that is named does not exist, or the secret map is missing.
    """
    return Collaborators(
        settings=settings,
        database=database,
        lookups=open_lookups(settings),
        letters=Letters(settings.site, settings.zone),
        texts=MailTexts(settings.site, settings.public_url, settings.zone),
        outbox=Outbox(settings.mail_from, settings.site.manager.email),
    )
