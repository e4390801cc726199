"""Destinations and dead-letter queues of asynchronous invocations; layouts as in LocalStack's AWS-validated snapshots
(`TestLambdaDestinationSqs`, `TestLambdaDLQ`); Lambda guide `invocation-async-retain-records.html`; aws-behaviour §10.5.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.lambda_.harness import Api, until

SOURCE = """
def handler(event, context):
    if event.get("fail"):
        raise ValueError("no")
    return {"got": event}
"""
ACCOUNT = "us-east-1:000000000000"
QUEUE = f"arn:aws:sqs:{ACCOUNT}:records"


async def run(api: Api, arn: str, event: dict[str, Any]) -> str:
    answer = await api("Invoke", FunctionName=arn, InvocationType="Event", Payload=json.dumps(event).encode())
    request_id: str = answer["ResponseMetadata"]["RequestId"]
    return request_id


async def deploy(api: Api, success: str | None = None, failure: str | None = None, **members: Any) -> str:
    arn = await api.deploy(source=SOURCE, **members)
    places = {"OnSuccess": {"Destination": success or ""}, "OnFailure": {"Destination": failure or ""}}
    await api("PutFunctionEventInvokeConfig", FunctionName=arn, MaximumRetryAttempts=0, DestinationConfig=places)
    return arn


async def test_the_record_of_a_success(api: Api) -> None:
    arn = await deploy(api, success=QUEUE)
    request_id = await run(api, arn, {"a": 1})
    await until(lambda: api.upstream.sent)
    assert api.upstream.sent[0]["QueueUrl"] == "http://queues/000000000000/records"
    assert json.loads(api.upstream.sent[0]["MessageBody"]) == {
        "version": "1.0",
        "timestamp": "2026-11-18T11:06:40.000Z",
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"{arn}:$LATEST",
            "condition": "Success",
            "approximateInvokeCount": 1,
        },
        "requestPayload": {"a": 1},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST"},
        "responsePayload": {"got": {"a": 1}},
    }


async def test_the_record_of_a_failure(api: Api) -> None:
    arn = await deploy(api, success=QUEUE, failure=f"arn:aws:sns:{ACCOUNT}:failures")
    await run(api, arn, {"fail": True})
    await until(lambda: api.upstream.sent)
    assert api.upstream.sent[0]["TopicArn"] == f"arn:aws:sns:{ACCOUNT}:failures"
    record = json.loads(api.upstream.sent[0]["Message"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    assert record["responsePayload"]["errorMessage"] == "no"


async def test_every_try_is_counted(api: Api) -> None:
    arn = await deploy(api, failure=QUEUE)
    await api("UpdateFunctionEventInvokeConfig", FunctionName=arn, MaximumRetryAttempts=2)
    await run(api, arn, {"fail": True})
    for count, seconds in ((1, 60), (2, 120)):
        await until(lambda: sum(line.startswith("REPORT") for line in api.log(arn)) == count)  # noqa: B023
        await until(lambda: api.clock._timers)
        api.clock.advance(seconds)
    await until(lambda: api.upstream.sent)
    record = json.loads(api.upstream.sent[0]["MessageBody"])
    assert record["requestContext"]["approximateInvokeCount"] == 3


async def test_another_function_as_destination(api: Api) -> None:
    target = await api.deploy(source="def handler(event, context): print('told', event['requestContext']['condition'])")
    await run(api, await deploy(api, success=target), {})
    await until(lambda: "told Success\n" in api.log(target))


async def test_an_event_bus_as_destination(api: Api) -> None:
    bus = f"arn:aws:events:{ACCOUNT}:event-bus/default"
    arn = await deploy(api, success=bus, failure=bus)
    await run(api, arn, {})
    await run(api, arn, {"fail": True})
    await until(lambda: len(api.upstream.sent) == 2)
    (first,), (second,) = (one["Entries"] for one in api.upstream.sent)
    assert {first["DetailType"], second["DetailType"]} == {
        "Lambda Function Invocation Result - Success",
        "Lambda Function Invocation Result - Failure",
    }
    assert (first["EventBusName"], first["Source"]) == ("default", "lambda")
    assert first["Resources"] == [bus, f"{arn}:$LATEST"]
    assert json.loads(first["Detail"])["version"] == "1.0"


async def test_a_bucket_as_destination(api: Api) -> None:
    arn = await deploy(api, failure="arn:aws:s3:::failures")
    await run(api, arn, {"fail": True})
    await until(lambda: api.upstream.objects)
    (bucket, key), body = next(iter(api.upstream.objects.items()))
    name = arn.rpartition(":")[2]
    assert bucket == "failures"
    assert key.startswith(f"aws/lambda/async/{name}/2026/11/18/2026-11-18T11.06.40-")
    assert json.loads(body)["requestContext"]["condition"] == "RetriesExhausted"


@pytest.mark.parametrize("service", ["sqs", "sns"])
async def test_a_dead_letter_is_the_event_itself(api: Api, service: str) -> None:
    target = f"arn:aws:{service}:{ACCOUNT}:dead"
    arn = await deploy(api, DeadLetterConfig={"TargetArn": target})
    assert (await api("GetFunctionConfiguration", FunctionName=arn))["DeadLetterConfig"] == {"TargetArn": target}
    request_id = await run(api, arn, {"fail": 1})
    await until(lambda: api.upstream.sent)
    sent = api.upstream.sent[0]
    assert json.loads(sent.get("MessageBody") or sent["Message"]) == {"fail": 1}
    assert sent["MessageAttributes"] == {
        "RequestID": {"DataType": "String", "StringValue": request_id},
        "ErrorCode": {"DataType": "Number", "StringValue": "200"},
        "ErrorMessage": {"DataType": "String", "StringValue": "no"},
    }
    shown = await api("UpdateFunctionConfiguration", FunctionName=arn, DeadLetterConfig={"TargetArn": ""})
    assert "DeadLetterConfig" not in shown


async def test_a_destination_that_is_not_there_is_logged(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    await run(api, await deploy(api, success=f"arn:aws:sqs:{ACCOUNT}:absent"), {})
    await until(lambda: f"nothing could be sent to arn:aws:sqs:{ACCOUNT}:absent" in caplog.text)


async def test_an_alias_has_destinations_of_its_own(api: Api) -> None:
    arn = await api.deploy(source=SOURCE, Publish=True)
    await api("CreateAlias", FunctionName=arn, Name="live", FunctionVersion="1")
    places = {"OnSuccess": {"Destination": QUEUE}}
    await api("PutFunctionEventInvokeConfig", FunctionName=arn, Qualifier="live", DestinationConfig=places)
    await run(api, arn, {})
    await run(api, f"{arn}:live", {"a": 2})
    await until(lambda: api.upstream.sent)
    record = json.loads(api.upstream.sent[0]["MessageBody"])
    assert record["requestContext"]["functionArn"] == f"{arn}:live"
    assert record["responseContext"]["executedVersion"] == "1"
    assert len(api.upstream.sent) == 1
