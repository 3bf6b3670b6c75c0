"""k8s/: the chart's objects as plain manifests, for kustomize."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from charts.generate.rendering import CHART, Object, merged, objects_in, read_values, render_files

_HEADER = "# Rendered from charts/crate by `make chart-files`; change it in an overlay, not here.\n"
# The sum of the settings too: an overlay changes these, and not the sum.
_OF_HELM = ("helm.sh/chart", "app.kubernetes.io/managed-by", "checksum/settings")
_KUSTOMIZATION = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}


def manifests() -> dict[Path, str]:
    """Return the text of each file below k8s/."""
    base = render_plain(read_values(CHART / "values-minimal.yaml"))
    files = {Path("base") / path: _dump_all(objects) for path, objects in base.items() if objects}
    files[Path("base/kustomization.yaml")] = _dump(
        _KUSTOMIZATION | {"namespace": "crate", "resources": [path.name for path in sorted(files)]}
    )
    production = read_values(CHART / "values-production.yaml")
    # Autoscalers and what the Prometheus operator reads need more than a plain cluster has.
    plain: Object = {"monitoring": {"podMonitors": False, "rules": False}, "images": {"prefix": ""}}
    for name in ("runner", "consent"):
        plain[name] = {"autoscaling": {"enabled": False}}
    files |= _overlay("production", base, merged(production, plain))
    files |= _overlay("demo", base, read_values(CHART / "values-demo.yaml"))
    return files


def render_plain(values: Object) -> dict[str, list[Object]]:
    """Return objects by file, without what belongs to Helm: its labels, and its tests."""
    result = {}
    for path, text in render_files(values).items():
        if not path.startswith("tests/") and path.endswith(".yaml"):
            result[path] = [_plain(item) for item in objects_in({path: text})]
    return result


def identity(item: Object) -> tuple[str, str]:
    """Return what tells an object from all others."""
    return item["kind"], item["metadata"]["name"]


def changes(old: Any, new: Any, path: str = "") -> Iterator[Object]:
    """Yield the operations of a JSON patch (RFC 6902) that make `new` of `old`."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        if old != new:
            yield {"op": "replace", "path": path, "value": new}
        return
    for key in [*old, *(key for key in new if key not in old)]:
        inner = f"{path}/{key.replace('~', '~0').replace('/', '~1')}"
        if key not in new:
            yield {"op": "remove", "path": inner}
        elif key not in old:
            yield {"op": "add", "path": inner, "value": new[key]}
        else:
            yield from changes(old[key], new[key], inner)


def _plain(item: Any) -> Any:
    if isinstance(item, dict):
        kept = {key: _plain(value) for key, value in item.items() if key not in _OF_HELM}
        return {key: value for key, value in kept.items() if (key, value) != ("annotations", {})}
    return [_plain(part) for part in item] if isinstance(item, list) else item


def _overlay(name: str, base: dict[str, list[Object]], values: Object) -> dict[Path, str]:
    """Return an overlay: objects that the base lacks, changes of others, and those to leave out."""
    known = {identity(item): item for objects in base.values() for item in objects}
    wanted = {identity(item): item for objects in render_plain(values).values() for item in objects}
    added = [item for key, item in wanted.items() if key not in known]
    patches: list[Object] = []
    for key, item in known.items():
        if key not in wanted:
            head = {field: item[field] for field in ("apiVersion", "kind")}
            gone: Object = {**head, "metadata": {"name": key[1]}, "$patch": "delete"}
            patches.append({"patch": yaml.safe_dump(gone, sort_keys=False)})
        elif operations := list(changes(item, wanted[key])):
            text = yaml.dump(operations, Dumper=_Dumper, sort_keys=False, width=110)
            patches.append({"target": dict(zip(("kind", "name"), key, strict=True)), "patch": text})
    folder = Path("overlays") / name
    kustomization = _KUSTOMIZATION | {
        "namespace": "crate",
        "resources": ["../../base", *(["added.yaml"] if added else [])],
        "patches": patches,
    }
    files = {folder / "added.yaml": _dump_all(added)} if added else {}
    return files | {folder / "kustomization.yaml": _dump(kustomization)}


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out."""
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def _dump(item: Object) -> str:
    return _HEADER + yaml.dump(item, Dumper=_Dumper, sort_keys=False, width=110)


def _dump_all(items: Iterable[Object]) -> str:
    texts = (yaml.dump(item, Dumper=_Dumper, sort_keys=False, width=110) for item in items)
    return _HEADER + "---\n".join(texts)
