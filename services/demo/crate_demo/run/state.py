"""The folder that holds everything a local run keeps: databases, broker, mails, key."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crate_core.errors import SettingsError

_KEY_BYTES = 48


@dataclass(frozen=True)
class State:
    """Where a local run keeps its things."""

    folder: Path

    @property
    def broker(self) -> Path:
        """Folder of the file-system broker."""
        return self.folder / "broker"

    @property
    def mail(self) -> Path:
        """Folder in which mails land, one file each."""
        return self.folder / "mail"

    @property
    def heartbeats(self) -> Path:
        """Folder of the workers' heartbeat files."""
        return self.folder / "heartbeats"

    @property
    def secret_key(self) -> Path:
        """File with the key of signatures and keyed hashes."""
        return self.folder / "secret_key"

    @property
    def environment(self) -> Path:
        """File with the settings of the services, for a shell."""
        return self.folder / "environment"

    def database_url(self, name: str) -> str:
        """Return the URL of one of the SQLite databases."""
        return f"sqlite:///{self.folder / name}.db"


def open_state(folder: Path) -> State:
    """Make the folder and what must be in it before the first service starts.

    Raises:
        SettingsError: the folder cannot be made or written.
    """
    state = State(folder.absolute())
    try:
        state.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for part in (state.broker, state.mail, state.heartbeats):
            part.mkdir(mode=0o700, exist_ok=True)
        _make_key(state.secret_key)
    except OSError as error:
        message = f"CRATE_STATE={folder}: cannot be used: {error.strerror}"
        raise SettingsError(message) from error
    return state


def _make_key(path: Path) -> None:
    if path.exists():
        return
    aside = path.with_suffix(".new")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(_KEY_BYTES))
    # Whole or not at all: half a key would be refused at each later start.
    aside.replace(path)


@contextmanager
def locked(state: State) -> Iterator[None]:
    """Hold the folder for this process.

    Raises:
        SettingsError: another one runs on it.
    """
    with (state.folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            message = f"the site already runs on {state.folder}; stop it, or set CRATE_STATE"
            raise SettingsError(message) from error
        yield
