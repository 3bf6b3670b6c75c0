"""`python -m crate_consent`: the consent service."""

import sys

from crate_core.startup import start

if __name__ == "__main__":
    sys.exit(start("consent", "crate_consent.service:run"))
