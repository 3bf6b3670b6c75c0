"""Opens the clinical sources and the secret map that the settings name."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo

from crate_consent.lookups.dummy import DummySource
from crate_consent.lookups.secret_map import SecretMap
from crate_consent.lookups.sources import ClinicalSource
from crate_core.errors import SettingsError
from crate_core.settings.clinical import ClinicalSourceKind, ClinicalSourceSettings
from crate_core.settings.model import Settings

_KINDS: dict[ClinicalSourceKind, Callable[[str, str, tzinfo], ClinicalSource]] = {
    ClinicalSourceKind.DUMMY: DummySource,
}


@dataclass(frozen=True)
class Lookups:
    """Everything outside the site database that consent asks about patients."""

    patients: ClinicalSource
    """Who a patient is."""
    consents: ClinicalSource | None
    """What patients chose; none if no source is asked."""
    secret_map: SecretMap


def open_source(source: ClinicalSourceSettings, zone: tzinfo) -> ClinicalSource:
    """Return the clinical source that one block of the settings describes."""
    return _KINDS[source.kind](source.name, source.url.get_secret_value(), zone)


def open_lookups(settings: Settings) -> Lookups:
    """Return the look-ups of these settings; nothing is connected yet.

    Raises:
        SettingsError: a source is named that is not there, or the secret map is missing.
    """
    sources = {
        source.name: open_source(source, settings.zone) for source in settings.clinical_sources
    }
    if not sources:
        message = "CRATE_CLINICAL_SOURCES: name at least one clinical source"
        raise SettingsError(message)
    if settings.secret_map_url is None:
        message = "CRATE_SECRET_MAP_URL: is needed to resolve research IDs"
        raise SettingsError(message)
    patients = settings.clinical_lookup or next(iter(sources))
    return Lookups(
        patients=_named(sources, patients, "CRATE_CLINICAL_LOOKUP"),
        consents=(
            _named(sources, settings.consent_lookup, "CRATE_CONSENT_LOOKUP")
            if settings.consent_lookup
            else None
        ),
        secret_map=SecretMap(settings.secret_map_url.get_secret_value()),
    )


def _named(sources: dict[str, ClinicalSource], name: str, setting: str) -> ClinicalSource:
    if name not in sources:
        message = f"{setting}: there is no clinical source {name!r}; known: {', '.join(sources)}"
        raise SettingsError(message)
    return sources[name]
