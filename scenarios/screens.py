"""Every screen of the site at the widths of a phone, a tablet and a desk: pictured for docs/, and checked.

    make screens                                    one width: make screens PYTEST_ARGS="-k 390"

Takes minutes, and rewrites `docs/screens.md` and its pictures: runs only where it is named, on a rig of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from playwright.async_api import Browser, Page, expect

from cloudrig.targets import Target
from scenarios.axe import violations
from scenarios.browser import Cut, OpenWindow
from scenarios.pictures import Pictures
from scenarios.stacks import stack
from scenarios.tour import SCREENS, Tour

# The codes that would have been sent by mail are only to be had from a rig.
pytestmark = pytest.mark.needs("cognito", "codes")

_DOCS: Final = Path(__file__).parent.parent / "docs"
_PATIENCE_MS: Final = 60_000
"""Nobody waits for this one."""
_SIZES_PX: Final = [(390, 844), (768, 1024), (1280, 800)]
_SCHEMES: Final[list[Literal["light", "dark"]]] = ["light", "dark"]
_WHERE_NARROW: Final = {"people", "rooms"}
"""Screens of their own only where there is no room beside the conversation."""


@pytest.fixture
async def outputs(target: Target) -> AsyncIterator[dict[str, Any]]:
    """Nobody else talks in its lobby."""
    async with stack(target, AUTH_MODES="jwt,cognito,guest") as outputs:
        yield outputs


@pytest.fixture
async def pictures(chromium: Browser) -> AsyncIterator[Pictures]:
    """What was taken is listed at the end, however far the tour came."""
    paper = await chromium.new_page()
    pictures = Pictures(_DOCS, paper)
    yield pictures
    pictures.write_page()
    await paper.close()


@pytest.mark.parametrize(("width_px", "height_px"), _SIZES_PX)
async def test_every_screen(
    open_window: OpenWindow, target: Target, cut: Cut, pictures: Pictures, width_px: int, height_px: int
) -> None:
    """axe finds no violation of WCAG 2.2 AA, in light and dark, and nothing has to be scrolled sideways."""
    expect.set_options(timeout=_PATIENCE_MS)
    seen, wrong = set[str](), list[str]()

    async def look(name: str, page: Page) -> None:
        seen.add(name)
        for scheme in _SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            await pictures.take(page, name, scheme)
            wrong.extend(f"{name}, {scheme}: {each}" for each in await violations(page))
        if await page.evaluate("document.documentElement.scrollWidth") > width_px:
            wrong.append(f"{name} has to be scrolled sideways")
        await page.emulate_media(color_scheme="light")

    try:
        await Tour(open_window, width_px, height_px, look).go(target, cut)
        assert SCREENS.keys() - seen <= _WHERE_NARROW
    finally:  # beside what may have ended the tour
        assert not wrong, "\n".join(wrong)
