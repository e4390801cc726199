"""Every line that an invocation leaves in its log stream, in order: aws-behaviour §10.4, `python-logging.html`."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from tests.services.lambda_.fakes import Gate
from tests.services.lambda_.harness import Api, until

ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
MS = r"\d+\.\d\d ms"
INIT_START = (
    r"INIT_START Runtime Version: python:3\.11\.v\S+\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:\w{64}\n"
)
START = rf"START RequestId: {ID} Version: \$LATEST\n"
END = rf"END RequestId: {ID}\n"
REPORT = (
    rf"REPORT RequestId: {ID}\tDuration: {MS}\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB\t"
)

SOURCE = """
import logging, os, sys, time
log = logging.getLogger()

def prints(event, context):
    print("one")
    print("two\\nlines", file=sys.stderr)
    sys.stdout.write("no line feed")

def logs(event, context):
    log.setLevel("INFO")
    log.debug("hidden")
    log.info("first\\nsecond")
    logging.getLogger("mine").warning("careful")

def fails(event, context):
    raise ValueError("no such thing")

def leaves(event, context):
    os._exit(3)

def hangs(event, context):
    time.sleep(1000)

def grows(event, context):
    data = b"x" * 400_000_000
    time.sleep(1000)
"""


async def lines(api: Api, arn: str, reports: int = 1) -> list[str]:
    """The log, once so many invocations are in it."""
    await until(lambda: sum(line.startswith("REPORT") for line in api.log(arn)) >= reports)
    return api.log(arn)


def assert_match(found: list[str], *expected: str) -> None:
    assert len(found) == len(expected), found
    for line, pattern in zip(found, expected, strict=True):
        assert re.fullmatch(pattern, line, re.DOTALL), (line, pattern)


async def test_a_cold_and_a_warm_invocation(api: Api) -> None:
    """INIT_START once; `Init Duration` in the first REPORT only; a tabulator ends every REPORT."""
    arn = await api.deploy("m.prints", SOURCE)
    await api.run(arn)
    output = ("one\n", "two\n", "lines\n", "no line feed")
    cold = (INIT_START, START, *output, END, REPORT + rf"Init Duration: {MS}\t\n")
    assert_match(await lines(api, arn), *cold)
    await api.run(arn)
    assert_match((await lines(api, arn, 2))[len(cold) :], START, *output, END, REPORT + r"\n")


async def test_the_same_request_id_everywhere_and_billed_milliseconds_rounded_up(api: Api) -> None:
    arn = await api.deploy("m.prints", SOURCE)
    await api.run(arn)
    answer = await api("Invoke", FunctionName=arn)
    request_id = answer["ResponseMetadata"]["RequestId"]
    found = (await lines(api, arn, 2))[-7:]
    assert [line.split()[2] for line in found if line.startswith(("START", "END", "REPORT"))] == [request_id] * 3
    numbers = re.search(r"Duration: ([\d.]+) ms\tBilled Duration: (\d+) ms", found[-1])
    assert numbers is not None
    assert 0 <= int(numbers.group(2)) - float(numbers.group(1)) < 1


async def test_the_initialisation_is_billed_with_the_first_invocation(api: Api) -> None:
    arn = await api.deploy("m.prints", SOURCE)
    await api.run(arn)
    found = re.search(
        r"Duration: ([\d.]+) ms\tBilled Duration: (\d+) ms.*Init Duration: ([\d.]+) ms", (await lines(api, arn))[-1]
    )
    assert found is not None
    duration_ms, billed_ms, init_ms = map(float, found.groups())
    assert billed_ms == pytest.approx(duration_ms + init_ms, abs=1.02)


async def test_records_of_logging_are_one_event_each(api: Api) -> None:
    """`[LEVEL]\\ttime\\trequest id\\ttext`, several lines in one event."""
    arn = await api.deploy("m.logs", SOURCE)
    await api.run(arn)
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    assert_match(
        await lines(api, arn),
        INIT_START,
        START,
        rf"\[INFO\]\t{stamp}\t{ID}\tfirst\nsecond\n",
        rf"\[WARNING\]\t{stamp}\t{ID}\tcareful\n",
        END,
        REPORT + rf"Init Duration: {MS}\t\n",
    )


async def test_an_exception_is_one_event_with_its_trace(api: Api) -> None:
    """Indented by non-breaking spaces, as awslambdaric has it."""
    arn = await api.deploy("m.fails", SOURCE)
    await api.failing(arn)
    found = await lines(api, arn)
    trace = next(line for line in found if line.startswith("[ERROR]"))
    assert trace.startswith("[ERROR] ValueError: no such thing\nTraceback (most recent call last):\n")
    assert '\u00a0\u00a0File "' in trace
    assert re.fullmatch(REPORT + rf"Init Duration: {MS}\t\n", found[-1]), (
        "a function's error is no failure of its runtime"
    )


async def test_a_process_that_exits(api: Api) -> None:
    arn = await api.deploy("m.leaves", SOURCE)
    await api.failing(arn)
    assert_match(
        await lines(api, arn),
        INIT_START,
        START,
        rf"RequestId: {ID} Error: Runtime exited with error: exit status 3\nRuntime\.ExitError\n",
        END,
        REPORT + rf"Init Duration: {MS}\tStatus: error\tError Type: Runtime\.ExitError\n",
    )


async def test_a_timeout(api: Api) -> None:
    """The whole timeout is billed (and the initialisation); an empty line follows."""
    arn = await api.deploy("m.hangs", SOURCE, Timeout=1)
    await api.failing(arn)
    report = REPORT.replace(
        rf"Duration: {MS}\tBilled Duration: \d+ ms", r"Duration: 1000\.00 ms\tBilled Duration: 1\d{3} ms"
    )
    assert_match(
        await lines(api, arn),
        INIT_START,
        START,
        rf"2026-11-18T11:06:40\.000Z {ID} Task timed out after 1\.00 seconds\n\n",
        END,
        report + rf"Init Duration: {MS}\tStatus: timeout\n",
    )


async def test_too_much_memory(api: Api) -> None:
    arn = await api.deploy("m.grows", SOURCE, Timeout=60)
    await api.failing(arn)
    report = REPORT.replace(r"Max Memory Used: \d+ MB", r"Max Memory Used: 128 MB")
    assert_match(
        (await lines(api, arn))[1:],
        START,
        rf"RequestId: {ID} Error: Runtime exited with error: signal: killed\nRuntime\.ExitError\n",
        END,
        report + rf"Init Duration: {MS}\tStatus: error\tError Type: Runtime\.OutOfMemory\n",
    )


async def test_an_initialisation_that_fails_is_reported_beside_the_invocation(api: Api) -> None:
    arn = await api.deploy("absent.handler", SOURCE)
    await api.failing(arn)
    text = "Runtime.ImportModuleError: Unable to import module 'absent': No module named 'absent'"
    found = await lines(api, arn)
    assert_match(
        [line for line in found if "LAMBDA_WARNING" not in line],
        INIT_START,
        re.escape(f"[ERROR] {text}\nTraceback (most recent call last):") + ".*",
        rf"INIT_REPORT Init Duration: {MS}\tPhase: init\tStatus: error\tError Type: Runtime\.ImportModuleError\n",
        START,
        END,
        REPORT + rf"Init Duration: {MS}\tStatus: error\tError Type: Runtime\.ImportModuleError\n",
    )


@pytest.mark.parametrize("environments", [1, 2])
async def test_one_stream_for_each_environment(api: Api, gate: Gate, environments: int) -> None:
    """`yyyy/mm/dd/[version]` and 32 hexadecimal digits, in the group `/aws/lambda/{name}`."""
    source = (
        "import os, socket\ndef handler(event, context):\n"
        "    host, port = os.environ['GATE'].split(':')\n"
        "    with socket.create_connection((host, int(port))) as gate:\n"
        "        gate.sendall(b'here\\n'); gate.recv(1)\n"
    )
    arn = await api.deploy(source=source, Environment={"Variables": {"GATE": gate.address}}, Timeout=30)
    calls = [asyncio.ensure_future(api.run(arn)) for _ in range(environments)]
    for writer in [(await gate.arrived())[1] for _ in calls]:
        await gate.open(writer)
    await asyncio.gather(*calls)
    await lines(api, arn, environments)
    streams = api.logs.streams(f"/aws/lambda/{arn.rpartition(':')[2]}")
    assert len(streams) == environments
    assert all(re.fullmatch(r"2026/11/18/\[\$LATEST\][0-9a-f]{32}", stream) for stream in streams)


JSON_LOG = {"LogFormat": "JSON"}


def records(found: list[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in found if line.startswith("{")]


def types(found: list[str]) -> list[str]:
    return [one.get("type") or one["level"] for one in records(found)]


async def json_lines(api: Api, arn: str) -> list[str]:
    await until(lambda: any('"platform.report"' in line for line in api.log(arn)))
    return api.log(arn)


async def test_a_log_in_json(api: Api) -> None:
    """Records of the Telemetry API; what `logging` writes has level and request id; what is printed stays as it is."""
    arn = await api.deploy("m.logs", SOURCE, LoggingConfig=JSON_LOG, MemorySize=256)
    answer = await api("Invoke", FunctionName=arn)
    request_id, name = answer["ResponseMetadata"]["RequestId"], arn.rpartition(":")[2]
    init, start, first, careful, report = records(await json_lines(api, arn))
    assert init["type"] == "platform.initStart"
    assert init["time"] == "2026-11-18T11:06:40.000Z"
    assert init["record"] | {"runtimeVersion": "", "runtimeVersionArn": ""} == {
        "initializationType": "on-demand",
        "phase": "init",
        "runtimeVersion": "",
        "runtimeVersionArn": "",
        "functionName": name,
        "functionVersion": "$LATEST",
        "instanceMaxMemory": 268435456,
    }
    assert start["record"] == {"requestId": request_id, "functionArn": arn, "version": "$LATEST"}
    assert (first["level"], first["message"], first["requestId"]) == ("INFO", "first\nsecond", request_id)
    assert (careful["level"], careful["logger"]) == ("WARNING", "mine")
    assert report["type"] == "platform.report"
    metrics = report["record"].pop("metrics")
    assert report["record"] == {"requestId": request_id, "status": "success"}
    assert sorted(metrics) == ["billedDurationMs", "durationMs", "initDurationMs", "maxMemoryUsedMB", "memorySizeMB"]
    assert metrics["memorySizeMB"] == 256


async def test_levels_of_the_systems_records(api: Api) -> None:
    config = JSON_LOG | {"SystemLogLevel": "DEBUG"}
    arn = await api.deploy("m.prints", SOURCE, LoggingConfig=config)
    await api.run(arn)
    assert types(await json_lines(api, arn)) == [
        *("platform.initStart", "platform.initRuntimeDone", "platform.initReport"),
        *("platform.start", "platform.runtimeDone", "platform.report"),
    ]
    quiet = await api.deploy("m.leaves", SOURCE, LoggingConfig=JSON_LOG | {"SystemLogLevel": "WARN"})
    await api.failing(quiet)
    done, report = records(await json_lines(api, quiet))
    assert (done["type"], report["type"]) == ("platform.runtimeDone", "platform.report")
    assert (report["record"]["status"], report["record"]["errorType"]) == ("error", "Runtime.ExitError")


async def test_levels_of_the_applications_records(api: Api) -> None:
    """What has no level counts as INFO."""
    arn = await api.deploy("m.logs", SOURCE, LoggingConfig=JSON_LOG | {"ApplicationLogLevel": "WARN"})
    await api.run(arn)
    assert types(await json_lines(api, arn)) == [
        *("platform.initStart", "platform.start", "WARNING", "platform.report")
    ]
    printing = await api.deploy("m.prints", SOURCE, LoggingConfig=JSON_LOG | {"ApplicationLogLevel": "WARN"})
    await api.run(printing)
    assert all(line.startswith("{") for line in await json_lines(api, printing))


async def test_a_timeout_in_json(api: Api) -> None:
    arn = await api.deploy("m.hangs", SOURCE, Timeout=1, LoggingConfig=JSON_LOG)
    await api.failing(arn)
    assert records(await json_lines(api, arn))[-1]["record"]["status"] == "timeout"
