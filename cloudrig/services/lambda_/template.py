"""The process that Python environments fork from: an interpreter that has imported what most functions import.

Runs as `python -S -P template.py FD`; FD is a stream socket to the engine (`fork_server.py`). Lines of JSON go both
ways:

    engine    {"id", "script", "arguments", "variables", "directory"}   and one descriptor, where its output goes
    template  {"modules": […]}      ready; names of the packages that are imported already
              {"id", "pid"}         the fork, leader of a session of its own
              {"pid", "exit"}       it ended; negative codes are signals

It has one thread and no signal handlers, so that a fork finds nothing half done. A fork leaves the loop and runs the
script as `python -S -P SCRIPT …` would have. Imports nothing but the standard library, AWS's runtime client and boto3.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import json
import os
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from types import CodeType
from typing import Any

Request = dict[str, Any]

_SERVICES = ("dynamodb", "apigatewaymanagementapi", "lambda", "s3", "sns", "sqs")
"""Services whose models forks share: what functions use most. A client is there 5 to 25 ms sooner and needs up to 5 MB
less; the template, and so the memory that every fork is reported with, grows by those.
"""

_TELEMETRY_FD = 3


def main() -> None:
    gc.disable()  # garbage that is never freed leaves no holes in the pages that forks share
    libraries = sys.path[len(os.environ["PYTHONPATH"].split(":")) :]
    engine = socket.socket(fileno=int(sys.argv[1]))
    _heed_modes()
    os.close(os.pidfd_open(os.getpid()))  # raises where the kernel has no such thing
    _import_libraries()
    _share_models()
    gc.freeze()
    try:
        request = _Template(engine).serve()
    except BrokenPipeError:  # the engine is gone
        return
    if request is not None:
        sys.path[:] = [*request["variables"].get("PYTHONPATH", "").split(":"), *libraries]
        sys.argv[:] = [request["script"], *request["arguments"]]
        gc.enable()
        exec(request["code"], {"__name__": "__main__", "__file__": request["script"]})  # noqa: S102  the bootstrap


class _Template:
    """Forks on request and tells what becomes of the forks."""

    def __init__(self, engine: socket.socket) -> None:
        self._engine = engine
        self._poll = select.poll()
        self._poll.register(engine, select.POLLIN)
        self._received = b""
        self._outputs: deque[int] = deque()
        self._forks: dict[int, int] = {}  # pid by the descriptor that tells of its end

    def serve(self) -> Request | None:
        """Work until the engine is gone. In a fork: return the request it was made for."""
        self._tell(modules=sorted({name.partition(".")[0] for name in sys.modules}))
        while True:
            for fd, _ in self._poll.poll():
                if fd in self._forks:
                    self._reap(fd)
                    continue
                requests = self._requests()
                if requests is None:
                    return None
                for request in requests:
                    if self._fork(request, self._outputs.popleft()):
                        return request

    def _requests(self) -> list[Request] | None:
        """Whole requests that have arrived; None once the engine has closed its end."""
        data, outputs, _, _ = socket.recv_fds(self._engine, 65536, 16)
        if not data:
            return None
        self._outputs.extend(outputs)
        *lines, self._received = (self._received + data).split(b"\n")
        return [json.loads(line) for line in lines]

    def _fork(self, request: Request, output: int) -> bool:
        """Fork; True in the fork. It goes on when the engine has been told of it, and ends if that cannot be."""
        request["code"] = _compiled(request["script"])
        led, leads = os.pipe()
        told, tells = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.setsid()
            os.close(leads)
            os.close(tells)
            if os.read(told, 1) != b"!":
                os._exit(1)
            self._engine.detach()
            _become(request, output)
            return True
        os.close(leads)
        os.close(told)
        os.read(led, 1)  # end of file: it leads its session
        ended = os.pidfd_open(pid)
        self._forks[ended] = pid
        self._poll.register(ended, select.POLLIN)
        self._tell(id=request["id"], pid=pid)
        with contextlib.suppress(BrokenPipeError):  # nobody waits for it any more and it was killed
            os.write(tells, b"!")
        for fd in (led, tells, output):
            os.close(fd)
        return False

    def _reap(self, ended: int) -> None:
        pid = self._forks.pop(ended)
        self._poll.unregister(ended)
        os.close(ended)
        _, status = os.waitpid(pid, 0)
        self._tell(pid=pid, exit=os.waitstatus_to_exitcode(status))

    def _tell(self, **fields: object) -> None:
        self._engine.sendall(json.dumps(fields).encode() + b"\n")


@functools.cache
def _compiled(script: str) -> CodeType:
    with open(script, "rb") as source:  # noqa: PTH123
        return compile(source.read(), script, "exec")


def _become(request: Request, output: int) -> None:
    """Make the fork what a fresh process would be: its output, no other descriptor, its variables and directory."""
    for fd in (1, 2, _TELEMETRY_FD):
        if fd == output:
            os.set_inheritable(fd, True)
        else:
            os.dup2(output, fd)
    os.closerange(_TELEMETRY_FD + 1, os.sysconf("SC_OPEN_MAX"))
    os.environ.clear()
    os.environ.update(request["variables"], _LAMBDA_TELEMETRY_LOG_FD=str(_TELEMETRY_FD))
    time.tzset()
    os.chdir(request["directory"])


def _heed_modes() -> None:
    """Have files that are read-only be so for root as well: give up CAP_DAC_OVERRIDE, children's included.

    Where that cannot be had, root writes what it likes. Source: capabilities(7), capset(2).
    """
    import ctypes

    libc, drop_from_bounding_set, dac_override = ctypes.CDLL(None), 24, 1
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # version 3; this process
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted and inheritable, twice 32 bits
    if os.geteuid() == 0 and libc.capget(header, sets) == 0:
        libc.prctl(drop_from_bounding_set, dac_override, 0, 0, 0)
        for index in range(3):
            sets[index] &= ~(1 << dac_override)
        libc.capset(header, sets)


def _import_libraries() -> None:
    """All but what reads the environment while it is loaded: the runtime client's main modules and its C++ half."""
    for name in (
        "awslambdaric.lambda_context",
        "awslambdaric.lambda_runtime_log_utils",
        "awslambdaric.lambda_runtime_marshaller",
        "boto3.dynamodb.conditions",
        "boto3.session",
        "http.client",
        "traceback",
    ):
        importlib.import_module(name)


