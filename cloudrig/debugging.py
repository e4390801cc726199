"""`cloudrig invoke --debug`: a Python function in this process, where any debugger can step through it.

It has the environment variables, the code and the event that it would have in its environment, and no timeout. The
code of this folder goes before the deployed package, so that the breakpoints of an editor are met.
Under an IDE's debugger (VS Code, PyCharm) the handler just runs; without one, pdb stops at its first line; with a port,
it waits for a client of debugpy, which has to be installed.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import pdb
import sys
import tempfile
import time
import urllib.request
import uuid
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cloudrig.deployment import ROOT
from cloudrig.failure import Failure
from cloudrig.invoking import known, pretty
from cloudrig.targets import Target

Handler = Callable[[Any, Any], Any]

_NO_LIMIT_MS = 24 * 3600 * 1000
"""What `get_remaining_time_in_millis` counts down from: nobody is hurried at a breakpoint."""


def debug(
    target: Target, name: str, event: bytes, certificates: Path, port: int | None, report: Callable[[str], None]
) -> str:
    """Run a function's handler here. Raises Failure, and what the handler raises.

    Args:
        certificates: what the rig's TLS port is trusted by.
        port: where to wait for a client of debugpy; None for whichever debugger runs this process, or pdb.
        report: told what is waited for.
    Returns: the answer, as JSON.
    """
    found = _function(target, name)
    configuration = found["Configuration"]
    if not str(configuration.get("Runtime", "")).startswith("python"):
        raise Failure(
            f"{name} is a function of {configuration.get('Runtime', 'an image')}: only Python can be stepped through"
        )
    with tempfile.TemporaryDirectory(prefix="cloudrig-debug-") as folder:
        _unpack(found["Code"]["Location"], Path(folder))
        sys.path[:0] = [str(Path.cwd()), str(ROOT)]
        sys.path.append(folder)
        os.environ.update(_environment(target, configuration, certificates))
        handler = _load(configuration["Handler"])
        answer = _debugger(port, report)(handler, json.loads(event), _context(configuration))
        return pretty(json.dumps(answer).encode())


def _function(target: Target, name: str) -> Mapping[str, Any]:
    with known(name):
        found: Mapping[str, Any] = target.session().client("lambda").get_function(FunctionName=name)
    return found


def _unpack(location: str, folder: Path) -> None:
    with urllib.request.urlopen(location, timeout=60) as answer:  # noqa: S310  the target's own
        zipfile.ZipFile(io.BytesIO(answer.read())).extractall(folder)


def _environment(target: Target, configuration: Mapping[str, Any], certificates: Path) -> dict[str, str]:
    """The variables that the function would have, with the credentials of whoever debugs it."""
    credentials = target.session().get_credentials()
    variables = {
        **target.sdk_variables(),
        "AWS_LAMBDA_FUNCTION_NAME": configuration["FunctionName"],
        "AWS_LAMBDA_FUNCTION_VERSION": configuration["Version"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration["MemorySize"]),
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{configuration['FunctionName']}",
        "_HANDLER": configuration["Handler"],
    }
    if credentials is not None:
        frozen = credentials.get_frozen_credentials()
        variables |= {"AWS_ACCESS_KEY_ID": frozen.access_key, "AWS_SECRET_ACCESS_KEY": frozen.secret_key}
        variables |= {"AWS_SESSION_TOKEN": frozen.token} if frozen.token else {}
    if certificates.exists():
        variables["AWS_CA_BUNDLE"] = str(certificates)
    return {**variables, **configuration.get("Environment", {}).get("Variables", {})}


def _load(place: str) -> Handler:
    module, _, attribute = place.rpartition(".")
    try:
        handler: Handler = getattr(importlib.import_module(module.replace("/", ".")), attribute)
    except (ImportError, AttributeError) as error:
        raise Failure(f"the handler {place} cannot be loaded: {error}") from error
    return handler


def _debugger(port: int | None, report: Callable[[str], None]) -> Callable[..., Any]:
    """How to call a handler so that it is debugged. Raises Failure."""
    if port is not None:
        _await_client(port, report)
    elif sys.gettrace() is None and "pydevd" not in sys.modules:
        return _under_pdb
    return lambda handler, *arguments: handler(*arguments)


class _Pdb(pdb.Pdb):
    """pdb that remembers whether its user quit."""

    left = False

    def set_quit(self) -> None:
        self.left = True
        super().set_quit()


def _under_pdb(handler: Handler, event: Any, context: Any) -> Any:
    debugger = _Pdb(stdin=_terminal())
    answer = debugger.runcall(handler, event, context)
    if debugger.left:
        raise Failure("the debugger was left before the function had answered")
    return answer


def _await_client(port: int, report: Callable[[str], None]) -> None:
    try:
        import debugpy
    except ImportError:
        raise Failure("debugpy is not installed", f"{sys.executable} -m pip install debugpy") from None
    debugpy.listen(("127.0.0.1", port))
    report(f"waiting for a debugger at 127.0.0.1:{port}")
    debugpy.wait_for_client()


def _terminal() -> Any:
    """Where pdb reads commands: not stdin where the event came from there."""
    if sys.stdin.isatty():
        return None
    try:
        return Path("/dev/tty").open()
    except OSError:
        return None


def _context(configuration: Mapping[str, Any]) -> Any:
    from awslambdaric.lambda_context import LambdaContext

    deadline_ms = int(time.time() * 1000) + _NO_LIMIT_MS
    return LambdaContext(str(uuid.uuid4()), None, None, deadline_ms, configuration["FunctionArn"])
