"""Runs functions of the `provided` runtimes: an executable `bootstrap` of their own, in the package or a layer.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html
"""

from __future__ import annotations

import os
from pathlib import Path

from cloudrig.engine.messages import Addresses
from cloudrig.services.lambda_.program import Program
from cloudrig.services.lambda_.state import Version
from cloudrig.services.lambda_.variables import Sandbox, layer_folders, variables

_OF_A_SHELL = frozenset({"PWD", "SHLVL"})
"""Variables that other runtimes have from the script that starts them: recorded in LocalStack's snapshots."""


class ProvidedRuntime:
    """Makes programs of functions that bring their runtime along."""

    def __init__(self, directory: Path, addresses: Addresses) -> None:
        """`directory` stands for /var/runtime, where such functions find nothing."""
        self._directory = directory
        self._addresses = addresses

    def program(self, version: Version, sandbox: Sandbox) -> Program:
        """What an environment of a version is to run. Raises FileNotFoundError where there is no bootstrap."""
        environment = variables(version, sandbox, self._addresses, self._directory)
        own = {name: value for name, value in environment.items() if name not in _OF_A_SHELL}
        return Program((str(_bootstrap(version)),), own, version.code.root)


def _bootstrap(version: Version) -> Path:
    for path in (version.code.root / "bootstrap", *map(Path, layer_folders(version, "bootstrap"))):
        if path.is_file() and os.access(path, os.X_OK):
            return path
    raise FileNotFoundError("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")
