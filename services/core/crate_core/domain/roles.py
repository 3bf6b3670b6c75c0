"""What a user may be; a user may hold several roles."""

from enum import StrEnum


class Role(StrEnum):
    """A role decides which pages and rights a user has."""

    RESEARCHER = "researcher"
    CLINICIAN = "clinician"
    RDBM = "rdbm"
    DEVELOPER = "developer"
    SUPERUSER = "superuser"
    ARCHIVE = "archive"
    AUDITOR = "auditor"
