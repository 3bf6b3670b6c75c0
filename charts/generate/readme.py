"""README.md of the chart, from the comments of values.yaml."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from charts.generate.rendering import CHART

_INTRODUCTION = """\
# Chart crate

Web, runner, consent, mailer, relay and Flower of one site, and the Job that migrates its database.
Made from the comments of `values.yaml` by `make chart-files`; do not edit it here.

- A trial with invented data, in one installation: `values-demo.yaml`.
- The least that a real site says: `values-minimal.yaml`; with everything on: `values-production.yaml`.
- How to install, upgrade, roll back, back up and scale: `docs/operations.md`.
- Without Helm: `k8s/`, rendered from this chart.

RabbitMQ and the databases are a site's own; the demonstration alone brings some.

## Values

| value | default | what |
| --- | --- | --- |
"""
_SHORT = 70
_KEY = re.compile(r"^(?P<indent> *)(?P<key>[\w.-]+):(?P<rest>.*)$")


def readme() -> str:
    """Return README.md."""
    text = (CHART / "values.yaml").read_text(encoding="utf-8")
    defaults = yaml.safe_load(text)
    rows = [
        f"| `{'.'.join(path)}` | {_default(_at(defaults, path))} | {comment} |"
        for path, comment in _entries(text)
    ]
    return _INTRODUCTION + "\n".join(rows) + "\n"


def _entries(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield each key with its comment; of groups only those that have one."""
    defaults = yaml.safe_load(text)
    path: list[str] = []
    comment: list[str] = []
    for line in text.splitlines():
        if line.lstrip().startswith("# "):
            comment.append(line.strip().removeprefix("# "))
            continue
        found = _KEY.match(line)
        if found:
            depth = len(found["indent"]) // 2
            path[depth:] = [found["key"]]
            value = _at(defaults, tuple(path[: depth + 1])) if _knows(defaults, path) else None
            is_group = isinstance(value, dict) and bool(value) and not found["rest"].strip()
            if comment or (value is not None and not is_group):
                yield tuple(path), " ".join(comment)
        comment = []


def _knows(values: Any, path: list[str]) -> bool:
    for key in path:
        if not isinstance(values, dict) or key not in values:
            return False
        values = values[key]
    return True


def _at(values: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        values = values[key] if isinstance(values, dict) else None
    return values


def _default(value: Any) -> str:
    if value in ("", None):
        return ""
    if isinstance(value, dict) and value and not all(isinstance(v, str) for v in value.values()):
        short = yaml.safe_dump(value, default_flow_style=True, width=1000).strip()
        return f"`{short}`" if len(short) < _SHORT else "below"
    text = yaml.safe_dump(value, default_flow_style=True, width=1000).strip()
    return f"`{text.removesuffix('...').strip()}`"
