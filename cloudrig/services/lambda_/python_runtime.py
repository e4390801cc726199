"""Runs `python3.x` functions on AWS's own runtime client.

A Python function finds exactly what AWS's runtimes have: its own package first, then its layers, then boto3, botocore,
awslambdaric and what they depend on. Those are linked out of the rig's own installation into a directory that stands
for /var/runtime.
"""

from __future__ import annotations

import importlib.metadata
import logging
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from cloudrig.engine.messages import Addresses
from cloudrig.services.lambda_.program import Program, Template
from cloudrig.services.lambda_.state import Version
from cloudrig.services.lambda_.variables import LANG, Sandbox, layer_folders, variables

log = logging.getLogger(__name__)

OFFERED = ("boto3", "awslambdaric")
_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
_TEMPLATE = Path(__file__).with_name("template.py")
_INTERPRETER: tuple[str, ...] = (getattr(sys, "_base_executable", None) or sys.executable, "-S", "-P")
"""The interpreter behind the rig's virtual environment: started directly, it sees none of the rig's packages."""


class PythonRuntime:
    """Runs `python3.x` functions, all of them on the rig's own interpreter."""

    def __init__(self, directory: Path, addresses: Addresses, *, forks: bool) -> None:
        """`directory` is laid out as /var/runtime; `forks` allows environments to be forks of a template."""
        self.template = _template(directory) if forks and sys.platform == "linux" else None
        self._directory = directory
        self._addresses = addresses
        self._noticed: set[str] = set()

    def prepare(self) -> None:
        """Lay out the runtime's packages. Blocks on the file system."""
        shutil.rmtree(self._directory, ignore_errors=True)
        self._directory.mkdir(0o700, parents=True)
        for name in sorted(_with_dependencies(OFFERED)):
            for source in _top_level_paths(name):
                (self._directory / source.name).symlink_to(source)

    def program(self, version: Version, sandbox: Sandbox) -> Program:
        """What an environment of a version is to run."""
        self._notice(version.settings.runtime)
        command = (*_INTERPRETER, str(_BOOTSTRAP), version.settings.handler)
        packages = [
            *layer_folders(version, f"python/lib/{version.settings.runtime}/site-packages", "python"),
            str(self._directory),
        ]
        own = {
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{version.settings.runtime}",
            "PYTHONPATH": ":".join(packages),
        }
        environment = variables(version, sandbox, self._addresses, self._directory, **own)
        return Program(command, environment, version.code.root, self.template)

    def _notice(self, runtime: str) -> None:
        ours = f"python{sys.version_info.major}.{sys.version_info.minor}"
        if runtime != ours and runtime not in self._noticed:
            self._noticed.add(runtime)
            log.info("functions of runtime %s run on the rig's own %s", runtime, ours)


def _template(packages: Path) -> Template:
    """An interpreter with the runtime's packages, in a home without settings."""
    variables = {"HOME": str(packages), "LANG": LANG, "PYTHONPATH": str(packages), "TZ": ":UTC"}
    return Template(_INTERPRETER, _TEMPLATE, variables, packages)


def _with_dependencies(roots: tuple[str, ...]) -> set[str]:
    """Names of the distributions that `roots` need, themselves included; optional ones only where installed."""
    found: set[str] = set()
    queue = list(roots)
    while queue:
        name = queue.pop()
        if name in found:
            continue
        found.add(name)
        queue.extend(_required(name))
    return found


def _required(name: str) -> Iterator[str]:
    for requirement in importlib.metadata.requires(name) or ():
        requirement, _, marker = requirement.partition(";")
        match = re.match(r"[A-Za-z0-9._-]+", requirement)
        if match and "extra" not in marker and _installed(match.group()):
            yield match.group().lower()


def _installed(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _top_level_paths(name: str) -> set[Path]:
    """The packages, modules and metadata directories that a distribution put into site-packages."""
    distribution = importlib.metadata.distribution(name)
    tops = {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}
    return {Path(str(distribution.locate_file(top))).resolve() for top in tops}
