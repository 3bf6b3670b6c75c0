"""`python -m crate_flower`: Flower, until SIGTERM."""

import os
import sys

from crate_flower.settings import FlowerSettingsError, read_settings


def main() -> None:
    """Check the settings, then become Flower; exit with 2 when they are wrong."""
    try:
        broker_url, options = read_settings(os.environ)
    except FlowerSettingsError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    os.environ.update(options)
    # Only now: Flower reads its options when it is imported.
    from crate_flower.application import make_app  # noqa: PLC0415
    from crate_flower.metrics import hide_metrics  # noqa: PLC0415

    hide_metrics()
    sys.argv[1:] = ["flower"]
    make_app(broker_url).start(["flower"])


if __name__ == "__main__":
    main()
