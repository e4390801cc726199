"""Environments as forks: what a fork must not inherit, when there must be none, and what happens to the template."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from cloudrig.engine.processes import Processes
from cloudrig.services.lambda_ import fork_server as fork_server_module
from cloudrig.services.lambda_.fork_server import Fork
from cloudrig.services.lambda_.launcher import Launcher
from cloudrig.services.lambda_.process import RuntimeProcess
from cloudrig.services.lambda_.program import Program, Template
from cloudrig.services.lambda_.tasks import Tasks
from tests.services.lambda_.fakes import Gate
from tests.services.lambda_.harness import Api, archive, fork_server, until

SOURCE = """
import os, random, signal, socket, sys, tempfile, threading, time, uuid

def process(event, context):
    here = "/proc/self/"
    return {
        "pid": os.getpid(), "parent": os.getppid(), "group": os.getpgrp(), "session": os.getsid(0),
        "directory": os.getcwd(), "threads": threading.active_count(), "boto3": "boto3" in sys.modules,
        "files": sorted(os.readlink(f"/proc/self/fd/{fd}").partition(":")[0] for fd in os.listdir("/proc/self/fd")
                        if os.path.exists(f"/proc/self/fd/{fd}")),
        "random": [random.random(), str(uuid.uuid4()), os.urandom(8).hex()], "tmp": tempfile.gettempdir(),
        "signals": [signal.getsignal(one) is signal.SIG_DFL for one in (signal.SIGTERM, signal.SIGCHLD)],
        "zone": time.tzname[0], "arguments": sys.argv}

def imported(event, context):
    return [sys.modules[event].__file__ if event in sys.modules else None, os.getppid()]

def waits(event, context):
    host, port = os.environ["GATE"].split(":")
    with socket.create_connection((host, int(port))) as gate:
        gate.sendall(f"{os.getpid()}\\n".encode())
        gate.recv(1)
    return os.getpid()
"""


async def test_a_fork_is_a_process_of_its_own(forking: Api) -> None:
    """Its own session, directory and files; nothing of the template's but its libraries."""
    found = await forking.run(await forking.deploy("m.process", SOURCE))
    assert found["parent"] == fork_server(forking).pid
    assert found["boto3"]
    assert found["pid"] == found["group"] == found["session"]
    assert found["threads"] == 1
    assert all(found["signals"])
    assert found["zone"] == "UTC"
    assert found["tmp"].startswith(str(forking.service._environments))
    alone = await forking.deploy("m.process", SOURCE, Environment={"Variables": {"PYTHONHASHSEED": "1"}})
    fresh = await forking.run(alone)
    assert (found["files"], found["arguments"]) == (fresh["files"], fresh["arguments"])


async def test_forks_share_no_randomness(forking: Api) -> None:
    one, other = [(await forking.run(await forking.deploy("m.process", SOURCE)))["random"] for _ in range(2)]
    assert not set(one) & set(other)


@pytest.mark.parametrize(
    ("files", "variables"),
    [
        ({"boto3/__init__.py": ""}, {}),
        ({"botocore/__init__.py": ""}, {}),
        ({"six.py": ""}, {}),
        ({"queue.py": ""}, {}),
        ({"lib/libown.so.1": ""}, {}),
        ({}, {"PYTHONHASHSEED": "1"}),
        ({}, {"LANG": "C"}),
    ],
)
async def test_a_function_that_a_fork_would_not_suit_has_a_process_of_its_own(
    forking: Api, files: dict[str, str], variables: dict[str, str]
) -> None:
    """Its own version of what the template has imported, libraries to link to, variables read at the start."""
    arn = await forking.deploy(
        "m.imported", Code={"ZipFile": archive(SOURCE, files)}, Environment={"Variables": variables}
    )
    _, parent = await forking.run(arn, "os")
    assert parent == os.getpid()


async def test_what_a_function_brings_beside_that_does_not_matter(forking: Api) -> None:
    files = {"yaml/__init__.py": "", "lib/helper.py": "", "native.cpython-311-x86_64-linux-gnu.so": ""}
    arn = await forking.deploy(
        "m.imported", Code={"ZipFile": archive(SOURCE, files)}, Environment={"Variables": {"TABLE": "t"}}
    )
    assert (await forking.run(arn, "os"))[1] == fork_server(forking).pid


