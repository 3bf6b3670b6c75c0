"""`crate`: the operator's command line, the same in every image.

Each installed distribution adds its commands by an entry point of the group `crate.commands`.
"""

from crate_core.cli.main import main

__all__ = ["main"]
