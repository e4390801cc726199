"""What an environment runs: the interpreter, the packages a runtime offers and the environment variables AWS sets.

A Python function finds exactly what AWS's runtimes have: its own package first, then boto3, botocore, awslambdaric and
what they depend on. Those are linked out of the rig's own installation into a directory that stands for /var/runtime.
What differs from AWS: the task root, the runtime directory and /tmp are folders of the rig (LAMBDA_TASK_ROOT,
LAMBDA_RUNTIME_DIR and TMPDIR name them; a handler that writes to /tmp by name writes to the machine's); HOME is the
folder of TMPDIR, so that no settings of the user's reach a function; AWS_ENDPOINT_URL and AWS_CA_BUNDLE lead to the
rig. Layers are folders of the rig too, on the paths where AWS has those of /opt.
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
from cloudrig.services.lambda_.program import Program, Template
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

_LANG = "en_US.UTF-8"
_OFFERED = ("boto3", "awslambdaric")
_PYTHON_FOLDERS = (f"python/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages", "python")
_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
_TEMPLATE = Path(__file__).with_name("template.py")
_INTERPRETER: tuple[str, ...] = (getattr(sys, "_base_executable", None) or sys.executable, "-S", "-P")
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

    def __init__(self, directory: Path, addresses: Addresses, *, forks: bool) -> None:
        """`directory` is laid out as /var/runtime; `forks` allows environments to be forks of a template."""
        self.template = _template(directory) if forks else None
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

    def program(self, version: Version, sandbox: Sandbox) -> Program:
        """What an environment of a version is to run."""
        self._notice(version.settings.runtime)
        command = (*_INTERPRETER, str(_BOOTSTRAP), version.settings.handler)
        return Program(command, self._variables(version, sandbox), version.code.root, self.template)

    def _variables(self, version: Version, sandbox: Sandbox) -> dict[str, str]:
        """The environment of a function's process: AWS's defaults, the function's own, then what nobody overrides."""
        root = str(version.code.root)
        defaults = {
            "AWS_CA_BUNDLE": self._addresses.ca_bundle,
            "AWS_ENDPOINT_URL": self._addresses.url,
            "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
            "AWS_XRAY_DAEMON_ADDRESS": "169.254.79.129:2000",
            "HOME": str(sandbox.directory),
            "LANG": _LANG,
            "LD_LIBRARY_PATH": ":".join([root, f"{root}/lib", *layer_folders(version, "lib")]),
            "PATH": ":".join(["/usr/local/bin:/usr/bin:/bin", *layer_folders(version, "bin")]),
            "PYTHONPATH": ":".join([*layer_folders(version, *_PYTHON_FOLDERS), str(self._directory)]),
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


def layer_folders(version: Version, *names: str) -> list[str]:
    """The folders of a version's layers under these names: `/opt/{name}` on AWS, where later layers cover earlier."""
    layers = [layer.code.root for layer in reversed(version.settings.layers)]
    return [str(root / name) for name in names for root in layers]


def _template(packages: Path) -> Template:
    """An interpreter with the runtime's packages, in a home without settings."""
    variables = {"HOME": str(packages), "LANG": _LANG, "PYTHONPATH": str(packages), "TZ": ":UTC"}
    return Template(_INTERPRETER, _TEMPLATE, variables, packages)


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
