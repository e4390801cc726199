"""How much memory processes take, and what happens to one that takes too much."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from cloudrig.services.lambda_ import memory
from cloudrig.services.lambda_.memory import MemoryWatch
from tests.services.lambda_.harness import until

MB = 1024 * 1024
_HOLDS = "import sys; x = b'x' * (int(sys.argv[1]) * 1_000_000); print(flush=True); sys.stdin.read()"


@pytest.fixture
def holding() -> Iterator[subprocess.Popen[bytes]]:
    """A process that holds 60 MB."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", _HOLDS, "60"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.communicate()


def test_a_process_and_its_children_are_counted(holding: subprocess.Popen[bytes]) -> None:
    alone = memory.used_bytes(holding.pid, 1000 * MB)
    assert 60 * MB * 0.9 < alone < 100 * MB
    assert memory.used_bytes(os.getpid(), 100_000 * MB) > alone + 20 * MB


def test_children_count_by_what_is_theirs_alone_when_it_matters(holding: subprocess.Popen[bytes]) -> None:
    by_size, closely = memory.used_bytes(os.getpid(), 100_000 * MB), memory.used_bytes(os.getpid(), 1)
    assert 50 * MB < closely <= by_size


def test_the_peak_is_known_as_long_as_the_process_runs(holding: subprocess.Popen[bytes]) -> None:
    assert 50 < memory.peak_mb(holding.pid) < 100
    assert memory.peak_mb(2**22 + 1) == 0


async def test_only_who_takes_too_much_is_told_of_and_once(holding: subprocess.Popen[bytes]) -> None:
    watch, over = MemoryWatch(), list[str]()
    watch.add(holding.pid, 30, lambda: over.append("holding"))
    watch.add(os.getpid(), 100_000, lambda: over.append("this"))
    await until(lambda: over)
    watch.discard(os.getpid())
    assert over == ["holding"]
    assert not watch._watched


async def test_one_of_many_newcomers_is_found_out(holding: subprocess.Popen[bytes]) -> None:
    watch, over = MemoryWatch(), list[str]()
    for pid in range(2**22 + 1, 2**22 + 101):  # no process has such an id
        watch.add(pid, 1, lambda: over.append("nobody"))
    watch.add(holding.pid, 30, lambda: over.append("holding"))
    await until(lambda: over)
    for pid in list(watch._watched):
        watch.discard(pid)
    assert over == ["holding"]


async def test_a_listener_that_fails_does_not_end_the_watch(holding: subprocess.Popen[bytes]) -> None:
    watch, over = MemoryWatch(), list[str]()
    watch.add(os.getpid(), 1, lambda: over.remove("what is not there"))
    watch.add(holding.pid, 30, lambda: over.append("holding"))
    await until(lambda: over == ["holding"])
