"""Starts web: `python -m crate_web.serve`. SIGTERM lets what has begun end, within a time."""

import sys

from crate_core.errors import SettingsError
from crate_core.telemetry import multiprocess


def main() -> int:
    """Serve until SIGTERM; returns the exit code."""
    folder = multiprocess.prepare("web")
    # Only now: whatever counts must find that folder when it is imported.
    from crate_web.server import run  # noqa: PLC0415

    try:
        return run()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    finally:
        multiprocess.remove(folder)


if __name__ == "__main__":
    sys.exit(main())
