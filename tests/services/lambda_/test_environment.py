"""Environments on real processes: Lambda guide `lambda-runtime-environment.html`; aws-behaviour §10.1 and §10.2."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloudrig.engine.clock import Clock
from cloudrig.services.lambda_ import environment, starts
from cloudrig.services.lambda_.errors import ServiceException
from tests.services.lambda_.conftest import lambda_service
from tests.services.lambda_.fakes import Gate
from tests.services.lambda_.harness import Api, archive, fork_server, settle, until

SOURCE = """
import os, socket, subprocess, sys, tempfile, threading, time

count = 0

def echo(event, context):
    return event

def counting(event, context):
    global count
    count += 1
    return [count, os.getpid()]

def who(event, context):
    return {"id": context.aws_request_id, "arn": context.invoked_function_arn, "name": context.function_name,
            "left": context.get_remaining_time_in_millis(), "memory": context.memory_limit_in_mb,
            "stream": context.log_stream_name, "group": context.log_group_name,
            "version": context.function_version, "trace": os.environ["_X_AMZN_TRACE_ID"]}

def fails(event, context):
    raise ValueError("no such thing")

def leaves(event, context):
    sys.exit(event)

def hangs(event, context):
    child = subprocess.Popen(["sleep", "1000"])
    print("child", child.pid, flush=True)
    time.sleep(1000)

def leaves_children(event, context):
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if event == "own session":
        return subprocess.Popen(["sleep", "1000"], start_new_session=True).pid
    if event == "own session, silent":
        return subprocess.Popen(["sleep", "1000"], start_new_session=True, **quiet).pid
    if event == "daemon":
        shell = "setsid sleep 1000 > /dev/null 2>&1 & echo $!"
        return int(subprocess.run(["sh", "-c", shell], capture_output=True, start_new_session=True).stdout)
    reads, writes = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(writes, str(os.getpid()).encode())
            time.sleep(1000)
        os._exit(0)
    return int(os.read(reads, 20))

def takes_mb(amount, context):
    data = b"x" * (amount * 1_000_000)
    time.sleep(0.2 if amount < 400 else 1000)
    return os.getpid()

def child_takes_mb(amount, context):
    source = f"import time; x = b'x' * {amount * 1_000_000}; time.sleep({0 if amount < 400 else 1000})"
    return subprocess.run([sys.executable, "-I", "-c", source]).returncode

def prints(event, context):
    print(event)

def posts_later(event, context):
    if event == "begin":
        global posted
        posted = threading.Event()
        address = os.environ["GATE"].split(":")
        begun = socket.create_connection(address)
        begun.sendall(b"begun\\n")
        def post():
            begun.recv(1)
            socket.create_connection(address).sendall(b"posted\\n")
            posted.set()
        threading.Thread(target=post, daemon=True).start()
    else:
        posted.wait()
    return os.getpid()

def chatty(event, context):
    subprocess.run(["yes", "there is no end to this line of a log"])

def huge(event, context):
    return "x" * event

def waits(event, context):
    host, port = os.environ["GATE"].split(":")
    with socket.create_connection((host, int(port))) as gate:
        gate.sendall(f"{os.getpid()}\\n".encode())
        gate.recv(1)
    return os.getpid()

def keeps(event, context):
    path = os.path.join(tempfile.gettempdir(), "kept")
    if event:
        open(path, "w").write(event)
        time.sleep(1000) if event == "hangs" else os._exit(1)
    return open(path).read()
