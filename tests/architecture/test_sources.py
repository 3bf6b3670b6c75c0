"""Rules for files that no linter knows."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_MODULE = 450

# Written in pieces, or this file would break its own rule.
REGISTRIES = [
    ".".join(words)
    for words in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("proxy", "golang", "org"),
    ]
]
LOCAL_PATHS = re.compile(r"(?<![\w.])/(?:work/(?:main|shared)|opt/wheels|home/\w+/\w)")


def tracked_files() -> list[Path]:
    """Return the files of the repository; without git, all that are not built."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in files if path.is_file()]


def modules() -> list[Path]:
    return [path for path in tracked_files() if path.suffix == ".py"]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="ignore")


def test_no_module_is_long() -> None:
    # A migration is the record of one change, however long that was.
    written = [path for path in modules() if "versions" not in path.parts]
    lengths = {name_of(path): len(text_of(path).splitlines()) for path in written}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_MODULE} == {}


@pytest.mark.parametrize("host", REGISTRIES)
def test_no_file_names_a_package_registry(host: str) -> None:
    assert [name_of(path) for path in tracked_files() if host in text_of(path)] == []


def test_no_file_names_a_path_of_one_machine() -> None:
    assert [name_of(path) for path in tracked_files() if LOCAL_PATHS.search(text_of(path))] == []


def test_pure_rules_read_no_clock_and_no_file() -> None:
    forbidden = {"utcnow", "now", "today", "open", "read_text", "read_bytes", "getenv"}
    found = [
        f"{name_of(path)}:{node.lineno} {called(node)}"
        for path in modules()
        if "crate_core/domain" in name_of(path)
        for node in ast.walk(ast.parse(text_of(path)))
        if isinstance(node, ast.Call) and called(node) in forbidden
    ]
    assert found == []


def called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def test_documents_name_targets_of_make_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    named = {
        target
        for path in tracked_files()
        if path.suffix == ".md"
        for target in re.findall(r"`make ([a-z-]+)", text_of(path))
    }
    assert named - targets == set()
