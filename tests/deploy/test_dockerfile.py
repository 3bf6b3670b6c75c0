"""What docker/Dockerfile promises, seen without an engine."""

import importlib.util
import json
import re

import pytest

from tests.deploy.compose import DOCKER, ROOT, read_compose, read_stages

STAGES = read_stages()
IMAGES = ("web", "consent", "mailer", "demo", "flower")
MODULES = {
    "web": "crate_web.serve",
    "consent": "crate_consent",
    "mailer": "crate_mailer",
    "flower": "crate_flower",
}


def _lines(name: str, *instructions: str) -> list[str]:
    """Return the instructions of a stage and of those that it stands on, the first one first."""
    stage = STAGES[name]
    before = _lines(stage.base, *instructions) if stage.base in STAGES else []
    return [*before, *(line for line in stage.lines if line.startswith(instructions))]


@pytest.mark.parametrize("name", IMAGES)
def test_image_ends_as_a_numbered_user_and_starts_without_a_shell(name: str) -> None:
    assert _lines(name, "USER ")[-1] == "USER 10001:10001"
    command = json.loads(_lines(name, "CMD ")[-1].removeprefix("CMD "))
    assert command == ["python", "-m", MODULES[name]] if name in MODULES else command[0] == "crate"
    assert not _lines(name, "ENTRYPOINT ")
    assert _lines(name, "HEALTHCHECK ")


@pytest.mark.parametrize("module", [*MODULES.values(), "crate_web.runner", "crate_core.relay"])
def test_every_command_is_a_module(module: str) -> None:
    if module == "crate_flower":  # no distribution: its folder is copied
        assert (ROOT / "services/flower" / module / "__main__.py").is_file()
    else:
        assert importlib.util.find_spec(module)


@pytest.mark.parametrize("name", IMAGES)
def test_image_copies_from_build_stages_what_is_its_own(name: str) -> None:
    copied = [line for line in _lines(name, "COPY ") if "--from=" in line]
    sources = {re.sub(r"COPY --from=(\S+).*", r"\1", line) for line in copied}
    assert sources <= {f"{name}-needs", f"{name}-own"}
    own = [
        line.split()[1]
        for line in STAGES.get(f"{name}-own", STAGES[name]).lines
        if "services/" in line
    ]
    demo = [source for source in own if source == "services/demo"]
    assert bool(demo) == (name == "demo")


def test_everything_is_installed_from_hashed_locks() -> None:
    installs = [
        line
        for stage in STAGES.values()
        for line in stage.lines
        if re.search(r"\bpip\b.* install", line)
    ]
    assert installs
    for line in installs:
        lock = re.search(r"-r (\w+)\.txt", line)
        assert lock, line
        assert "--require-hashes" in line
        assert "--hash=sha256:" in (ROOT / f"requirements/{lock[1]}.txt").read_text()


def test_base_images_are_arguments_with_a_version() -> None:
    text = (DOCKER / "Dockerfile").read_text()
    defaults = dict(re.findall(r"^ARG (\w+_IMAGE)=(\S+)$", text, re.MULTILINE))
    assert defaults == {
        "PYTHON_IMAGE": "python:3.11-slim-bookworm",
        "NODE_IMAGE": "node:20-bookworm-slim",
    }
    bases = {stage.base for stage in STAGES.values()} - set(STAGES)
    assert bases == {"${PYTHON_IMAGE}", "${NODE_IMAGE}"}


def test_every_step_that_downloads_takes_the_certificates_of_the_site() -> None:
    for stage in STAGES.values():
        for line in stage.lines:
            if re.search(r"npm ci|-r \w+\.txt|apt-get", line):
                assert "--mount=type=secret,id=ca" in line
                assert "if [ -s /run/secrets/ca ]" in line


def test_every_image_is_built_and_used() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert f"IMAGES := {' '.join(IMAGES)}\n" in makefile
    built = {service["image"] for service in read_compose()["services"].values()}
    assert {f"crate-{name}:${{IMAGE_TAG:-dev}}" for name in IMAGES} <= built


def test_build_sees_no_secret_and_no_repository() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[1] == "*"
    allowed = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert allowed == {
        ".npmrc",
        "package.json",
        "package-lock.json",
        "requirements/*.txt",
        "services",
        "docker/healthcheck.py",
        "docker/install-own",
    }