def _share_models() -> None:
    """Read botocore's largest files once, and have every loader of a fork find them."""
    import boto3
    from botocore.loaders import JSONFileLoader, Loader

    _remember(JSONFileLoader, "load_file", lambda loader: None)
    _remember(Loader, "list_available_services", lambda loader: tuple(loader.search_paths))
    loader = Loader()
    loader.search_paths.append(os.path.join(os.path.dirname(boto3.__file__), "data"))  # noqa: PTH118, PTH120  as boto3
    loader.list_available_services(type_name="resources-1")
    loader.load_service_model("dynamodb", "resources-1")
    for name in ("endpoints", "partitions", "sdk-default-configuration", "_retry"):
        loader.load_data(name)
    for service in _SERVICES:
        for kind in ("service-2", "endpoint-rule-set-1"):
            loader.load_service_model(service, kind)


def _remember(kind: type[Any], name: str, place: Callable[[Any], object]) -> None:
    """Have all objects of a kind that are in the same place share what a method of theirs returned."""
    method = getattr(kind, name)
    known: dict[tuple[object, ...], Any] = {}

    def remembering(self: Any, *args: object, **named: object) -> Any:
        key = (place(self), *args, *named.items())
        if known.get(key) is None:
            known[key] = method(self, *args, **named)
        return known[key]

    setattr(kind, name, remembering)


if __name__ == "__main__":
    main()
