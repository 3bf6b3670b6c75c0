"""`python -m crate_mailer`: the mailer."""

import sys

from crate_core.startup import start

if __name__ == "__main__":
    sys.exit(start("mailer", "crate_mailer.service:run"))
