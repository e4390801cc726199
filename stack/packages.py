"""Deployment packages: zip files with a function's code and what it depends on.

A package depends on nothing but its contents: files are sorted, dated 1980 and stored uncompressed (what compression
makes differs with the version of zlib). So two machines that deploy the same code make the same bytes, and `CodeSha256`
tells whether anything changed.

Dependencies have the versions, and the hashes, of `uv.lock`. They are fetched once and kept in the build folder under a
digest of what they are.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path

from stack.errors import BuildError
from stack.parameters import ARCHITECTURES
from stack.resources import Package

PYTHON_VERSION = "3.13"
_MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}
"""Lambda's architectures, as Linux calls them."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
# What an installer leaves about itself; the licences and METADATA beside it are the package's own.
_INSTALLER_FILES = {".lock", "INSTALLER", "RECORD", "REQUESTED", "direct_url.json"}


class Platform(StrEnum):
    """Where functions run, whatever architecture they declare."""

    LAMBDA = "lambda"
    """Lambda: Amazon Linux 2023, of the function's architecture."""
    LOCAL = "local"
    """This machine and this Python; Lambda's own packages, where they run here."""
    CONTAINER = "container"
    """A Linux on this machine's processor, as Docker starts it: arm64 on a Mac, say."""


def lambda_runs_here(architecture: str) -> bool:
    """Whether this machine runs what is built for Lambda: a Linux with glibc, of the same architecture."""
    machine = sys.platform == "linux" and platform.machine() == _MACHINES[architecture]
    return machine and platform.libc_ver()[0] == "glibc"


def build_packages(
    requirements: Mapping[str, tuple[str, ...]],
    handlers: Path,
    lock: Path,
    build: Path,
    target: Platform,
    architecture: str = ARCHITECTURES[0],
) -> dict[str, Package]:
    """The package of each function.

    Args:
        requirements: function → the distributions it needs, with what those need; Lambda itself brings boto3.
        handlers: the folder of the package `handlers`.
        lock: the `uv.lock` that fixes the versions.
        build: a folder that is kept, for dependencies.
        target, architecture: what the binary ones among them are for.
    Raises:
        BuildError: a dependency is not in the lock file or could not be fetched.
    """
    sources = _files(handlers, under="handlers/")
    needed = sorted({name for names in requirements.values() for name in names})
    flags = _platform_flags(target, architecture)
    installed = {name: _installed(name, lock, build, flags) for name in needed}
    modules = {function: f"handlers/{function.replace('-', '_')}.py" for function in requirements}
    packages = {}
    for function, names in requirements.items():
        others = {module for other, module in modules.items() if other != function}
        contents = {path: body for path, body in sources.items() if path not in others}
        for name in names:
            contents |= installed[name]
        packages[function] = pack(contents)
    return packages


def pack(contents: Mapping[str, bytes]) -> Package:
    """The package with these files, by path."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(contents):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.create_system = 3  # Unix, wherever it is made
            entry.external_attr = (0o100755 if path.endswith(".so") else 0o100644) << 16
            archive.writestr(entry, contents[path])
    content = buffer.getvalue()
    return Package(content, base64.b64encode(hashlib.sha256(content).digest()).decode())


def _files(folder: Path, under: str = "") -> dict[str, bytes]:
    return {
        f"{under}{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name not in _INSTALLER_FILES
    }


def _installed(name: str, lock: Path, build: Path, flags: list[str]) -> dict[str, bytes]:
    """The files of a distribution, installed into the build folder if they are not there yet."""
    requirement = _locked_requirement(name, lock)
    digest = hashlib.sha256("\n".join([requirement, *flags]).encode()).hexdigest()[:16]
    folder = build / f"{name}-{digest}"
    if not folder.is_dir():
        build.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=build) as scratch:
            _install(requirement, flags, lock.parent / ".tools" / "bin", Path(scratch))
            _move(Path(scratch) / "installed", folder)
    return _files(folder)


def _locked_requirement(name: str, lock: Path) -> str:
    """`name==version` with the hashes of all its wheels. The file is not parsed as a whole: that takes a second."""
    for part in lock.read_text().split("\n[[package]]\n"):
        if part.startswith(f'name = "{name}"\n'):
            package = tomllib.loads(part)
            hashes = (f"--hash={wheel['hash']}" for wheel in package.get("wheels", []))
            return " ".join([f"{name}=={package['version']}", *hashes])
    raise BuildError(f"{name} is not in {lock}: add it to pyproject.toml and run `uv lock`")


def _platform_flags(target: Platform, architecture: str) -> list[str]:
    if target is Platform.LOCAL and not lambda_runs_here(architecture):
        return ["--python-version", platform.python_version()]
    machine = platform.machine() if target is Platform.CONTAINER else architecture
    return [
        "--python-platform",
        f"{_MACHINES.get(machine, machine)}-manylinux_2_28",
        "--python-version",
        PYTHON_VERSION,
    ]


def _install(requirement: str, flags: Iterable[str], tools: Path, scratch: Path) -> None:
    listed, target = scratch / "requirements.txt", scratch / "installed"
    listed.write_text(requirement)
    command = [_uv(tools), "pip", "install", "--quiet", "--python", sys.executable, "--target", str(target), *flags]
    command += ["--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(listed)]
    environ = {"UV_SYSTEM_CERTS": "true"} | os.environ  # as in the Makefile
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603  # our own
    if done.returncode != 0:
        what = requirement.partition(" ")[0]
        raise BuildError(f"{what} could not be fetched (the first build needs the network): {done.stderr.strip()}")


def _uv(tools: Path) -> str:
    # `uv run` tells its own path to what it runs; make keeps one in the folder `tools`.
    path = f"{os.environ.get('PATH', '')}{os.pathsep}{tools}"
    uv = os.environ.get("UV") or shutil.which("uv", path=path)
    if uv is None:
        raise BuildError("uv is needed to fetch the functions' dependencies: make setup installs it")
    return uv


def _move(installed: Path, folder: Path) -> None:
    """Into its place at once, so that an interrupted build leaves nothing half; another build may have been faster."""
    try:
        installed.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
