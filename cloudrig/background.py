"""A rig in the background of one data folder: found, started, stopped.

The engine holds a lock on `{data_dir}/lock` for its whole life and writes `{data_dir}/rig.json` once it is ready, so
leftovers of a rig that was killed are told apart from a running one without asking a pid that may be reused.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from cloudrig.engine.config import Config
from cloudrig.engine.files import write_whole

STATE_FILE = "rig.json"
LOG_FILE = "rig.log"
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 15.0
_POLL_S = 0.02


class RigError(RuntimeError):
    """The rig cannot be started, stopped or reached; the message says why and what to do."""


@dataclass(frozen=True)
class RunningRig:
    """What `rig.json` says."""

    pid: int
    url: str
    tls_url: str
    started_at: float


def find(data_dir: Path) -> RunningRig | None:
    """The rig that runs on a data folder and is ready, or None."""
    if not _locked(data_dir):
        return None
    try:
        return RunningRig(**json.loads((data_dir / STATE_FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def start(config: Config) -> RunningRig:
    """Start `cloudrig serve` detached from this process and wait until it is ready. Raises RigError."""
    _make(config.data_dir)
    log_path = config.data_dir / LOG_FILE
    command = [sys.executable, "-m", "cloudrig", "serve", "--host", config.host, "--port", str(config.port)]
    command += ["--tls-port", str(config.tls_port), "--data-dir", str(config.data_dir)]
    command += ["--upstream", config.upstream] if config.upstream else []
    environ = {**os.environ, "CLOUDRIG_REHEARSAL": "on" if config.rehearsal else "off"}
    with os.fdopen(os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as log:
        process = subprocess.Popen(  # noqa: S603  our own command
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        return _ready(process, config.data_dir, log_path)
    except BaseException:  # Ctrl-C too: a rig that nobody waits for is not left to start
        process.terminate()
        process.wait()
        raise


def _ready(process: subprocess.Popen[bytes], data_dir: Path, log_path: Path) -> RunningRig:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if (running := find(data_dir)) is not None and running.pid == process.pid:
            return running
        if process.poll() is not None:
            said = log_path.read_text().strip().removeprefix("cloudrig: ")
            raise RigError(
                said
                or f"cloudrig serve ended with status {process.returncode}, no word in {log_path}: is the disk full?"
            )
        time.sleep(_POLL_S)
    raise RigError(f"the rig was not ready within {START_TIMEOUT_S:.0f} s; see {log_path}")


def stop(data_dir: Path, running: RunningRig) -> None:
    """Ask a rig to end and wait until it has; kill it if it does not. Raises RigError where this user may not."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(running.pid, sign)
        except ProcessLookupError:
            return
        except PermissionError:
            raise RigError(f"the rig (pid {running.pid}) belongs to another user") from None
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while time.monotonic() < deadline:
            if not _locked(data_dir) and _ended(running.pid):
                return
            time.sleep(_POLL_S)
    raise RigError(f"the rig (pid {running.pid}) does not end")


def _ended(pid: int) -> bool:
    with suppress(ChildProcessError):  # a rig this very process started stays a zombie until it is waited for
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Whether a process has ended and only its parent (`cloudrig up --watch`) has not looked; False where unknown."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False


@contextmanager
def running(config: Config) -> Iterator[RunningRig]:
    """A rig for the time of a block. Raises RigError."""
    rig = start(config)
    try:
        yield rig
    finally:
        stop(config.data_dir, rig)


def healthy(url: str) -> bool:
    """Whether a rig answers at an address."""
    with suppress(OSError, ValueError), urllib.request.urlopen(f"{url}/_cloudrig/health", timeout=2) as answer:  # noqa: S310
        return bool(json.load(answer).get("status") == "ok")
    return False


@contextmanager
def turn(data_dir: Path) -> Iterator[None]:
    """Wait until no other `cloudrig up` works on a data folder. Raises RigError."""
    _make(data_dir)
    with (data_dir / "up.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def claim(data_dir: Path) -> Iterator[None]:
    """Hold a data folder for this process's life. Raises RigError where another rig has it."""
    _make(data_dir)
    lock = os.open(data_dir / "lock", os.O_RDWR | os.O_CLOEXEC)
    if not _take(lock):
        os.close(lock)
        raise RigError(f"a rig already runs on {data_dir}; stop it with 'cloudrig down' or give --data-dir")
    try:
        yield
    finally:
        (data_dir / STATE_FILE).unlink(missing_ok=True)
        os.close(lock)


def record(data_dir: Path, url: str, tls_url: str) -> None:
    """Say that the rig is ready, and where."""
    state = RunningRig(os.getpid(), url, tls_url, time.time())
    write_whole(data_dir / STATE_FILE, json.dumps(asdict(state)).encode())


def _make(data_dir: Path) -> None:
    """Make a data folder, for this user alone, and its lock file; one that is there stays as it is. Raises RigError."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise RigError(f"{data_dir} cannot be written ({error.strerror}); give another folder by --data-dir") from None


def _locked(data_dir: Path) -> bool:
    try:
        lock = os.open(data_dir / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not _take(lock, patience_s=0)
    finally:
        os.close(lock)


def _take(lock: int, patience_s: float = 1.0) -> bool:
    """Lock a file; patient, because `_locked` of another process holds it for an instant."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_S)
        else:
            return True
