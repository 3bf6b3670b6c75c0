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


def render_files(
    values: Object, *, name: str = "crate", namespace: str = "crate"
) -> dict[str, str]:
    """Return the rendered text of each template, by its path below templates/.

    Raises:
        helm_python.HelmError: the schema or a template refuses the values.
    """
    with helm_python.Chart.load(CHART) as chart:
        chart.validate_schema(values)
        rendered = chart.render(values, name=name, namespace=namespace, revision=1)
    prefix = "crate/templates/"
    return {path.removeprefix(prefix): text for path, text in rendered.items()}


def objects_in(files: dict[str, str]) -> Iterator[Object]:
    """Yield the objects of rendered templates."""
    for path, text in files.items():
        if path.endswith(".yaml"):
            yield from (item for item in yaml.safe_load_all(text) if item)


def render(values: Object, *, name: str = "crate", namespace: str = "crate") -> list[Object]:
    """Return all objects of the chart, tests too."""
    return list(objects_in(render_files(values, name=name, namespace=namespace)))