async def test_a_killed_template_comes_back_and_nobody_notices(forking: Api, gate: Gate) -> None:
    """Neither an event that is being handled, nor the next ones; warm environments stay."""
    arn = await forking.deploy("m.waits", SOURCE, Environment={"Variables": {"GATE": gate.address}}, Timeout=30)
    call = asyncio.ensure_future(forking.run(arn))
    pid, writer = await gate.arrived()
    template = fork_server(forking).pid
    assert template is not None
    os.kill(template, signal.SIGKILL)
    await until(lambda: fork_server(forking).pid != template)
    fresh = await forking.deploy("m.process", SOURCE)
    assert (await forking.run(fresh))["pid"]
    await gate.open(writer)
    assert str(await call) == pid
    await until(lambda: fork_server(forking).pid not in (None, template), "that a template was started")
    await fork_server(forking).ready()
    found = await forking.run(await forking.deploy("m.process", SOURCE))
    assert found["parent"] == fork_server(forking).pid


async def test_an_environment_that_outlived_its_template_is_watched_all_the_same(forking: Api, gate: Gate) -> None:
    arn = await forking.deploy("m.waits", SOURCE, Environment={"Variables": {"GATE": gate.address}}, Timeout=30)
    call = asyncio.ensure_future(forking.failing(arn))
    pid, _ = await gate.arrived()
    template = fork_server(forking).pid
    assert template is not None
    os.kill(template, signal.SIGKILL)
    await until(lambda: fork_server(forking).pid != template)
    os.kill(int(pid), signal.SIGKILL)
    assert (await call)["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")


async def test_the_fork_of_who_gave_up_is_not_taken_for_the_next_ones(forking: Api, tmp_path: Path) -> None:
    server, script = fork_server(forking), tmp_path / "program.py"
    script.write_text("import os, sys\nos.write(1, sys.argv[1].encode())")
    await server.ready()
    assert server.pid is not None
    assert server._link is not None
    asked = server._link._asked

    def forked(name: str, output: int) -> asyncio.Future[Fork | None]:
        command = (*server._template.interpreter, str(script), name)
        return asyncio.ensure_future(server.fork(Program(command, {}, tmp_path, server._template), output))

    reads, writes = os.pipe()
    os.kill(server.pid, signal.SIGSTOP)
    gives_up = forked("first", writes)
    await until(lambda: asked)
    gives_up.cancel()
    await until(lambda: not asked)
    second = forked("second", writes)
    await until(lambda: asked)
    os.kill(server.pid, signal.SIGCONT)
    fork = await second
    assert fork is not None
    assert await fork.exited == 0
    os.close(writes)
    with os.fdopen(reads) as output:
        assert output.read().endswith("second")


async def test_closing_leaves_neither_template_nor_forks(forking: Api) -> None:
    found = await forking.run(await forking.deploy("m.process", SOURCE))
    template = fork_server(forking).pid
    await forking.service.close()
    for pid in (found["pid"], template):
        await until(lambda pid=pid: not Path(f"/proc/{pid}").exists())  # type: ignore[misc]


async def test_a_template_that_does_not_work_is_given_up(tmp_path: Path) -> None:
    """Functions start the ordinary way then, and nobody waits."""
    broken = tmp_path / "template.py"
    broken.write_text("raise SystemExit(1)")
    template = Template((sys.executable, "-I"), broken, {}, tmp_path)
    program = Program((sys.executable, "-c", "print('here')"), {}, tmp_path, template)
    received: list[str] = []
    async with Processes() as processes:
        launcher = Launcher(processes, Tasks())
        server = launcher.prepare(template)
        await server.ready()
        await until(lambda: server.pid is None)
        process = await RuntimeProcess.start(launcher, program, received.extend)
        assert await process.exited == 0
        process.close()
        assert server.pid is None
    assert received == ["here\n"]


WRITES = """
import os, subprocess
def handler(event, context):
    root = os.environ["LAMBDA_TASK_ROOT"]
    tries = {"new": f"{root}/new.txt", "own": f"{root}/m.py", "tmp": os.environ["TMPDIR"] + "/x"}
    said = {}
    for name, path in tries.items():
        try:
            open(path, "a").close()
        except OSError as error:
            said[name] = error.strerror
    said["child"] = subprocess.run(["touch", f"{root}/child.txt"], capture_output=True).returncode
    return said
"""


async def test_a_function_cannot_write_to_its_code_whoever_runs_the_rig(forking: Api) -> None:
    arn = await forking.deploy(source=WRITES, Timeout=30)
    said = await forking.run(arn)
    assert said == {"new": "Permission denied", "own": "Permission denied", "child": 1}


async def test_a_template_that_hangs_keeps_no_event_waiting_and_is_replaced(
    forking: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fork_server_module, "_FORK_LIMIT_S", 0.2)
    arn = await forking.deploy("m.process", SOURCE, Timeout=30)
    pid = fork_server(forking).pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    assert (await forking.run(arn))["parent"] != pid
    await until(lambda: fork_server(forking).pid not in (pid, None))
