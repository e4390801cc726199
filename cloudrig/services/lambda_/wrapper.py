"""`AWS_LAMBDA_EXEC_WRAPPER`: a script of the function's or a layer's that is to start the runtime.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from cloudrig.services.lambda_.program import Program
from cloudrig.services.lambda_.state import Version
from cloudrig.services.lambda_.variables import layer_folders

VARIABLE = "AWS_LAMBDA_EXEC_WRAPPER"


def wrapped(program: Program, version: Version) -> Program:
    """The program, started by the wrapper that the function's variables name. Raises OSError where that is not there.

    `/opt/…` and `/var/task/…` are looked for where layers and code are on this machine.
    """
    name = (version.settings.environment or {}).get(VARIABLE)
    if not name:
        return program
    return replace(program, command=(str(_find(name, version)), *program.command), template=None)


def _find(name: str, version: Version) -> Path:
    places = [Path(name)]
    if name.startswith("/opt/"):
        places = [Path(folder) for folder in layer_folders(version, name.removeprefix("/opt/"))]
    elif name.startswith("/var/task/"):
        places = [version.code.root / name.removeprefix("/var/task/")]
    for place in places:
        if place.is_file() and os.access(place, os.X_OK):
            return place
    raise FileNotFoundError(f"{VARIABLE} is {name}, which is no executable file of the function's or of its layers")
