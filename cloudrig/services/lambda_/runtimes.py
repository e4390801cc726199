"""What an environment runs: the interpreter, the packages a runtime offers and the environment variables AWS sets.

A Python function finds exactly what AWS's runtimes have: its own package first, then boto3, botocore, awslambdaric and
what they depend on. Those are linked out of the rig's own installation into a directory that stands for /var/runtime.
What differs from AWS: the task root, the runtime directory and /tmp are folders of the rig (LAMBDA_TASK_ROOT,
LAMBDA_RUNTIME_DIR and TMPDIR name them; a handler that writes to /tmp by name writes to the machine's); HOME is the
folder of TMPDIR, so that no settings of the user's reach a function; AWS_ENDPOINT_URL and AWS_CA_BUNDLE lead to the
rig.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import logging
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cloudrig.engine.credentials import SessionCredentials
from cloudrig.engine.messages import Addresses
from cloudrig.services.lambda_.state import Version

log = logging.getLogger(__name__)

RESERVED_VARIABLES = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    }
)
"""Variables that Lambda refuses to let a function's configuration set."""

_OFFERED = ("boto3", "awslambdaric")
_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
_INTERPRETER: str = getattr(sys, "_base_executable", None) or sys.executable
"""The interpreter behind the rig's virtual environment: started directly, it sees none of the rig's packages."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What one environment has to itself."""

    runtime_api: str
    directory: Path
    log_stream: str
    credentials: SessionCredentials


class PythonRuntime:
    """Runs `python3.x` functions, all of them on the rig's own interpreter."""

    def __init__(self, directory: Path, addresses: Addresses) -> None:
        self._directory = directory
        self._addresses = addresses
        self._noticed: set[str] = set()

    def prepare(self) -> None:
        """Lay out the runtime's packages. Blocks on the file system."""
        shutil.rmtree(self._directory, ignore_errors=True)
        self._directory.mkdir(parents=True)
        for name in sorted(_with_dependencies(_OFFERED)):
            for source in _top_level_paths(name):
                (self._directory / source.name).symlink_to(source)

    def command(self, version: Version) -> list[str]:
        self._notice(version.settings.runtime)
        return [_INTERPRETER, "-S", "-P", str(_BOOTSTRAP), version.settings.handler]

    def variables(self, version: Version, sandbox: Sandbox) -> dict[str, str]:
        """The environment of a function's process: AWS's defaults, the function's own, then what nobody overrides."""
        root = str(version.code.root)
        defaults = {
            "AWS_CA_BUNDLE": self._addresses.ca_bundle,
            "AWS_ENDPOINT_URL": self._addresses.url,
            "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
            "AWS_XRAY_DAEMON_ADDRESS": "169.254.79.129:2000",
            "HOME": str(sandbox.directory),
            "LANG": "en_US.UTF-8",
            "LD_LIBRARY_PATH": f"{root}:{root}/lib",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PYTHONPATH": str(self._directory),
            "TMPDIR": str(sandbox.directory),
            "TZ": ":UTC",
        }
        return defaults | dict(version.settings.environment or {}) | self._fixed(version, sandbox)

    def _fixed(self, version: Version, sandbox: Sandbox) -> dict[str, str]:
        credentials = sandbox.credentials
        return {
            "AWS_ACCESS_KEY_ID": credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
            "AWS_SESSION_TOKEN": credentials.session_token,
            "AWS_DEFAULT_REGION": version.scope.region,
            "AWS_REGION": version.scope.region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{version.settings.runtime}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(version.settings.memory_mb),
            "AWS_LAMBDA_FUNCTION_NAME": version.name,
            "AWS_LAMBDA_FUNCTION_VERSION": version.number,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": version.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": sandbox.log_stream,
            "AWS_LAMBDA_RUNTIME_API": sandbox.runtime_api,
            "LAMBDA_RUNTIME_DIR": str(self._directory),
            "LAMBDA_TASK_ROOT": str(version.code.root),
            "PWD": str(version.code.root),
            "SHLVL": "0",
            "_HANDLER": version.settings.handler,
        }

    def _notice(self, runtime: str) -> None:
        ours = f"python{sys.version_info.major}.{sys.version_info.minor}"
        if runtime != ours and runtime not in self._noticed:
            self._noticed.add(runtime)
            log.info("functions of runtime %s run on the rig's own %s", runtime, ours)


@functools.cache
def runtime_digest(runtime: str) -> str:
    """64 hexadecimal digits that stand for a runtime's version."""
    versions = [importlib.metadata.version(name) for name in _OFFERED]
    return hashlib.sha256("/".join([runtime, sys.version, *versions]).encode()).hexdigest()


def runtime_version(runtime: str) -> str:
    """The version of a runtime as INIT_START names it: `python:3.12.v18` on AWS, here with awslambdaric's version."""
    return f"{runtime.replace('python', 'python:')}.v{importlib.metadata.version('awslambdaric')}"


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
