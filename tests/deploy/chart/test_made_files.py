"""What is made from something else is as it would be made now."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from charts.generate.__main__ import chart_files, plain_files
from charts.generate.manifests import identity, render_plain
from charts.generate.rendering import CHART, ROOT, Object, merged, read_values
from charts.generate.values_schema import SECRETS, SET_BY_CHART
from crate_core.settings import Settings


@pytest.mark.parametrize("made", [chart_files, plain_files], ids=["chart", "k8s"])
def test_made_files_are_up_to_date(made: Any) -> None:
    for path, text in made().items():
        assert path.read_text(encoding="utf-8") == text, (
            f"{path.relative_to(ROOT)}: run `make chart-files`"
        )


def test_no_file_of_k8s_is_left_over() -> None:
    assert set((ROOT / "k8s").rglob("*.yaml")) == set(plain_files())


def test_every_object_of_the_schema_is_closed() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())

    def walk(part: Any, path: str) -> None:
        if isinstance(part, dict):
            if part.get("type") == "object":
                assert part.get("additionalProperties") in (False, {"type": "string"}), path
            for key, value in part.items():
                walk(value, f"{path}.{key}")
        elif isinstance(part, list):
            for index, value in enumerate(part):
                walk(value, f"{path}[{index}]")

    walk(schema, "")


def test_every_value_is_in_the_schema_and_every_one_of_the_schema_has_a_default() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = read_values(CHART / "values.yaml")
    assert set(values) == set(schema["properties"]) - {"global"}
    for name, part in schema["properties"].items():
        if name not in {"settings", "global"} and "properties" in part:
            assert set(values[name]) == set(part["properties"]), name


def test_the_schema_knows_every_setting_but_secrets_and_the_charts_own() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    known = set(schema["properties"]["settings"]["properties"])
    assert known == set(Settings.model_fields) - SECRETS - SET_BY_CHART


def test_the_readme_tells_of_every_value() -> None:
    readme = (CHART / "README.md").read_text()

    def walk(values: Object, path: str) -> None:
        for key, value in values.items():
            if isinstance(value, dict) and value and f"| `{path}{key}` |" not in readme:
                walk(value, f"{path}{key}.")
            else:
                assert f"| `{path}{key}` |" in readme, f"{path}{key}"

    walk(read_values(CHART / "values.yaml"), "")


def read_all(path: Path) -> list[Object]:
    """Return the objects of a file."""
    return [item for item in yaml.safe_load_all(path.read_text()) if item]


def patch(item: Object, operations: list[Object]) -> None:
    """Apply a JSON patch as far as the overlays use it: they go into mappings alone."""
    for operation in operations:
        *way, last = [
            part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]
        ]
        place: Any = item
        for key in way:
            place = place[key]
        if operation["op"] == "remove":
            del place[last]
        else:
            assert (last in place) == (operation["op"] == "replace")
            place[last] = operation["value"]


def applied(overlay: str) -> dict[tuple[str, str], Object]:
    """Return the objects of an overlay by kustomize's rules, as far as the overlays use them."""
    base, folder = ROOT / "k8s/base", ROOT / "k8s/overlays" / overlay
    [base_kustomization] = read_all(base / "kustomization.yaml")
    [kustomization] = read_all(folder / "kustomization.yaml")
    files = [base / name for name in base_kustomization["resources"]]
    files += [folder / name for name in kustomization["resources"][1:]]
    objects = {identity(item): item for path in files for item in read_all(path)}
    for each in kustomization["patches"]:
        content = yaml.safe_load(each["patch"])
        if "target" in each:
            patch(objects[each["target"]["kind"], each["target"]["name"]], content)
        else:
            assert content["$patch"] == "delete"
            del objects[identity(content)]
    return objects


def test_the_demo_overlay_is_what_helm_installs() -> None:
    chart = render_plain(read_values(CHART / "values-demo.yaml"))
    assert applied("demo") == {
        identity(item): item for objects in chart.values() for item in objects
    }


def test_the_production_overlay_is_the_chart_without_what_needs_operators() -> None:
    # kustomize has its own way to name images.
    values = merged(read_values(CHART / "values-production.yaml"), {"images": {"prefix": ""}})
    wanted = {identity(item): item for items in render_plain(values).values() for item in items}
    assert applied("production") == wanted
