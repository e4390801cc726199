"""What is killed is answered for, comes back, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from tests.services.lambda_.fakes import Gate
from tests.services.lambda_.harness import Api, fork_server, until

WAITS = """
import os, socket
def handler(event, context):
    host, port = os.environ["GATE"].split(":")
    with socket.create_connection((host, int(port))) as gate:
        gate.sendall(f"{os.getpid()}\\n".encode())
        gate.recv(1)
    return os.getpid()
"""
LOADS = WAITS + "\nhandler(None, None)"
PID = "import os\ndef handler(event, context): return os.getpid()"

ENGINE = """
import asyncio, sys
from pathlib import Path
from cloudrig.engine.clock import Clock
from tests.services.lambda_.conftest import lambda_service
from tests.services.lambda_.harness import fork_server

SOURCE = '''
import os, subprocess
def handler(event, context):
    own = subprocess.Popen(["sleep", "1000"])
    away = subprocess.Popen(["sleep", "1000"], start_new_session=True, stdout=subprocess.DEVNULL)
    return [os.getpid(), own.pid, away.pid]
'''

async def main():
    async with lambda_service(Path(sys.argv[1]), Clock(), forks=True) as api:
        await fork_server(api).ready()
        forked = await api.run(await api.deploy(source=SOURCE))
        own = {"Variables": {"PYTHONHASHSEED": "1"}}
        alone = await api.run(await api.deploy(source=SOURCE, Environment=own))
        print(*forked, *alone, fork_server(api).pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_killed_engine_leaves_no_process(tmp_path: Path) -> None:
    """Neither environments, forks or not, nor their children, nor the template: `kill -9` is no way out."""
    engine = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ENGINE, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert engine.stdout is not None
    pids = list(map(int, (await engine.stdout.readline()).split()))
    assert len(pids) == 7
    assert all(map(runs, pids))
    engine.kill()
    await engine.wait()
    await until(lambda: not any(map(runs, pids)), "that all had ended")


async def test_the_template_killed_while_environments_start(forking: Api, gate: Gate) -> None:
    """Those that are being initialised go on; the caller notices nothing."""
    arn = await forking.deploy(source=LOADS, Environment={"Variables": {"GATE": gate.address}}, Timeout=30)
    call = asyncio.ensure_future(forking.run(arn))
    pid, loading = await gate.arrived()
    template = fork_server(forking).pid
    assert template is not None
    os.kill(template, signal.SIGKILL)
    await until(lambda: not runs(template))
    await gate.open(loading)
    again, handling = await gate.arrived()
    assert again == pid
    await gate.open(handling)
    assert str(await call) == pid


async def test_the_template_killed_with_many_starts_under_way(forking: Api) -> None:
    """Every event is answered, whichever way its environment came to be."""
    arns = [await forking.deploy(source=f"{PID}\n# {number}") for number in range(8)]
    calls = [asyncio.ensure_future(forking.run(arn)) for arn in arns]
    await until(lambda: any("INIT_START" in line for line in forking.log(arns[0])))
    template = fork_server(forking).pid
    assert template is not None
    os.kill(template, signal.SIGKILL)
    assert len(set(await asyncio.gather(*calls))) == 8


async def test_an_environment_killed_while_it_is_initialised(forking: Api, gate: Gate) -> None:
    arn = await forking.deploy(source=LOADS, Environment={"Variables": {"GATE": gate.address}}, Timeout=30)
    call = asyncio.ensure_future(forking.failing(arn))
    pid, _ = await gate.arrived()
    os.kill(int(pid), signal.SIGKILL)
    assert (await call)["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")
    again = asyncio.ensure_future(forking.run(arn))
    for _ in range(2):
        await gate.open((await gate.arrived())[1])
    assert await again != int(pid)


async def test_fifty_functions_leave_nothing(forking: Api, tmp_path: Path) -> None:
    """Created, invoked and deleted: no process, no file, no descriptor, nothing remembered of them."""
    service = forking.service
    await forking.run(await forking.deploy(source=PID))
    files = open_files()
    arns = [await forking.deploy(source=f"{PID}\n# {number}") for number in range(50)]
    pids = [await forking.run(arn) for arn in arns]
    assert all(map(runs, pids))
    for arn in arns:
        await forking("DeleteFunction", FunctionName=arn)
    await until(lambda: not any(map(runs, pids)), "that the environments had ended")
    for folder in ("functions", "environments"):
        await until(lambda folder=folder: len(list((tmp_path / folder).glob("*[!p]"))) == 1)  # type: ignore[misc]
    await until(lambda: open_files() <= files, "that descriptors were closed")
    host, fleet = service._fleet._host, service._fleet
    assert (len(fleet._pools), len(fleet._retired)) == (1, 0)
    assert len(host.credentials._issued) == 1
    assert not host.memory._watched
    link = fork_server(forking)._link
    assert link is not None
    assert len(link._forks) == 1
    await until(lambda: not host.disposals._tasks)


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
