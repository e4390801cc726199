"""The process of an environment: its group, its output, its memory."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloudrig.engine.processes import Processes
from cloudrig.services.lambda_.launcher import Launcher
from cloudrig.services.lambda_.process import RuntimeProcess
from cloudrig.services.lambda_.program import Program
from cloudrig.services.lambda_.tasks import Tasks
from tests.services.lambda_.harness import until


@pytest.fixture
async def processes() -> AsyncIterator[Processes]:
    async with Processes() as processes:
        yield processes


async def start(processes: Processes, source: str, received: list[str]) -> RuntimeProcess:
    program = Program((sys.executable, "-c", source), {"A": "b"}, Path("/"))
    return await RuntimeProcess.start(Launcher(processes, Tasks()), program, received.extend)


async def test_it_has_exactly_the_variables_given_and_telemetry_on_its_output(processes: Processes) -> None:
    received: list[str] = []
    source = (
        "import os, sys; fd = int(os.environ.pop('_LAMBDA_TELEMETRY_LOG_FD')); os.environ.pop('LC_CTYPE', 0)\n"
        "os.write(1, b'out\\n'); os.write(2, b'err\\n'); os.write(fd, b'telemetry\\n')\n"
        "print(dict(os.environ), os.getcwd())"
    )
    process = await start(processes, source, received)
    assert await process.exited == 0
    process.close()
    assert received == ["out\n", "err\n", "telemetry\n", "{'A': 'b'} /\n"]


async def test_closing_it_kills_its_children(processes: Processes) -> None:
    received: list[str] = []
    source = "import subprocess, sys; print(subprocess.Popen(['sleep', '1000']).pid, flush=True)"
    process = await start(processes, source, received)
    assert await process.exited == 0
    process.close()
    child = int(received[0])
    await until(lambda: _gone(child), "that the child ended")


async def test_its_peak_memory_is_measured_while_it_runs(processes: Processes) -> None:
    received: list[str] = []
    process = await start(processes, "x = b'1' * 50_000_000; print(flush=True); input_ = open(0).read(); x", received)
    await until(lambda: received or process.exited.done())
    assert process.peak_memory_mb() >= 0
    process.kill()
    assert await process.exited == -9
    assert process.peak_memory_mb() >= 0
    process.close()


async def test_a_program_that_is_not_there(processes: Processes) -> None:
    before = _open_files()
    with pytest.raises(OSError, match="absent"):
        await RuntimeProcess.start(Launcher(processes, Tasks()), Program(("/absent",), {}, Path("/")), lambda _: None)
    assert _open_files() == before


def _open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except OSError:
        return True
