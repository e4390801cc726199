"""What an environment runs, by the runtime of its function."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import logging
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from cloudrig.engine.errors import OperationNotImplemented
from cloudrig.engine.messages import Addresses
from cloudrig.engine.validation import java_hash
from cloudrig.engine.wire import service_model
from cloudrig.services.lambda_.errors import InvalidParameterValue
from cloudrig.services.lambda_.node_runtime import NodeRuntime
from cloudrig.services.lambda_.program import Program, Template
from cloudrig.services.lambda_.provided_runtime import ProvidedRuntime
from cloudrig.services.lambda_.python_runtime import OFFERED, PythonRuntime
from cloudrig.services.lambda_.state import Version
from cloudrig.services.lambda_.variables import Sandbox
from cloudrig.services.lambda_.wrapper import wrapped

log = logging.getLogger(__name__)

_FAMILY = re.compile(r"python3|nodejs|provided")
_DEPRECATED = {
    "dotnetcore3.1": "dotnet6",
    "go1.x": "provided.al2023",
    "java8": "java21",
    "nodejs12.x": "nodejs18.x",
    "nodejs14.x": "nodejs20.x",
    "provided": "provided.al2023",
    "python3.7": "python3.12",
    "ruby2.7": "ruby3.2",
}
"""Runtimes that functions are no longer made with, and what AWS recommends instead, as of 2024."""
_FORGOTTEN = re.compile(r"nodejs([468]\..*|10\.x)?|dotnetcore.*|python2.*|python3\.6|ruby2.*")
"""Runtimes that are gone for so long that nobody has recorded what is said of them; they are answered as unknown."""


class Runtimes:
    """Every runtime that is built."""

    def __init__(self, directory: Path, addresses: Addresses, *, forks: bool) -> None:
        """`directory` is laid out as /var/runtime; `forks` allows Python environments to be forks of a template."""
        self._python = PythonRuntime(directory, addresses, forks=forks)
        self._node = NodeRuntime(addresses)
        self._provided = ProvidedRuntime(directory, addresses)
        self._noticed: set[str] = set()

    @property
    def template(self) -> Template | None:
        """What Python environments fork from."""
        return self._python.template

    def prepare(self) -> None:
        """Blocks on the file system."""
        self._python.prepare()

    def check(self, runtime: str) -> None:
        """Raises InvalidParameterValue for one that AWS does not offer, OperationNotImplemented where it is not built.

        Texts as recorded in LocalStack's AWS-validated snapshots (`TestLambdaFunction`, `TestRuntimeValidation`).
        """
        if runtime in _DEPRECATED:
            raise InvalidParameterValue(
                f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda "
                f"functions. We recommend you use the new runtime ({_DEPRECATED[runtime]}) while creating or updating "
                "functions."
            )
        if runtime not in _known():
            raise InvalidParameterValue(
                f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
                f"[{', '.join(_known())}] or be a valid ARN"
            )
        family = _family(runtime)
        if family is None:
            raise OperationNotImplemented(
                f"cloudrig runs functions of python3, nodejs and provided runtimes; {runtime} is not built"
            )
        if family == "nodejs":
            self._node.check()

    def program(self, version: Version, sandbox: Sandbox) -> Program:
        """What an environment of a version is to run. Raises OSError where that is not there."""
        self._notice_extensions(version)
        match _family(version.settings.runtime):
            case "nodejs":
                return wrapped(self._node.program(version, sandbox), version)
            case "provided":
                return self._provided.program(version, sandbox)
            case _:
                return wrapped(self._python.program(version, sandbox), version)

    def _notice_extensions(self, version: Version) -> None:
        """Say once of each layer that its extensions are not started."""
        for layer in version.settings.layers:
            if layer.arn not in self._noticed and (layer.code.root / "extensions").is_dir():
                self._noticed.add(layer.arn)
                log.warning("%s has extensions, which cloudrig does not start: functions run without them", layer.arn)


@functools.cache
def _known() -> tuple[str, ...]:
    """Runtimes that functions are made with, in the order of a Java hash set, which is that of the recordings."""
    runtimes: list[str] = service_model("lambda").shape_for("Runtime").metadata["enum"]
    return hash_set([one for one in runtimes if one not in _DEPRECATED and not _FORGOTTEN.fullmatch(one)])


def hash_set(values: Sequence[str]) -> tuple[str, ...]:
    """Strings as Java's `HashSet` gives them: by bucket, of which there are enough that a quarter stays empty."""
    buckets = 16
    while len(values) > buckets * 3 // 4:
        buckets *= 2
    return tuple(sorted(values, key=lambda value: (java_hash(value) ^ java_hash(value) >> 16) % buckets))


def _family(runtime: str) -> str | None:
    found = _FAMILY.match(runtime)
    return found.group() if found else None


@functools.cache
def runtime_digest(runtime: str) -> str:
    """64 hexadecimal digits that stand for a runtime's version."""
    versions = [importlib.metadata.version(name) for name in OFFERED]
    return hashlib.sha256("/".join([runtime, sys.version, *versions]).encode()).hexdigest()


def runtime_version(runtime: str) -> str:
    """The version of a runtime as INIT_START names it: `python:3.12.v18` on AWS, here with that of what runs it."""
    name = re.sub(r"(python|nodejs|provided)\.?(?=.)", r"\1:", runtime.removesuffix(".x"))
    return f"{name}.v{importlib.metadata.version('awslambdaric' if 'python' in name else 'cloudrig')}"
