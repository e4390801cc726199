"""What is measured: a rig started for it, an endpoint that is there already, MiniStack in a throw-away environment."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.errors import Unfit
from cloudrig import background
from cloudrig.engine.config import Config
from cloudrig.engine.ports import listener_pid

START_S = 60.0
STOP_S = 10.0
_LOCAL_HOSTS = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An AWS-compatible endpoint. `pid` is its process, None where that is not on this machine."""

    name: str
    url: str
    pid: int | None


@contextmanager
def own_rig() -> Iterator[Endpoint]:
    """A rig on free ports and an empty data folder, both gone afterwards. Raises RigError."""
    with (
        tempfile.TemporaryDirectory(prefix="cloudrig-bench-", ignore_cleanup_errors=True) as folder,
        background.running(Config(data_dir=Path(folder), port=0)) as rig,
    ):
        yield Endpoint("cloudrig", rig.url, rig.pid)


@contextmanager
def given(url: str) -> Iterator[Endpoint]:
    """An endpoint that runs already."""
    address = urlsplit(url)
    local = address.hostname in _LOCAL_HOSTS and address.port is not None
    url = url.rstrip("/").replace("//localhost", "//127.0.0.1")  # the one address that sources can be chosen for
    yield Endpoint(address.netloc, url, listener_pid(address.port) if local and address.port else None)


@contextmanager
def ministack() -> Iterator[Endpoint]:
    """The newest MiniStack of PyPI in a throw-away environment, with boto3 for its functions. Raises Unfit."""
    with tempfile.TemporaryDirectory(prefix="cloudrig-bench-", ignore_cleanup_errors=True) as folder:
        environment = Path(folder) / "venv"
        _install(environment, "ministack", "boto3")
        port = _free_port()
        environ = os.environ | {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "LOG_LEVEL": "WARNING"}
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(
                [environment / "bin" / "ministack"],
                env=environ,
                cwd=folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_it_answers(process, f"{url}/_ministack/health", Path(folder) / "log")
            yield Endpoint("ministack", url, listener_pid(port) or process.pid)
        finally:
            _end(process)


OTHERS = {"ministack": ministack}
"""What a rig can be measured against, by the name `--against` takes."""


def _install(environment: Path, *packages: str) -> None:
    uv = shutil.which("uv")
    if uv is None:
        raise Unfit("uv is not on the PATH; run this by make bench")
    for command in (
        [uv, "venv", "--quiet", str(environment)],
        [uv, "pip", "install", "--quiet", "--python", str(environment / "bin" / "python"), *packages],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Unfit(f"{' and '.join(packages)} cannot be installed: {done.stderr.strip()}")


def _wait_until_it_answers(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.05)
    raise Unfit(f"it did not start: {log.read_text(errors='replace')[-500:].strip()}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and its group, which it leads: functions' workers too."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
