"""Pictures of the site's screens for the documentation, and the page that shows them all.

As WebP, which Chromium itself makes of its screenshots.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Final, Literal

from playwright.async_api import Page

from scenarios.tour import SCREENS

_QUALITY: Final = 0.8
_DARK: Final = {"sign-in", "lobby", "room", "rooms", "requests", "search", "offline"}
"""Screens of which there is a picture in the dark too."""
_WIDTHS_PX: Final = (390, 768, 1280)
_SHOWN_PX: Final = 300
"""Height in the page that shows them all; each leads to its picture."""
_MAX_BYTES: Final = 3 * 1024 * 1024
_TO_WEBP: Final = """async ([png, quality]) => {
  const bytes = Uint8Array.from(atob(png), (char) => char.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  const blob = await canvas.convertToBlob({ type: "image/webp", quality });
  const reader = new FileReader();
  reader.readAsDataURL(blob);
  await new Promise((loaded) => { reader.onload = loaded; });
  return reader.result.split(",")[1];
}"""
_HEAD: Final = """# Every screen

At 390, 768 and 1280 pixels. `make screens` takes them, and has axe-core look at each, in light and dark. How the site
behaves: [site.md](site.md).
"""


class Pictures:
    """Takes them into `images/` of a folder.

    Args:
        paper: a page of nothing, to turn pictures into WebP on.
    """

    def __init__(self, folder: Path, paper: Page) -> None:
        self._folder, self._paper = folder, paper

    async def take(self, page: Page, name: str, scheme: Literal["light", "dark"]) -> None:
        if scheme == "dark" and name not in _DARK:
            return
        png = await page.screenshot(animations="disabled", caret="hide")
        webp = await self._paper.evaluate(_TO_WEBP, [base64.b64encode(png).decode(), _QUALITY])
        assert page.viewport_size
        path = self._path(name, page.viewport_size["width"], scheme)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(webp))

    def write_page(self) -> None:
        """`screens.md`: what there is a picture of, in the order of the tour."""
        sections = [f"\n## {title}\n\n{shown}\n" for name, title in SCREENS.items() if (shown := self._shown(name))]
        (self._folder / "screens.md").write_text(_HEAD + "".join(sections))
        size_bytes = sum(path.stat().st_size for path in (self._folder / "images").iterdir())
        assert size_bytes <= _MAX_BYTES, f"the pictures take {size_bytes} bytes"

    def _shown(self, name: str) -> str:
        paths = [self._path(name, width_px, scheme) for scheme in ("light", "dark") for width_px in _WIDTHS_PX]
        links = [path.relative_to(self._folder).as_posix() for path in paths if path.exists()]
        return "\n".join(f'<a href="{link}"><img src="{link}" alt="{link}" height="{_SHOWN_PX}"></a>' for link in links)

    def _path(self, name: str, width_px: int, scheme: str) -> Path:
        return self._folder / "images" / f"{name}-{width_px}{'-dark' if scheme == 'dark' else ''}.webp"
