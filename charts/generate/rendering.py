"""Renders the chart with Helm itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import helm_python
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "crate"
EXAMPLES = sorted(CHART.glob("values-*.yaml"))

ALL_APIS = (
    "monitoring.coreos.com/v1",
    "keda.sh/v1alpha1",
    "gateway.networking.k8s.io/v1",
)
"""What a cluster may have beside Kubernetes itself."""

Object = dict[str, Any]


def read_values(path: Path) -> Object:
    """Return the values of a file."""
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def merged(values: Object, changes: Object) -> Object:
    """Return `values` with `changes` laid over them, as Helm does."""
    result = dict(values)
    for key, change in changes.items():
        known = result.get(key)
        both = isinstance(known, dict) and isinstance(change, dict)
        result[key] = merged(known, change) if both else change  # type: ignore[arg-type]
    return result


def render_files(values: Object, *, upgrade: bool = False) -> dict[str, str]:
    """Return the rendered text of each template, by its path below templates/.

    Args:
        values: what is laid over the chart's own values.
        upgrade: render revision 2 as an upgrade, not revision 1 as an installation.

    Raises:
        helm_python.HelmError: the schema or a template refuses the values.
    """
    with helm_python.Chart.load(CHART) as chart:
        chart.validate_schema(values)
        rendered = chart.render(
            values,
            name="crate",
            namespace="crate",
            revision=2 if upgrade else 1,
            is_install=not upgrade,
            is_upgrade=upgrade,
        )
    prefix = "crate/templates/"
    return {path.removeprefix(prefix): text for path, text in rendered.items()}


def objects_in(files: dict[str, str]) -> Iterator[Object]:
    """Yield the objects of rendered templates."""
    for path, text in files.items():
        if path.endswith(".yaml"):
            yield from (item for item in yaml.safe_load_all(text) if item)


def render(values: Object, *, upgrade: bool = False) -> list[Object]:
    """Return all objects of the chart, tests too."""
    return list(objects_in(render_files(values, upgrade=upgrade)))
