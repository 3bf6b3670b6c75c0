"""`python -m crate_web.runner`."""

import sys

from crate_web.runner.bootstrap import main

sys.exit(main())
