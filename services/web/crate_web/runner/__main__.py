"""`python -m crate_web.runner`: the runner. SIGTERM lets what runs come to its end."""

import sys

from crate_core.startup import start

if __name__ == "__main__":
    sys.exit(start("runner", "crate_web.runner.bootstrap:run"))
