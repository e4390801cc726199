"""`cloudrig doctor`: looks at the machine and says what is missing and what to do about it."""

from __future__ import annotations

import os
import platform
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cloudrig import background, browser
from cloudrig.deployment import ROOT
from cloudrig.engine.ports import PortTaken, listener
from cloudrig.services.dynamodb.binary import find_binary

_LEAST_FILES = 4096
_MAKEFILE = ROOT / "Makefile"
"""Where cloudrig is installed by pip, there is no chat to build."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `remedy` is what to do; a finding that is not `required` does not fail the doctor."""

    subject: str
    fine: bool
    detail: str
    remedy: str = ""
    required: bool = True


def examine(data_dir: Path, port: int) -> Iterator[Finding]:
    """Every finding, cheapest first."""
    of_checkout: list[Callable[[], Finding]] = [
        lambda: _program("uv", "make setup"),
        lambda: _program("node", "make setup"),
        _site,
    ]
    checks: list[Callable[[], Finding]] = [
        _python,
        *(of_checkout if _MAKEFILE.exists() else ()),
        _dynoxide,
        _browser,
        lambda: _folder(data_dir),
        lambda: _rig(data_dir, port),
        _open_files,
        _docker,
    ]
    for check in checks:
        yield check()


def _python() -> Finding:
    return Finding("Python", sys.version_info >= (3, 11), f"{platform.python_version()} at {sys.executable}")


def _program(name: str, remedy: str) -> Finding:
    path = shutil.which(name, path=f"{ROOT / '.tools' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}")
    if path is None:
        return Finding(name, False, "not found", remedy)
    answer = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    version = re.search(r"\d+(\.\d+)+", answer.stdout)
    return Finding(name, answer.returncode == 0, f"{version[0] if version else '?'} at {path}", remedy)


def _dynoxide() -> Finding:
    binary = find_binary()
    detail = str(binary) if binary else "no binary for this platform: moto's DynamoDB stands in, slower"
    remedy = "make setup" if _MAKEFILE.exists() else "see docs/testing-your-own-stack.md"
    return Finding("dynoxide", binary is not None, detail, remedy, required=False)


def _site() -> Finding:
    built = (ROOT / "frontend" / "dist" / "index.html").exists()
    return Finding("site", built, "built" if built else "not built", "make site")


def _browser() -> Finding:
    path = browser.find()
    remedy = f"{browser.INSTALL_COMMAND} (only the browser scenario needs it)"
    return Finding("browser", path is not None, str(path or "no Chromium or Chrome"), remedy, required=False)


def _folder(data_dir: Path) -> Finding:
    nearest = next(folder for folder in (data_dir, *data_dir.parents) if folder.exists())
    writable = os.access(nearest, os.W_OK)
    return Finding("data folder", writable, f"{data_dir}", f"make {nearest} writable, or give --data-dir")


def _rig(data_dir: Path, port: int) -> Finding:
    running = background.find(data_dir)
    if running is not None:
        fine = background.healthy(running.url)
        detail = f"running at {running.url} (pid {running.pid})"
        return Finding("rig", fine, detail if fine else f"{detail}, but it does not answer", "cloudrig down")
    try:
        listener("127.0.0.1", port).close()
    except PortTaken as taken:
        return Finding("rig", False, f"not running, and {taken}", f"stop that, or use --port {port + 100}")
    return Finding("rig", True, f"not running; port {port} is free")


def _open_files() -> Finding:
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    fine = limit == resource.RLIM_INFINITY or limit >= _LEAST_FILES
    return Finding(
        "open files", fine, f"limit {limit}", "ulimit -n 65536 (for thousands of connections)", required=False
    )


def _docker() -> Finding:
    path = shutil.which("docker")
    return Finding("docker", path is not None, path or "not found", "needed only for TARGET=localstack", required=False)
