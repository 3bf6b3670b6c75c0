"""What pages say about the site: its settings in the form that templates use."""

from dataclasses import dataclass
from importlib.metadata import version

from crate_core.settings import Settings
from crate_web.requests import data_url


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """Names, wording and links of the site; `site` in templates."""

    name: str
    organisation: str
    logo: str
    """Address of the logo's image, "" for none."""

    contact: str
    contact_email: str
    contact_name: str
    contact_telephone: str
    privacy: tuple[str, ...]
    accessibility: tuple[str, ...]
    safety_catch_to: str
    """Where all mail goes while the safety catch is on, "" when it is off."""

    version: str

    @classmethod
    def of(cls, settings: Settings) -> "SiteFacts":
        """Take from `settings` what pages show."""
        wording, manager = settings.site, settings.site.manager
        return cls(
            name=wording.site_name,
            organisation=wording.trust_name,
            logo=data_url(wording.logo_svg) if wording.logo_svg else "",
            contact=wording.contact.format(
                name=manager.name, telephone=manager.telephone, email=manager.email
            ),
            contact_email=manager.email,
            contact_name=manager.name,
            contact_telephone=manager.telephone,
            privacy=wording.privacy,
            accessibility=wording.accessibility,
            safety_catch_to=(settings.developer_email or "the developer")
            if settings.safety_catch
            else "",
            version=version("crate-web"),
        )
