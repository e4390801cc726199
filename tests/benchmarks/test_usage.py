"""What /proc says of processes, this one and a child."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.usage import read_usage, resident_kb

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc on this platform")

_BUSY_CHILD = (
    "import time, sys; end = time.process_time() + 0.1\nwhile time.process_time() < end: pass\nprint(flush=True)"
)


def test_cpu_time_of_a_process_and_of_its_children_are_apart() -> None:
    before = read_usage(os.getpid())
    command = [sys.executable, "-c", f"{_BUSY_CHILD}; sys.stdin.read()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        used = read_usage(os.getpid()).since(before)
        assert used.children_s >= 0.05
        assert used.engine_s < used.children_s
        child.communicate()


def test_an_engine_elsewhere_has_no_usage() -> None:
    usage = read_usage(None)
    assert (usage.engine_s, usage.children_s) == (0, 0)
    assert usage.generator_s > 0


def test_memory_grows_by_what_is_taken() -> None:
    before = resident_kb(os.getpid())
    taken = b"x" * (16 * 1024 * 1024)
    assert resident_kb(os.getpid()) - before > 15_000
    assert taken
