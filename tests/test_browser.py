"""The browser scenarios find the machine's browser, or say how to get one."""

import os
import sys
from pathlib import Path

import pytest

from cloudrig import browser
from cloudrig.browser import BrowserMissing


def test_the_one_the_user_names_wins(tmp_path: Path) -> None:
    assert browser.find({"CLOUDRIG_BROWSER": "/opt/my-chrome", "PATH": str(tmp_path)}) == Path("/opt/my-chrome")


def test_the_machines_own_is_found_on_path(tmp_path: Path) -> None:
    program = tmp_path / "google-chrome"
    program.touch(mode=0o755)
    assert browser.ensure({"PATH": str(tmp_path)}) == program


def test_without_one_and_without_network_the_command_that_helps_is_said(tmp_path: Path) -> None:
    environ = os.environ | {
        "PATH": str(tmp_path),
        "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path),
        "PLAYWRIGHT_DOWNLOAD_HOST": "http://127.0.0.1:9",
    }
    environ.pop("CLOUDRIG_BROWSER", None)
    if browser.find(environ) is not None:
        pytest.skip("a browser in macOS's place, or one Playwright installed before, cannot be hidden")
    with pytest.raises(BrowserMissing, match="apt-get install -y chromium"):
        browser.ensure(environ)


def test_where_playwright_is_not_installed_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the environment of a project that installed cloudrig by pip."""
    monkeypatch.setitem(sys.modules, "playwright", None)
    monkeypatch.setattr(browser, "_MAC", ())
    assert browser.find({"PATH": str(tmp_path)}) is None


def test_where_playwrights_driver_does_not_run_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a Debian without libatomic1."""
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", "/bin/false")
    monkeypatch.setattr(browser, "_MAC", ())
    assert browser.find({"PATH": str(tmp_path)}) is None
