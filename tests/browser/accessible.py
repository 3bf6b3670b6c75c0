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
    """Return whether a page stays wider than its window, in words."""
    # The header folds its menu a moment after the window has become narrow.
    too_wide: int = page.evaluate("""async () => {
        const excess = () => document.documentElement.scrollWidth - window.innerWidth;
        for (let turn = 0; turn < 40 && excess() > 0; turn += 1) {
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
        return excess();
    }""")
    return [f"{page.url}: {too_wide} pixels wider than its window"] if too_wide > 0 else []
