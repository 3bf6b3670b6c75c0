#!/usr/bin/env python3
"""Fills in the secrets of docker/compose.yaml: `docker/make_secrets.py [FOLDER]`.

Each file of docker/templates becomes a file of docker/secrets. A $name in it becomes a random value,
which stays the same from then on; $name_hash becomes what RabbitMQ keeps of such a value.
"""

import base64
import hashlib
import json
import os
import secrets
import string
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

_TEMPLATES = Path(__file__).parent / "templates"
_FOLDER = Path(__file__).parent / "secrets"
_VALUES = "values.json"
_BYTES = 36
_SALT_BYTES = 4


class Values(Mapping[str, str]):
    """Random values by name, made when a name is first asked for."""

    def __init__(self, known: dict[str, str]) -> None:
        """Begin with those that are known."""
        self.known = known

    def __getitem__(self, name: str) -> str:
        value_name = name.removesuffix("_hash")
        if value_name not in self.known:
            # Letters, digits, - and _ alone: they stand in addresses, SQL and YAML as they are.
            self.known[value_name] = secrets.token_urlsafe(_BYTES)
        value = self.known[value_name]
        return _rabbitmq_hash(value) if name.endswith("_hash") else value

    def __iter__(self) -> Iterator[str]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)


def make_secrets(folder: Path) -> None:
    """Write every template, filled in, to `folder`, which only its owner can read."""
    folder.mkdir(mode=0o700, exist_ok=True)
    kept = folder / _VALUES
    values = Values(json.loads(kept.read_text()) if kept.exists() else {})
    texts = {
        template.name: string.Template(template.read_text()).substitute(values)
        for template in sorted(_TEMPLATES.iterdir())
    }
    # The values first: whatever is cut off later is made again with the same ones.
    _write(kept, json.dumps(values.known, indent=2), mode=0o600)
    for name, text in texts.items():
        # Containers read these under users of their own; the folder keeps others of this machine out.
        _write(folder / name, text, mode=0o644)


def _write(path: Path, text: str, *, mode: int) -> None:
    # In place: a file that a running container has mounted must not become another one.
    if path.exists() and path.read_text() == text:
        return
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(text)
    path.chmod(mode)


def _rabbitmq_hash(password: str) -> str:
    # The salt is made from the password, so that the same password gives the same file.
    salt = hashlib.sha256(b"salt" + password.encode()).digest()[:_SALT_BYTES]
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


if __name__ == "__main__":
    make_secrets(Path(sys.argv[1]) if len(sys.argv) > 1 else _FOLDER)
