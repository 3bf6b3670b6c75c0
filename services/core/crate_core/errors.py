"""Errors that a caller can act on differently."""


class CrateError(Exception):
    """Base of all errors of this project; its text is written for people."""


class SettingsError(CrateError):
    """A setting is missing or wrong; the service must not start."""


class TemporaryError(CrateError):
    """Something outside is not there now; the same work may succeed later."""


class DatabaseAwayError(TemporaryError):
    """The site database cannot be reached."""


class PermanentError(CrateError):
    """The work cannot succeed, however often it is tried; a person must look."""