"""


@pytest.fixture(params=["a process of its own", "a fork"])
async def api(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> AsyncIterator[Api]:
    """Environments behave alike however they are started."""
    forks = request.param == "a fork"
    async with lambda_service(tmp_path, clock, forks=forks) as api:
        if forks:
            await fork_server(api).ready()
        yield api


async def test_answers_with_what_the_handler_returns(api: Api) -> None:
    arn = await api.deploy("m.echo", SOURCE)
    assert await api.run(arn, {"text": "Grüße", "n": [1, None]}) == {"text": "Grüße", "n": [1, None]}


async def test_one_process_serves_one_event_after_the_other(api: Api) -> None:
    """Globals live on from event to event, and no second process is started for a caller who waits for answers."""
    arn = await api.deploy("m.counting", SOURCE)
    answers = [await api.run(arn) for _ in range(50)]
    assert [count for count, _ in answers] == list(range(1, 51))
    assert len({pid for _, pid in answers}) == 1


async def test_context_is_as_on_aws(api: Api) -> None:
    arn = await api.deploy("m.who", SOURCE, Timeout=5, MemorySize=256)
    context = await api.run(arn)
    name = arn.rpartition(":")[2]
    assert re.fullmatch(r"[0-9a-f-]{36}", context["id"])
    assert (context["arn"], context["name"], context["version"]) == (arn, name, "$LATEST")
    assert 4000 < context["left"] <= 5000
    assert context["memory"] == "256"
    assert context["group"] == f"/aws/lambda/{name}"
    assert re.fullmatch(r"2026/11/18/\[\$LATEST\][0-9a-f]{32}", context["stream"])
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;.*", context["trace"])


async def test_an_exception_is_an_error_with_its_trace(api: Api) -> None:
    """`errorMessage, errorType, requestId, stackTrace`, and the environment goes on."""
    arn = await api.deploy("m.fails", SOURCE)
    error = await api.failing(arn)
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "no such thing")
    assert len(error["requestId"]) == 36
    assert "in fails" in error["stackTrace"][0]
    await api.failing(arn)
    assert sum("INIT_START" in line for line in api.log(arn)) == 1


@pytest.mark.parametrize(
    ("status", "message"),
    [(3, "Runtime exited with error: exit status 3"), (0, "Runtime exited without providing a reason")],
)
async def test_a_process_that_exits_is_answered_for_and_replaced(api: Api, status: int, message: str) -> None:
    arn = await api.deploy("m.leaves", SOURCE)
    error = await api.failing(arn, status)
    assert error["errorType"] == "Runtime.ExitError"
    assert re.fullmatch(r"RequestId: [0-9a-f-]{36} Error: " + message, error["errorMessage"])
    assert (await api.failing(arn, status))["errorType"] == "Runtime.ExitError"
    assert sum("INIT_START" in line for line in api.log(arn)) == 2


@pytest.mark.parametrize("end", ["crashes", "hangs"])
async def test_tmp_and_log_stream_outlive_a_crash_and_a_timeout(api: Api, end: str) -> None:
    """Either resets the runtime; `/tmp` is kept, and so is the log stream."""
    arn = await api.deploy("m.keeps", SOURCE, Timeout=3)
    await api.failing(arn, end)
    assert await api.run(arn) == end
    assert len(api.logs.streams(f"/aws/lambda/{arn.rpartition(':')[2]}")) == 1


async def test_a_function_that_hangs_is_killed_with_its_children(api: Api) -> None:
    arn = await api.deploy("m.hangs", SOURCE, Timeout=1)
    error = await api.failing(arn)
    assert error["errorType"] == "Sandbox.Timedout"
    assert re.fullmatch(r"RequestId: \S{36} Error: Task timed out after 1\.00 seconds", error["errorMessage"])
    child = next(int(line.split()[1]) for line in api.log(arn) if line.startswith("child"))
    await until(lambda: not _runs(child), "that the child ended")


@pytest.mark.parametrize("how", ["own session", "own session, silent", "daemon", "forked daemon"])
async def test_children_in_sessions_of_their_own_are_killed_too(api: Api, how: str) -> None:
    arn = await api.deploy("m.leaves_children", SOURCE)
    child = await api.run(arn, how)
    await api("UpdateFunctionConfiguration", FunctionName=arn, Timeout=9)
    await until(lambda: not _runs(child), "that the child ended")


async def test_a_function_has_the_memory_it_is_given(api: Api) -> None:
    """Over it the process is killed, as AWS does it, and the next event finds a new one."""
    arn = await api.deploy("m.takes_mb", SOURCE, MemorySize=160, Timeout=30)
    pid = await api.run(arn, 20)
    error = await api.failing(arn, 400)
    assert error["errorType"] == "Runtime.ExitError"
    request_id = error["errorMessage"].split()[1]
    assert error["errorMessage"] == f"RequestId: {request_id} Error: Runtime exited with error: signal: killed"
    assert f"RequestId: {request_id} Error: Runtime exited with error: signal: killed\nRuntime.ExitError\n" in api.log(
        arn
    )
    report = next(line for line in api.log(arn) if line.startswith(f"REPORT RequestId: {request_id}"))
    assert "Memory Size: 160 MB\tMax Memory Used: 160 MB\t" in report
    assert report.endswith("Status: error\tError Type: Runtime.OutOfMemory\n")
    assert await api.run(arn, 20) != pid


async def test_the_memory_of_its_children_counts(api: Api) -> None:
    arn = await api.deploy("m.child_takes_mb", SOURCE, MemorySize=160, Timeout=30)
    assert await api.run(arn, 20) == 0
    assert (await api.failing(arn, 400))["errorMessage"].endswith("signal: killed")


async def test_memory_counts_while_a_function_is_imported(api: Api) -> None:
    arn = await api.deploy(source="import time\nx = b'1' * 400_000_000\ntime.sleep(1000)", Timeout=30)
    assert (await api.failing(arn))["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")


async def test_max_memory_used_is_measured(api: Api) -> None:
    arn = await api.deploy("m.takes_mb", SOURCE, MemorySize=512)
    for amount_mb in (0, 100):
        await api.run(arn, amount_mb)
    await until(lambda: sum(line.startswith("REPORT") for line in api.log(arn)) == 2)
    before, after = [
        int(found.group(1)) for line in api.log(arn) if (found := re.search(r"Max Memory Used: (\d+) MB", line))
    ]
    assert 10 < before < 80
    assert before + 80 < after < before + 150


async def test_nobody_else_notices_a_function_that_hangs(api: Api) -> None:
    hanging = await api.deploy("m.hangs", SOURCE, Timeout=600)
    waiting = asyncio.ensure_future(api.service.invoke(hanging, b"{}"))
    await until(lambda: any(line.startswith("child") for line in api.log(hanging)), "that it hung")
    echo = await api.deploy("m.echo", SOURCE)
    for number in range(20):
        assert await api.run(echo, number) == number
    assert not waiting.done()
    await api.service.close()
    await asyncio.wait([waiting])
    assert isinstance(waiting.exception(), ServiceException)


async def test_nobody_else_notices_a_function_that_prints_without_end(api: Api) -> None:
    """Others are answered before it ends; its log says what was left out of it; it is ended in time all the same."""
    chatty = await api.deploy("m.chatty", SOURCE, Timeout=4)
    echo = await api.deploy("m.echo", SOURCE)
    await api.run(echo, 0)
    waiting = asyncio.ensure_future(api.failing(chatty))
    answered = 0
    while not waiting.done():
        assert await api.run(echo, answered) == answered
        answered += not waiting.done()
    assert answered
    assert (await waiting)["errorType"] == "Sandbox.Timedout"
    assert any(line.startswith("[cloudrig] dropped ") for line in api.log(chatty))


async def test_functions_that_hang_while_imported_keep_no_other_from_starting(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starts, "COUNTS_FOR_S", 0.05)
    hanging = await api.deploy(source="import time\ntime.sleep(1000)", Timeout=60)
    calls = [asyncio.ensure_future(api.service.invoke(hanging, b"{}")) for _ in range(starts.AT_ONCE + 1)]
    await settle()
    assert await api.run(await api.deploy("m.echo", SOURCE), 1) == 1
    assert not any(call.done() for call in calls)
    await api.service.close()
    await asyncio.wait(calls)
    assert all(isinstance(call.exception(), ServiceException) for call in calls)


@pytest.mark.parametrize(
    ("handler", "error_type", "message"),
    [
        ("absent.handler", "Runtime.ImportModuleError", "Unable to import module 'absent': No module named 'absent'"),
        ("m.absent", "Runtime.HandlerNotFound", "Handler 'absent' missing on module 'm'"),
        ("nodot", "Runtime.MalformedHandlerName", "Bad handler 'nodot': not enough values"),
        ("broken.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'broken'"),
    ],
)
async def test_a_function_that_cannot_be_loaded(api: Api, handler: str, error_type: str, message: str) -> None:
    """The runtime's own error is the answer, with an empty requestId as from AWS; the next event tries again."""
    arn = await api.deploy(handler, Code={"ZipFile": archive(SOURCE, {"broken.py": "def ("})})
    for _ in range(2):
        error = await api.failing(arn)
        assert error["errorType"] == error_type
        assert error["errorMessage"].startswith(message)
        assert error["requestId"] == ""


