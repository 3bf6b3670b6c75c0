"""The container engine, as its command line gives it."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
TAG = os.environ.get("IMAGE_TAG", "dev")
IMAGES = ("web", "consent", "mailer", "demo", "flower")


def run(
    *command: str,
    seconds: float = 120,
    check: bool = True,
    given: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command in the repository; with `check`, fail with all that it said."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **(variables or {})},
        input=given,
        text=True,
        capture_output=True,
        timeout=seconds,
        check=False,
    )
    assert not check or done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


def docker(*arguments: str, seconds: float = 120, given: str | None = None) -> str:
    """Return what a command of the engine wrote."""
    return run("docker", *arguments, seconds=seconds, given=given).stdout


def image(name: str) -> str:
    """Return the tag of one of our images."""
    return f"crate-{name}:{TAG}"


def inspect(thing: str) -> dict[str, Any]:
    """Return what the engine knows of a container or an image."""
    (found,) = json.loads(docker("inspect", thing))
    return dict(found)


def run_in(
    name: str, *command: str, options: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Run a command in a new container of one of our images, as it runs in production."""
    hardened = ("--read-only", "--tmpfs=/tmp", "--cap-drop=ALL")
    return run("docker", "run", "--rm", *hardened, *options, image(name), *command, check=False)


def is_there() -> bool:
    """Whether an engine answers."""
    try:
        return run("docker", "version", seconds=20, check=False).returncode == 0
    except OSError:
        return False
