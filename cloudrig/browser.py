"""Where the machine's Chromium or Chrome is, for the browser scenarios."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

INSTALL_COMMAND = "apt-get install -y chromium, or .venv/bin/playwright install chromium"

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def find(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The browser of `CLOUDRIG_BROWSER`, else one on PATH or in macOS's place, else one Playwright installed."""
    if given := environ.get("CLOUDRIG_BROWSER"):
        return Path(given)
    for name in _NAMES:
        if path := shutil.which(name, path=environ.get("PATH")):
            return Path(path)
    return next((Path(path) for path in _MAC if Path(path).exists()), _playwrights())


def _playwrights() -> Path | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if path.exists() else None
