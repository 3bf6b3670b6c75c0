"""Flower's options from the environment, secrets also from files, and what a site insists on.

Every option of Flower is a variable `FLOWER_*`; `FLOWER_X_FILE` names a file that holds the value of
`FLOWER_X`, as `CRATE_BROKER_URL_FILE` does for `CRATE_BROKER_URL`.
"""

from collections.abc import Mapping
from pathlib import Path

_FROM_FILES = (
    "CRATE_BROKER_URL",
    "FLOWER_BASIC_AUTH",
    "FLOWER_BROKER_API",
    "FLOWER_COOKIE_SECRET",
    "FLOWER_OAUTH2_KEY",
    "FLOWER_OAUTH2_SECRET",
)
_DEFAULTS = {
    # Watching only: who may see workers may not stop them.
    "FLOWER_READ_ONLY": "true",
    # Arguments are job numbers; names and states are what is looked for.
    "FLOWER_TASKS_COLUMNS": "name,kwargs,state,received,started,runtime,worker",
    "FLOWER_MAX_TASKS": "10000",
    # Pods come and go under new names.
    "FLOWER_PURGE_OFFLINE_WORKERS": "600",
}


class FlowerSettingsError(Exception):
    """A setting is missing or wrong; the message says which and why."""


def read_settings(environment: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return the broker's URL, and the variables with which Flower is to be started.

    Raises:
        FlowerSettingsError: a file cannot be read, there is no broker, or anybody could log in.
    """
    values = _DEFAULTS | dict(environment) | _read_files(environment)
    broker_url = values.get("CRATE_BROKER_URL", "")
    if not broker_url.startswith(("amqp://", "amqps://")):
        raise FlowerSettingsError(
            "CRATE_BROKER_URL: must be set, and begin with amqp:// or amqps://"
        )
    # Several accounts are lines in a file, but words between commas for Flower.
    accounts = values.get("FLOWER_BASIC_AUTH", "").split()
    if accounts:
        values["FLOWER_BASIC_AUTH"] = ",".join(accounts)
    if not accounts and not (values.get("FLOWER_AUTH") and values.get("FLOWER_AUTH_PROVIDER")):
        raise FlowerSettingsError(
            "Flower needs a log-in of its own: set FLOWER_BASIC_AUTH_FILE (lines of name:password), or "
            "FLOWER_AUTH and FLOWER_AUTH_PROVIDER for OpenID Connect"
        )
    prefix = values.get("FLOWER_URL_PREFIX", "").strip("/")
    return broker_url, {
        name: value for name, value in values.items() if name.startswith("FLOWER_") and value
    } | ({"FLOWER_URL_PREFIX": prefix} if prefix else {})


def _read_files(environment: Mapping[str, str]) -> dict[str, str]:
    values = {}
    for name in _FROM_FILES:
        path = environment.get(f"{name}_FILE")
        if path and not environment.get(name):
            try:
                values[name] = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeError) as error:
                raise FlowerSettingsError(f"{name}_FILE={path}: cannot be read: {error}") from error
    return values
