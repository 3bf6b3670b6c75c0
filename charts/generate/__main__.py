"""`python -m charts.generate`: write everything that is made from something else."""

import json
from pathlib import Path

from charts.generate.dashboards import dashboards
from charts.generate.readme import readme
from charts.generate.rendering import CHART, ROOT
from charts.generate.values_schema import values_schema

_COPIES = {
    "files/accounts.sql": "docker/templates/accounts.sql",
    "files/definitions.json": "docker/templates/definitions.json",
    "files/grants.sql": "docker/mariadb/grants.sql",
    "files/rabbitmq.conf": "docker/rabbitmq/rabbitmq.conf",
    "files/enabled_plugins": "docker/rabbitmq/enabled_plugins",
}
"""The demonstration's servers are those of docker/compose.yaml; a chart cannot read files beside it."""


def chart_files() -> dict[Path, str]:
    """Return the text of each file of the chart that is made."""
    files = {CHART / "values.schema.json": _json(values_schema()), CHART / "README.md": readme()}
    for path, source in _COPIES.items():
        files[CHART / path] = (ROOT / source).read_text(encoding="utf-8")
    for name, dashboard in dashboards().items():
        files[CHART / "files" / "dashboards" / f"{name}.json"] = _json(dashboard)
    return files


def plain_files() -> dict[Path, str]:
    """Return the text of each file of k8s/; the chart's own files must be up to date."""
    from charts.generate.manifests import manifests  # noqa: PLC0415 - Helm is needed for this alone

    return {ROOT / "k8s" / path: text for path, text in manifests().items()}


def _json(content: object) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _write(files: dict[Path, str]) -> None:
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    _write(chart_files())
    _write(plain_files())
