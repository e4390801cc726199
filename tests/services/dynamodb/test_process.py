from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from cloudrig.engine import enduring
from cloudrig.engine.processes import Processes
from cloudrig.services.dynamodb.errors import InternalServerError
from cloudrig.services.dynamodb.process import Dynoxide
from tests.services.dynamodb.conftest import BINARY
from tests.services.lambda_.harness import until


async def test_listens_where_no_page_finds_it_and_ends_on_close(processes: Processes, tmp_path: Path) -> None:
    assert BINARY is not None
    dynoxide = Dynoxide(BINARY, tmp_path / "a.sqlite", processes)
    await dynoxide.start()
    pid = dynoxide.pid
    assert pid is not None
    if sys.platform == "linux":
        (address,) = _listening(pid)
        assert address.endswith("7F"), "a loopback address"
        assert address != "0100007F", "not the one that pages try"
    await dynoxide.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_killed_process_is_replaced_at_once(processes: Processes, tmp_path: Path) -> None:
    assert BINARY is not None
    dynoxide = Dynoxide(BINARY, tmp_path / "a.sqlite", processes)
    await dynoxide.start()
    try:
        before, client = dynoxide.pid, await dynoxide.client()
        assert before is not None
        os.kill(before, signal.SIGKILL)
        async with asyncio.timeout(5):
            await dynoxide.replaced(client)
            assert await dynoxide.client() is not client
        assert dynoxide.pid != before
    finally:
        await dynoxide.close()


async def test_a_program_that_does_not_come_up_is_told_of(processes: Processes, tmp_path: Path) -> None:
    """The message carries what the program said, since that is where the reason is."""
    program = tmp_path / "broken"
    program.write_text("#!/bin/sh\necho disk on fire >&2\nexit 1\n")
    program.chmod(0o755)
    dynoxide = Dynoxide(program, tmp_path / "a.sqlite", processes)
    with pytest.raises(InternalServerError, match="disk on fire"):
        await dynoxide.start()
    with pytest.raises(InternalServerError, match="disk on fire"):
        await dynoxide.client()
    await dynoxide.close()


def _listening(pid: int) -> set[str]:
    """Local addresses (hexadecimal) of the process's listening sockets."""
    sockets = {str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.is_symlink()}
    lines = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    return {line[1].partition(":")[0] for line in lines if line[3] == "0A" and f"socket:[{line[9]}]" in sockets}


async def test_one_that_cannot_be_replaced_for_a_while_comes_back_when_it_can(
    processes: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enduring, "FIRST_PAUSE_S", 0.01)
    broken, program = tmp_path / "broken", tmp_path / "dynoxide"
    program.write_text(f'#!/bin/sh\nif [ -e {broken} ]; then echo disk on fire >&2; exit 1; fi\nexec {BINARY} "$@"\n')
    program.chmod(0o755)
    dynoxide = Dynoxide(program, tmp_path / "a.sqlite", processes)
    await dynoxide.start()
    try:
        pid, client = dynoxide.pid, await dynoxide.client()
        assert pid is not None
        broken.touch()
        os.kill(pid, signal.SIGKILL)
        await dynoxide.replaced(client)
        with pytest.raises(InternalServerError, match="disk on fire"):
            await dynoxide.client()
        broken.unlink()
        await until(lambda: dynoxide.running)
        assert await dynoxide.client() is not client
    finally:
        await dynoxide.close()
