"""Starts the runner: `python -m crate_web.runner`. SIGTERM lets what runs come to its end."""

import sys

from crate_core.errors import SettingsError
from crate_core.telemetry import multiprocess


def main() -> int:
    """Run statements until SIGTERM; returns the exit code."""
    folder = multiprocess.prepare("runner")
    # Only now: whatever counts must find that folder when it is imported.
    from crate_web.runner.bootstrap import run  # noqa: PLC0415

    try:
        return run()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    finally:
        multiprocess.remove(folder)


if __name__ == "__main__":
    sys.exit(main())
