"""The leaflets that a site publishes: a fixed set, whose titles and PDFs are the site's own."""

from enum import StrEnum


class LeafletName(StrEnum):
    """Name of a leaflet, as in its address."""

    TAKING_PART = "taking_part"
    """What taking part in research means; the one that goes into packs."""
    NATIONAL = "national"
    """From a national body, for everybody."""
    TRAFFIC_LIGHT_CHOICE = "traffic_light_choice"
    """Explains RED, YELLOW and GREEN; clinicians hand it out."""
    FOR_STAFF = "for_staff"
    """Guide for clinicians and researchers."""
