"""What each page must be for everybody."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with a page, in words."""
    # Evaluated, not added as an element: the content security policy allows no inline script.
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{page.url}: {each['impact']} {each['id']}: {each['help']}: {node['html'][:200]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


def sideways(page: Page) -> list[str]:
    """Return whether a page is wider than its window, in words."""
    width, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    return [f"{page.url}: {width} pixels wide in a window of {window}"] if width > window else []
