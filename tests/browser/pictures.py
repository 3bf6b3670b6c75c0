"""Pictures of the journey: kept where `CRATE_TEST_PICTURES` names a folder, such as docs/journey."""

import os
from pathlib import Path

from playwright.sync_api import Page

_FOLDER = os.environ.get("CRATE_TEST_PICTURES")
_LARGEST_BYTES = 150_000


def picture(page: Page, name: str, *, whole: bool = True) -> None:
    """Keep a picture of a page, the whole of it or what a window shows."""
    if not _FOLDER:
        return
    path = Path(_FOLDER) / f"{name}.png"
    page.screenshot(path=path, full_page=whole, animations="disabled")
    size = path.stat().st_size
    assert size < _LARGEST_BYTES, f"{path} has {size} bytes"
