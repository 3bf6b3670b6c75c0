"""`python -m crate_web.serve`: web. SIGTERM lets what has begun end, within a time."""

import sys

from crate_core.startup import start

if __name__ == "__main__":
    sys.exit(start("web", "crate_web.server:run"))
