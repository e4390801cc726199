"""What a rig uses of the machine is told by kind of process."""

import asyncio
import sys

import pytest

from cloudrig.engine.processes import Processes
from cloudrig.engine.usage import usage


@pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
async def test_children_are_counted_by_what_they_are() -> None:
    script = "import time; sum(range(5_000_000)); print(flush=True); time.sleep(60)"
    async with Processes() as processes:
        for command in (script, f"{script}  # moto_server", script, f"{script}  # lambda_/template.py"):
            child = await processes.start([sys.executable, "-c", command], env={}, stdout=asyncio.subprocess.PIPE)
            assert child.stdout is not None
            await child.stdout.readline()  # it has worked
        report = usage(processes.groups)
    assert report["engine"]["rssBytes"] > 1_000_000
    assert report["engine"]["cpuS"] > 0
    assert {program: children["groups"] for program, children in report["children"].items()} == {
        "functions": 2,
        "moto": 1,
        "template": 1,
    }
    assert report["children"]["functions"]["cpuS"] > 0
    assert report["children"]["functions"]["rssBytes"] > 1_000_000
