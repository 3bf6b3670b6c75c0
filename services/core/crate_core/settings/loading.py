"""Reading settings from where they stand, and saying clearly what is wrong with them."""

import os
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, get_origin

import yaml
from pydantic import ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource

from crate_core.errors import SettingsError
from crate_core.settings.model import Settings
from crate_core.settings.wording import SiteWording

_PREFIX = "CRATE_"
_CONFIG = "CRATE_CONFIG"
# What stands in the environment beside settings: our own file's name, the development and test
# commands' variables, and what Kubernetes sets for a Service whose name begins with "crate".
_NOT_SETTINGS = re.compile(
    r"CRATE_(CONFIG|STATE|TEST_.*|BENCH_.*|.*_SERVICE_(HOST|PORT.*)|.*_PORT(_\d+_(TCP|UDP).*)?)$"
)


# Lists and groups: in a file they are YAML, such as the research databases with their passwords.
_NESTED = frozenset(
    name
    for name, field in Settings.model_fields.items()
    if get_origin(field.annotation) is list or field.annotation is SiteWording
)


class Service(StrEnum):
    """The processes that need settings."""

    WEB = "web"
    RUNNER = "runner"
    CONSENT = "consent"
    MAILER = "mailer"
    RELAY = "relay"


REQUIRED: Mapping[Service, tuple[str, ...]] = {
    Service.WEB: ("secret_key", "database_url", "broker_url"),
    Service.RUNNER: ("secret_key", "database_url", "broker_url", "research_databases"),
    Service.CONSENT: (
        "secret_key",
        "database_url",
        "broker_url",
        "secret_map_url",
        "clinical_sources",
        "mail_from",
    ),
    Service.MAILER: ("secret_key", "database_url", "broker_url", "smtp_url", "mail_from"),
    Service.RELAY: ("database_url", "broker_url"),
}


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of `environment` (the process's own by default).

    The environment wins over secret files (`CRATE_X_FILE`), these over the YAML file that
    `CRATE_CONFIG` names.

    Raises:
        SettingsError: names each wrong setting, where its value stands, and the rule.
    """
    environment = dict(os.environ if environment is None else environment)
    from_yaml = _read_yaml(environment.get(_CONFIG, ""))
    from_files = _read_secret_files(environment)
    _refuse_unknown(environment)
    env_source = _EnvironmentSource(Settings, environment)
    try:
        values = {**from_yaml, **from_files, **env_source()}
        return _Explicit(**values)
    except ValidationError as error:
        places = _places(environment, from_files)
        raise SettingsError(_explain(error, places)) from error
    except ValueError as error:  # a list or mapping in the environment that is no JSON
        message = f"Settings are wrong:\n  {error}: lists and mappings are written as JSON"
        raise SettingsError(message) from error


def require(settings: Settings, service: Service) -> None:
    """Check that all that `service` needs is set.

    Raises:
        SettingsError: names what is missing.
    """
    missing = [name for name in REQUIRED[service] if getattr(settings, name) in (None, "", [])]
    if service is Service.MAILER and settings.safety_catch and not settings.developer_email:
        missing.append("developer_email")
    if missing:
        names = "\n".join(
            f"  {_PREFIX}{name.upper()}: must be set for {service}: "
            f"{Settings.model_fields[name].description}"
            for name in missing
        )
        message = f"Settings are missing:\n{names}"
        raise SettingsError(message)


class _Explicit(Settings):
    """Settings from nothing but the values given: sources are merged by `load_settings`."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        *_others: PydanticBaseSettingsSource,
        **_named: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read no source of its own."""
        return (init_settings,)


class _EnvironmentSource(EnvSettingsSource):
    def __init__(self, settings_cls: type[BaseSettings], environment: Mapping[str, str]) -> None:
        self._environment = environment
        super().__init__(settings_cls)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in self._environment.items()}


def _read_yaml(path: str) -> dict[str, Any]:
    if not path:
        return {}
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        message = f"{_CONFIG}={path}: cannot be read: {error}"
        raise SettingsError(message) from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        message = f"{_CONFIG}={path}: must hold a mapping of settings to values"
        raise SettingsError(message)
    return content


def _read_secret_files(environment: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for variable, path in environment.items():
        name = variable.removeprefix(_PREFIX).removesuffix("_FILE").lower()
        if not (variable.startswith(_PREFIX) and variable.endswith("_FILE")):
            continue
        if name not in Settings.model_fields or f"{_PREFIX}{name.upper()}" in environment:
            continue
        try:
            text = Path(path).read_text(encoding="utf-8").strip()
            values[name] = yaml.safe_load(text) if name in _NESTED else text
        except (OSError, UnicodeError, yaml.YAMLError) as error:
            message = f"{variable}={path}: cannot be read: {error}"
            raise SettingsError(message) from error
    return values


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    unknown = []
    for variable in environment:
        if not variable.startswith(_PREFIX) or _NOT_SETTINGS.match(variable):
            continue
        name = variable.removeprefix(_PREFIX).removesuffix("_FILE").split("__")[0].lower()
        whole = variable.removeprefix(_PREFIX).split("__")[0].lower()
        if name not in Settings.model_fields and whole not in Settings.model_fields:
            unknown.append(variable)
    if unknown:
        message = f"No such setting: {', '.join(sorted(unknown))}; see docs/configuration.md"
        raise SettingsError(message)


def _places(environment: Mapping[str, str], from_files: Mapping[str, str]) -> dict[str, str]:
    places = {}
    for name in Settings.model_fields:
        variable = f"{_PREFIX}{name.upper()}"
        if any(key == variable or key.startswith(f"{variable}__") for key in environment):
            places[name] = f"environment variable {variable}"
        elif name in from_files:
            places[name] = f"the file named by {variable}_FILE"
        elif environment.get(_CONFIG):
            places[name] = f"{environment[_CONFIG]}, {name}"
    return places


def _explain(error: ValidationError, places: Mapping[str, str]) -> str:
    lines = ["Settings are wrong:"]
    for problem in error.errors(include_url=False, include_input=False):
        where = [str(part) for part in problem["loc"]]
        name = where[0] if where else ""
        path = ".".join([f"{_PREFIX}{name.upper()}", *where[1:]])
        rule = problem["msg"].removeprefix("Value error, ")
        place = f" (from {places[name]})" if name in places else ""
        lines.append(f"  {path}: {rule}{place}")
    return "\n".join(lines)
