"""The compose file and the images' file, read for tests: nothing is run."""

import re
import string
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
TEMPLATES = DOCKER / "templates"


def read_compose() -> dict[str, Any]:
    """Return docker/compose.yaml; its variables stay as they stand there."""
    return dict(yaml.safe_load((DOCKER / "compose.yaml").read_text()))


def settings_of(service: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that a service of the compose file is given, as environment and as file."""
    given = dict(service.get("environment", {}))
    for secret in service.get("secrets", []):
        if isinstance(secret, dict) and secret["target"] == "config.yaml":
            given |= {
                f"CRATE_{name.upper()}": value
                for name, value in read_template(secret["source"]).items()
            }
    return given


def read_template(name: str) -> dict[str, Any]:
    """Return a template of settings with "x" for each secret."""
    text = (TEMPLATES / f"{name}.yaml").read_text()
    names = re.findall(r"\$(\w+)", text)
    return dict(yaml.safe_load(string.Template(text).substitute(dict.fromkeys(names, "x" * 40))))


class Stage(NamedTuple):
    """A stage of the Dockerfile."""

    base: str
    lines: tuple[str, ...]


def read_stages() -> dict[str, Stage]:
    """Return the stages of docker/Dockerfile by name, each with its instructions."""
    text = (DOCKER / "Dockerfile").read_text().replace("\\\n", " ")
    stages: dict[str, Stage] = {}
    name = ""
    for line in text.splitlines():
        if found := re.fullmatch(r"FROM (\S+) AS (\S+)", line):
            name = found[2]
            stages[name] = Stage(found[1], ())
        elif name and line and not line.startswith("#"):
            stages[name] = stages[name]._replace(lines=(*stages[name].lines, line))
    return stages
