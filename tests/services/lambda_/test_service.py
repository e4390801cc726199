"""The Invoke operation and the service as a whole: API_Invoke."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from pathlib import Path

import pytest

from tests.services.lambda_.harness import Api, Failed

SOURCE = """
import logging
logging.getLogger().setLevel("INFO")
def handler(event, context):
    print("printed", event)
    logging.info("logged\\nin two lines")
    if event == "fail":
        raise ValueError("no")
    return event

def context_of(event, context):
    return [context.client_context.custom, context.aws_request_id]
"""


async def test_a_synchronous_answer(api: Api) -> None:
    arn = await api.deploy(source=SOURCE)
    answer = await api("Invoke", FunctionName=arn, Payload=b'{"a": 1}')
    assert (answer["StatusCode"], answer["Payload"], answer["ExecutedVersion"]) == (200, '{"a": 1}', "$LATEST")
    assert "FunctionError" not in answer
    assert "LogResult" not in answer


async def test_no_payload_is_an_empty_object(api: Api) -> None:
    assert (await api("Invoke", FunctionName=await api.deploy(source=SOURCE)))["Payload"] == "{}"


async def test_a_function_error_is_told_by_the_header(api: Api) -> None:
    answer = await api("Invoke", FunctionName=await api.deploy(source=SOURCE), Payload=b'"fail"')
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.loads(answer["Payload"])["errorType"] == "ValueError"


async def test_the_request_id_is_the_one_the_function_saw(api: Api) -> None:
    arn = await api.deploy("m.context_of", SOURCE)
    context = base64.b64encode(b'{"custom": {"k": "v"}}').decode()
    answer = await api("Invoke", FunctionName=arn, ClientContext=context)
    assert json.loads(answer["Payload"]) == [{"k": "v"}, answer["ResponseMetadata"]["RequestId"]]


@pytest.mark.parametrize("context", ["{}", base64.b64encode(b"no json").decode()])
async def test_a_client_context_that_is_none(api: Api, context: str) -> None:
    with pytest.raises(Failed, match="InvalidRequestContentException: Client context must be"):
        await api("Invoke", FunctionName=await api.deploy(source=SOURCE), ClientContext=context)


async def test_the_log_of_an_invocation_in_order(api: Api) -> None:
    """§10.4: START, what the function wrote, END, REPORT; a log record of two lines is one event."""
    arn = await api.deploy(source=SOURCE)
    for event in ("one", "two"):
        await api("Invoke", FunctionName=arn, Payload=json.dumps(event).encode(), LogType="Tail")
    lines = api.log(arn)
    assert re.fullmatch(r"INIT_START Runtime Version: python:3\.11\.v\S+\tRuntime Version ARN: \S+\n", lines[0])
    request_id = lines[1].split()[2]
    assert lines[1] == f"START RequestId: {request_id} Version: $LATEST\n"
    assert lines[2] == "printed one\n"
    assert re.fullmatch(rf"\[INFO\]\t\S+Z\t{request_id}\tlogged\nin two lines\n", lines[3])
    assert lines[4] == f"END RequestId: {request_id}\n"
    assert re.fullmatch(
        rf"REPORT RequestId: {request_id}\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\t"
        r"Max Memory Used: [1-9]\d* MB\tInit Duration: \d+\.\d\d ms\t\n",
        lines[5],
    )
    assert "Init Duration" not in lines[-1]
    assert len(lines) == 11


async def test_the_log_tail_is_this_invocations(api: Api) -> None:
    arn = await api.deploy(source=SOURCE)
    await api.run(arn, "before")
    answer = await api("Invoke", FunctionName=arn, Payload=b'"fail"', LogType="Tail")
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert tail.startswith("START RequestId: ")
    assert "printed fail\n" in tail
    assert "[ERROR] ValueError: no\nTraceback (most recent call last):\n\u00a0\u00a0File" in tail
    assert re.search(r"REPORT RequestId: \S+\tDuration: .*\t\n$", tail)
    assert "before" not in tail


async def test_a_log_group_of_ones_own(api: Api) -> None:
    arn = await api.deploy(source=SOURCE, LoggingConfig={"LogGroup": "/chat/all"})
    await api("Invoke", FunctionName=arn, LogType="Tail")
    assert "printed {}\n" in api.logs.messages("/chat/all")


async def test_a_dry_run_runs_nothing(api: Api) -> None:
    arn = await api.deploy(source=SOURCE)
    assert (await api("Invoke", FunctionName=arn, InvocationType="DryRun"))["StatusCode"] == 204
    assert api.log(arn) == []
    with pytest.raises(Failed, match="ResourceNotFoundException"):
        await api("Invoke", FunctionName="absent", InvocationType="DryRun")


@pytest.mark.parametrize("payload", [b"{", b"[" * 100_000])
async def test_a_payload_that_is_no_json(api: Api, payload: bytes) -> None:
    """Or nested deeper than can be read."""
    with pytest.raises(Failed) as refused:
        await api("Invoke", FunctionName=await api.deploy(source=SOURCE), Payload=payload)
    assert (refused.value.status, refused.value.code) == (400, "InvalidRequestContentException")
    assert refused.value.message.startswith("Could not parse request body into json: Could not parse payload into json")


async def test_many_callers_at_once_all_get_their_own_answers(api: Api) -> None:
    arn = await api.deploy(source="def handler(event, context): return event")
    answers = await asyncio.gather(*(api.run(arn, number) for number in range(200)))
    assert answers == list(range(200))


async def test_starting_removes_what_a_killed_rig_left(api: Api, tmp_path: Path) -> None:
    for left in ("environments/0123", "functions/0123", "runtime/boto3x"):
        (tmp_path / left).mkdir(parents=True)
    await api.service.start()
    assert not any((tmp_path / left).exists() for left in ("environments/0123", "functions/0123", "runtime/boto3x"))


async def test_accounts_and_regions_do_not_see_each_other(api: Api) -> None:
    arn = await api.deploy(source=SOURCE)
    name = arn.rpartition(":")[2]
    for other in (api.elsewhere("111122223333", "us-east-1"), api.elsewhere("000000000000", "eu-west-1")):
        with pytest.raises(Failed, match="ResourceNotFoundException"):
            await other("Invoke", FunctionName=name)
