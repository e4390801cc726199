"""Where dynoxide is on this machine."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

_PACKAGES = Path(__file__).parents[3] / "tools" / "node_modules" / "@dynoxide"
_CPUS = {"x86_64": "x64", "amd64": "x64", "arm64": "arm64", "aarch64": "arm64"}
_SYSTEMS = {"linux": "linux", "darwin": "darwin", "win32": "win32"}


def find_binary() -> Path | None:
    """The program `CLOUDRIG_DYNOXIDE` names, or the one npm installed under `tools/`; None where there is neither."""
    override = os.environ.get("CLOUDRIG_DYNOXIDE")
    if override:
        return Path(override) if Path(override).is_file() else None
    name = "dynoxide.exe" if sys.platform == "win32" else "dynoxide"
    system, cpu = _SYSTEMS.get(sys.platform), _CPUS.get(platform.machine().lower())
    installed = _PACKAGES / f"{system}-{cpu}" / name
    return installed if installed.is_file() else None
