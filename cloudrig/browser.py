"""The browser of the browser scenarios: the machine's Chromium or Chrome, else one that Playwright installs."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

INSTALL_COMMAND = "apt-get install -y chromium, or .venv/bin/playwright install chromium"

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


class BrowserMissing(RuntimeError):
    """There is no browser and none could be installed; the text has the command that helps."""


def find(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The browser of `CLOUDRIG_BROWSER`, else one on PATH or in macOS's place, else one Playwright installed."""
    if given := environ.get("CLOUDRIG_BROWSER"):
        return Path(given)
    for name in _NAMES:
        if path := shutil.which(name, path=environ.get("PATH")):
            return Path(path)
    for application in map(Path, _MAC):
        if application.exists():
            return application
    return _playwrights()


def arguments(environ: Mapping[str, str] = os.environ) -> list[str]:
    """What makes a browser use the proxy of the environment, and trust the certificates of `CLOUDRIG_CA_FILE`."""
    found = []
    if proxy := environ.get("HTTPS_PROXY"):
        found.append(f"--proxy-server={proxy}")
    if file := environ.get("CLOUDRIG_CA_FILE"):
        digests = map(_key_digest, x509.load_pem_x509_certificates(Path(file).read_bytes()))
        found.append(f"--ignore-certificate-errors-spki-list={','.join(digests)}")
    return found


def _key_digest(certificate: x509.Certificate) -> str:
    """As browsers name a certificate's key: SHA-256 of its SubjectPublicKeyInfo, in base64."""
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


def ensure(environ: Mapping[str, str] = os.environ) -> Path:
    """`find`, or install Chromium through Playwright. Raises BrowserMissing."""
    if (found := find(environ)) is not None:
        return found
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    done = subprocess.run(command, env=dict(environ), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode == 0 and (installed := _playwrights()) is not None:
        return installed
    reason = (done.stderr or done.stdout).strip().rpartition("\n")[2]
    raise BrowserMissing(f"no Chromium or Chrome, and Playwright cannot install one ({reason}): {INSTALL_COMMAND}")


def _playwrights() -> Path | None:
    """None also where Playwright is not installed, or its driver lacks a library of the system (libatomic)."""
    try:
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            path = Path(playwright.chromium.executable_path)
    except Exception:  # noqa: BLE001  a driver that ends at once is a bare Exception to Playwright
        return None
    return path if path.exists() else None
