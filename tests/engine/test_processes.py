"""Children and their children end with the engine, even when it is killed without a chance to clean up."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cloudrig.engine import processes as processes_module
from cloudrig.engine.processes import Processes

SLEEPER = [sys.executable, "-c", "import subprocess; subprocess.run(['sleep', '600'])"]


def alive(group: int) -> bool:
    """Whether any process of the group runs (zombies waiting for init do not count)."""
    listing = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
    return any(int(pgid) == group and not stat.startswith("Z") for pgid, stat in map(str.split, listing.splitlines()))


async def until_dead(group: int) -> None:
    deadline = time.monotonic() + 10
    while alive(group):
        assert time.monotonic() < deadline, f"process group {group} still runs"
        await asyncio.sleep(0.02)


async def test_leaving_the_context_kills_whole_groups() -> None:
    async with Processes() as processes:
        child = await processes.start(SLEEPER, env={"PATH": os.environ["PATH"]})
        assert alive(child.pid)
    await until_dead(child.pid)
    await child.wait()


async def test_children_get_only_the_environment_given() -> None:
    async with Processes() as processes:
        child = await processes.start(["/usr/bin/env"], env={"ONLY": "this"}, stdout=asyncio.subprocess.PIPE)
        output, _ = await child.communicate()
        assert output == b"ONLY=this\n"


async def test_kill_minus_nine_of_the_engine_leaves_no_process(tmp_path: Path) -> None:
    engine = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import asyncio, os, sys\n"
        "from cloudrig.engine.processes import Processes\n"
        "async def main():\n"
        "    async with Processes() as processes:\n"
        f"        child = await processes.start({SLEEPER!r}, env=dict(os.environ))\n"
        "        print(child.pid, flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n",
        stdout=asyncio.subprocess.PIPE,
    )
    assert engine.stdout is not None
    group = int(await engine.stdout.readline())
    assert alive(group)
    os.kill(engine.pid, signal.SIGKILL)
    await engine.wait()
    await until_dead(group)


async def test_a_sweep_finds_what_left_its_group() -> None:
    command = ["sh", "-c", "setsid sleep 600 < /dev/null > /dev/null 2>&1 & echo $!"]
    async with Processes() as processes:
        environment = {"PATH": os.environ["PATH"], "MARK": "7"}
        child = await processes.start(command, env=environment, stdout=asyncio.subprocess.PIPE)
        output, _ = await child.communicate()
        daemon = int(output)
        await processes.sweep("MARK=8 0")
        assert alive(os.getpgid(daemon))
        group = os.getpgid(daemon)
        await processes.sweep("MARK=7 0")
        assert not alive(group)


async def test_sweeping_goes_on_without_a_guard() -> None:
    async with Processes() as processes:
        assert processes._guard is not None
        os.kill(processes._guard.pid, signal.SIGKILL)
        await processes._guard.wait()
        async with asyncio.timeout(10):
            await processes.sweep("MARK=7 0")


async def test_nobody_waits_for_a_guard_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither who sweeps nor who leaves."""
    monkeypatch.setattr(processes_module, "_GUARD_LIMIT_S", 0.1)
    async with asyncio.timeout(10):
        async with Processes() as processes:
            child = await processes.start(SLEEPER, env={"PATH": os.environ["PATH"]})
            assert processes._guard is not None
            os.kill(processes._guard.pid, signal.SIGSTOP)
            await processes.sweep("MARK=that nobody bears")
        await child.wait()
    assert not alive(child.pid)


async def test_a_guard_that_is_killed_is_replaced_by_one_that_knows_all_that_runs(tmp_path: Path) -> None:
    engine = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import asyncio, os\n"
        "from cloudrig.engine.processes import Processes\n"
        "async def main():\n"
        "    async with Processes() as processes:\n"
        f"        child = await processes.start({SLEEPER!r}, env=dict(os.environ))\n"
        "        first = processes._guard.pid\n"
        "        os.kill(first, 9)\n"
        "        while processes._guard.pid == first:\n"
        "            await asyncio.sleep(0.01)\n"
        "        print(child.pid, flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert engine.stdout is not None
    group = int(await engine.stdout.readline())
    assert alive(group)
    engine.kill()
    await engine.wait()
    await until_dead(group)