async def test_an_exit_during_import_is_an_exit_error(api: Api) -> None:
    arn = await api.deploy(source="raise SystemExit(7)")
    error = await api.failing(arn)
    assert error["errorMessage"].endswith("Error: Runtime exited with error: exit status 7")


async def test_a_long_initialisation_is_repeated_within_the_timeout(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Init has 10 s; then it starts again as part of the invocation, with the function's timeout."""
    monkeypatch.setattr(environment, "INIT_LIMIT_S", 0.3)
    arn = await api.deploy(source="import time\ntime.sleep(1000)", Timeout=1)
    error = await api.failing(arn)
    assert (error["errorType"], error["errorMessage"][-26:]) == (
        "Sandbox.Timedout",
        "timed out after 1.00 seconds"[-26:],
    )
    assert sum("INIT_START" in line for line in api.log(arn)) == 2
    reported = re.search(
        r"INIT_REPORT Init Duration: ([\d.]+) ms\tPhase: init\tStatus: timeout\n", "".join(api.log(arn))
    )
    assert reported
    assert float(reported.group(1)) >= 300


async def test_an_answer_may_have_6291556_bytes(api: Api) -> None:
    arn = await api.deploy("m.huge", SOURCE)
    assert len(await api.run(arn, 6_291_554)) == 6_291_554
    error = await api.failing(arn, 6_291_555)
    assert error == {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    }
    assert len(await api.run(arn, 10)) == 10


async def test_overlapping_events_get_environments_of_their_own(api: Api, gate: Gate) -> None:
    arn = await api.deploy("m.waits", SOURCE, Environment={"Variables": {"GATE": gate.address}})
    calls = [asyncio.ensure_future(api.run(arn)) for _ in range(2)]
    arrived = [await gate.arrived() for _ in range(2)]
    assert len({pid for pid, _ in arrived}) == 2
    for _, writer in arrived:
        await gate.open(writer)
    assert {str(pid) for pid in await asyncio.gather(*calls)} == {pid for pid, _ in arrived}
    again = asyncio.ensure_future(api.run(arn))
    pid, writer = await gate.arrived()
    assert pid in {pid for pid, _ in arrived}, "a warm environment takes the next event"
    await gate.open(writer)
    await again


async def test_what_was_not_awaited_stands_still_until_the_next_event(api: Api, gate: Gate) -> None:
    """As on AWS, where a post that a handler does not wait for is made with the next event, or never."""
    arn = await api.deploy("m.posts_later", SOURCE, Environment={"Variables": {"GATE": gate.address}})
    pid = await api.run(arn, "begin")
    _, writer = await gate.arrived()
    await until(lambda: _state(pid) == "T", "that the process stood still")
    await gate.open(writer)  # what the thread waits for has come, and it does not post
    echo = await api.deploy("m.echo", SOURCE)
    for number in range(20):
        assert await api.run(echo, number) == number
    assert _state(pid) == "T"
    assert gate.waiting == 0
    assert await api.run(arn, "wait") == pid
    assert (await gate.arrived())[0] == "posted"


async def test_nothing_stands_still_where_that_is_switched_off(tmp_path: Path, clock: Clock, gate: Gate) -> None:
    async with lambda_service(tmp_path, clock, forks=False, freezes=False) as api:
        arn = await api.deploy("m.posts_later", SOURCE, Environment={"Variables": {"GATE": gate.address}})
        await api.run(arn, "begin")
        await gate.open((await gate.arrived())[1])
        assert (await gate.arrived())[0] == "posted"


async def test_what_was_printed_before_the_answer_is_in_the_log(api: Api) -> None:
    arn = await api.deploy("m.prints", SOURCE)
    for number in range(5):
        await api.run(arn, f"line {number}")
        await until(lambda number=number: f"line {number}\n" in api.log(arn))  # type: ignore[misc]


async def test_a_process_killed_in_an_invocation_is_answered_for(api: Api, gate: Gate) -> None:
    arn = await api.deploy("m.waits", SOURCE, Environment={"Variables": {"GATE": gate.address}}, Timeout=30)
    call = asyncio.ensure_future(api.failing(arn))
    pid, _ = await gate.arrived()
    os.kill(int(pid), signal.SIGKILL)
    assert (await call)["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")


async def test_a_process_killed_between_invocations_is_replaced_unnoticed(api: Api) -> None:
    arn = await api.deploy("m.counting", SOURCE)
    _, pid = await api.run(arn)
    os.kill(pid, signal.SIGKILL)
    await until(lambda: not Path(f"/proc/{pid}").exists(), "that the engine took note")
    await settle()
    count, other = await api.run(arn)
    assert count == 1
    assert other != pid


async def test_events_in_flight_finish_on_the_code_they_began_with(api: Api, gate: Gate) -> None:
    arn = await api.deploy("m.waits", SOURCE, Environment={"Variables": {"GATE": gate.address}})
    call = asyncio.ensure_future(api.run(arn))
    pid, writer = await gate.arrived()
    await api("UpdateFunctionCode", FunctionName=arn, ZipFile=archive("def waits(event, context): return 'new'"))
    assert await api.run(arn) == "new"
    await gate.open(writer)
    assert str(await call) == pid
    await until(lambda: not _runs(int(pid)), "that the old process ended")


async def test_a_configuration_update_starts_afresh(api: Api) -> None:
    arn = await api.deploy("m.counting", SOURCE)
    _, pid = await api.run(arn)
    await api("UpdateFunctionConfiguration", FunctionName=arn, Timeout=9)
    count, other = await api.run(arn)
    assert (count, other != pid) == (1, True)
    await until(lambda: not _runs(pid))


async def test_closing_leaves_no_process_and_no_file(api: Api, gate: Gate, tmp_path: Path) -> None:
    arn = await api.deploy("m.waits", SOURCE, Environment={"Variables": {"GATE": gate.address}}, Timeout=60)
    call = asyncio.ensure_future(api.service.invoke(arn, b"{}"))
    pid, _ = await gate.arrived()
    await api.service.close()
    with pytest.raises(Exception, match="The rig closed while the function ran"):
        await call
    assert not _runs(int(pid))
    assert list((tmp_path / "environments").iterdir()) == []


def _state(pid: int) -> str:
    """`T` for a process that is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


async def test_a_process_that_cannot_be_started_for_a_reason_nobody_foresaw_is_an_answer(api: Api) -> None:
    """An environment variable with a NUL, which no process can have; the event must not wait for ever."""
    arn = await api.deploy("m.echo", SOURCE, Environment={"Variables": {"AB": "x\0y"}})
    error = await asyncio.wait_for(api.failing(arn), 30)
    assert error["errorType"] in ("Runtime.InvalidEntrypoint", "Runtime.ExitError")
