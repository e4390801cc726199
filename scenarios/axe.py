"""What axe-core finds wrong with a page by WCAG 2.2 AA, and by good practice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.async_api import Page

_AXE = Path(__file__).parent.parent / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def violations(page: Page) -> list[str]:
    """What is wrong with the page as it is now, in words."""
    # Through the debugger: the page's Content-Security-Policy refuses script tags of others.
    await page.evaluate(_AXE.read_text())
    found: dict[str, Any] = await page.evaluate(
        "rules => axe.run(document, { runOnly: { type: 'tag', values: rules } })", _RULES
    )
    # A menu lies over the page, outside of its landmarks.
    but = {"region"} if await page.get_by_role("menu").count() else set()
    rules = [each for each in found["violations"] if each["id"] not in but]
    return [f"{each['id']}: {each['help']}: {node['html'][:200]}" for each in rules for node in each["nodes"]]
