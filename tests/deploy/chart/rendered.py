"""What the tests of the chart ask of rendered objects."""

import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml

from charts.generate.rendering import ALL_APIS, CHART, Object, merged, read_values, render

MINIMAL = read_values(CHART / "values-minimal.yaml")
DEMO = read_values(CHART / "values-demo.yaml")
ALERTS = CHART / "files" / "alerts.yaml"
_METRIC = re.compile(r"\b(?:crate|rabbitmq)_[a-z_]+\b")
SERVICES = ("web", "runner", "consent", "mailer", "relay")


@cache
def _example(name: str) -> list[Object]:
    return render(read_values(CHART / f"values-{name}.yaml") | {"apiVersions": list(ALL_APIS)})


def example(name: str) -> list[Object]:
    """Return the objects of an example, on a cluster that has every API."""
    return copy.deepcopy(_example(name))


def with_changes(changes: Object) -> list[Object]:
    """Return the objects of the smallest example with changed values."""
    return render(merged(MINIMAL, changes))


def of_kind(objects: list[Object], kind: str) -> dict[str, Object]:
    """Return the objects of a kind by name."""
    return {item["metadata"]["name"]: item for item in objects if item["kind"] == kind}


def component(item: Object) -> str:
    """Return which component an object belongs to."""
    return str(item["metadata"]["labels"]["app.kubernetes.io/component"])


def pods(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    """Yield the spec of each pod with the name of the object that makes it."""
    for item in objects:
        name = f"{item['kind']} {item['metadata']['name']}"
        if item["kind"] == "Pod":
            yield name, item["spec"]
        elif item["kind"] in {"Deployment", "StatefulSet", "Job", "DaemonSet", "CronJob"}:
            yield name, item["spec"]["template"]["spec"]


def containers(spec: Object) -> list[Object]:
    """Return all containers of a pod, those that run first too."""
    return [*spec.get("initContainers", []), *spec["containers"]]


def environment(container: Object) -> dict[str, str]:
    """Return a container's variables."""
    return {item["name"]: item["value"] for item in container.get("env", [])}


def deployment(objects: list[Object], name: str) -> Object:
    """Return the spec of the pods of a component's Deployment."""
    spec: Any = of_kind(objects, "Deployment")[f"crate-{name}"]["spec"]["template"]["spec"]
    return dict(spec)


def alerts() -> list[dict[str, Any]]:
    """Return all alerts."""
    return [
        rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]
    ]


def queries() -> dict[str, list[str]]:
    """Return the expressions of each dashboard and of the alerts."""
    found = {"alerts": [rule["expr"] for rule in alerts()]}
    for path in (CHART / "files" / "dashboards").glob("*.json"):
        panels = json.loads(path.read_text())["panels"]
        found[path.stem] = [
            target["expr"] for panel in panels for target in panel.get("targets", [])
        ]
    return found


def metric_names(expressions: list[str]) -> set[str]:
    """Return the metrics that expressions ask for."""
    return {metric for expression in expressions for metric in _METRIC.findall(expression)}
