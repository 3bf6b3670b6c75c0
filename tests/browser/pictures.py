"""Pictures of the journey: kept where `CRATE_TEST_PICTURES` names a folder, such as docs/journey."""

import os
from pathlib import Path

from playwright.sync_api import Page

_FOLDER = os.environ.get("CRATE_TEST_PICTURES")


def picture(page: Page, name: str, *, whole: bool = True) -> None:
    """Keep a picture of a page, the whole of it or what a window shows."""
    if _FOLDER:
        path = Path(_FOLDER) / f"{name}.png"
        page.screenshot(path=path, full_page=whole, animations="disabled")
