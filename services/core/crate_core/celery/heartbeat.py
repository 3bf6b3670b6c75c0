"""What a worker says about itself to probes: that its loop turns, and that it takes messages."""

import time
from pathlib import Path

_ALIVE_SECONDS = 30.0


class Heartbeat:
    """Kept by the worker's main loop, read by the health port and by probes of files.

    With a folder there are two files: `<service>.alive`, touched each second or two, also while
    the broker is away; `<service>.ready`, there only while messages are taken.
    """

    def __init__(self, service: str, folder: Path | None = None) -> None:
        """Start as neither alive nor ready; files of an earlier process go."""
        self._beat_at = time.monotonic()
        self._consuming = False
        self._alive = folder / f"{service}.alive" if folder else None
        self._ready = folder / f"{service}.ready" if folder else None
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
        self.stop()

    def beat(self) -> None:
        """Note that the loop turns."""
        self._beat_at = time.monotonic()
        if self._alive:
            self._alive.touch()

    def set_consuming(self, consuming: bool) -> None:
        """Note whether messages are being taken from the broker."""
        self._consuming = consuming
        if self._ready and consuming:
            self._ready.touch()
        elif self._ready:
            self._ready.unlink(missing_ok=True)

    def stop(self) -> None:
        """Remove the files: the process ends."""
        self.set_consuming(False)
        if self._alive:
            self._alive.unlink(missing_ok=True)

    def check_alive(self) -> str | None:
        """Return why the worker must be restarted, or None."""
        age = time.monotonic() - self._beat_at
        return (
            f"the worker's loop has stood still for {age:.0f} s" if age > _ALIVE_SECONDS else None
        )

    def check_consuming(self) -> str | None:
        """Return why no messages are taken, or None."""
        return None if self._consuming else "not connected to the broker"
