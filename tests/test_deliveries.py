"""Services of the upstream that invoke functions of the rig: what was declared to do so does.

The function's destination, a queue, has what it was given (`requestPayload`).
"""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cloudrig.engine.config import Config
from cloudrig.rig import Rig
from tests import rigs

ACCOUNT = "000000000000"


class Place:
    """A rig with a function whose events can be had."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.function = ""
        self._queue = ""

    async def call(self, service: str, operation: str, **members: Any) -> dict[str, Any]:
        return await rigs.call(self.rig, service, operation, **members)

    async def prepare(self) -> None:
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("m.py", "def handler(event, context): return None")
        settings = {"Runtime": "python3.13", "Handler": "m.handler", "Role": f"arn:aws:iam::{ACCOUNT}:role/r"}
        code = {"ZipFile": package.getvalue()}
        made = await self.call("lambda", "create_function", FunctionName="seer", Code=code, **settings)
        self.function = made["FunctionArn"]
        self._queue = (await self.call("sqs", "create_queue", QueueName="seen"))["QueueUrl"]
        seen = {"OnSuccess": {"Destination": f"arn:aws:sqs:us-east-1:{ACCOUNT}:seen"}}
        await self.call("lambda", "put_function_event_invoke_config", FunctionName="seer", DestinationConfig=seen)

    async def allow(self, service: str, **conditions: str) -> None:
        permission = {"Principal": f"{service}.amazonaws.com", "Action": "lambda:InvokeFunction", **conditions}
        await self.call("lambda", "add_permission", FunctionName="seer", StatementId=service, **permission)

    async def event(self) -> Any:
        """The next event that the function was given."""
        async with asyncio.timeout(30):
            while True:
                found = await self.call("sqs", "receive_message", QueueUrl=self._queue, WaitTimeSeconds=1)
                for message in found.get("Messages", []):
                    await self.call(
                        "sqs", "delete_message", QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"]
                    )
                    return json.loads(message["Body"])["requestPayload"]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with Rig(Config(data_dir=tmp_path, port=0)) as rig:
        made = Place(rig)
        await made.prepare()
        yield made


async def test_a_bucket_notifies(place: Place) -> None:
    """AG: https://docs.aws.amazon.com/lambda/latest/dg/with-s3.html; only what the filter lets through."""
    await place.allow("s3", SourceArn="arn:aws:s3:::shelf", SourceAccount=ACCOUNT)
    await place.call("s3", "create_bucket", Bucket="shelf")
    created = {
        "LambdaFunctionArn": place.function,
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}},
    }
    removed = {"LambdaFunctionArn": place.function, "Events": ["s3:ObjectRemoved:*"]}
    configuration = {"LambdaFunctionConfigurations": [created, removed]}
    await place.call(
        "s3", "put_bucket_notification_configuration", Bucket="shelf", NotificationConfiguration=configuration
    )
    await place.call("s3", "put_object", Bucket="shelf", Key="out/a", Body=b"x")
    await place.call("s3", "put_object", Bucket="shelf", Key="in/a b", Body=b"four")
    [record] = (await place.event())["Records"]
    assert (record["eventSource"], record["eventName"]) == ("aws:s3", "ObjectCreated:Put")
    assert record["s3"]["bucket"]["name"] == "shelf"
    assert (record["s3"]["object"]["key"], record["s3"]["object"]["size"]) == ("in/a+b", 4)
    await place.call("s3", "delete_object", Bucket="shelf", Key="in/a b")
    [record] = (await place.event())["Records"]
    assert record["eventName"].startswith("ObjectRemoved:")
    assert "size" not in record["s3"]["object"]


async def test_a_topic_has_a_function_for_a_subscriber(place: Place) -> None:
    topic = (await place.call("sns", "create_topic", Name="news"))["TopicArn"]
    await place.allow("sns", SourceArn=topic)
    policy = {"FilterPolicy": json.dumps({"kind": ["good"]})}
    subscribed = await place.call(
        "sns", "subscribe", TopicArn=topic, Protocol="lambda", Endpoint=place.function, Attributes=policy
    )
    for kind in ("bad", "good"):
        attributes = {"kind": {"DataType": "String", "StringValue": kind}}
        await place.call("sns", "publish", TopicArn=topic, Message=f"{kind} news", MessageAttributes=attributes)
    [record] = (await place.event())["Records"]
    assert record["EventSource"] == "aws:sns"
    assert record["EventSubscriptionArn"] == subscribed["SubscriptionArn"]
    sns = record["Sns"]
    assert (sns["Message"], sns["Subject"], sns["TopicArn"]) == ("good news", None, topic)
    assert sns["MessageAttributes"] == {"kind": {"Type": "String", "Value": "good"}}
    assert {"Signature", "SigningCertUrl", "UnsubscribeUrl", "Timestamp"} < set(sns)


async def test_a_rule_has_a_function_for_a_target(place: Place) -> None:
    """A rule that is disabled, or matches something else, does not."""
    await place.allow("events")
    patterns = {"off": {"source": ["shop"]}, "other": {"source": ["bank"]}, "on": {"source": ["shop"]}}
    for name, pattern in patterns.items():
        state = "DISABLED" if name == "off" else "ENABLED"
        await place.call("events", "put_rule", Name=name, EventPattern=json.dumps(pattern), State=state)
        await place.call("events", "put_targets", Rule=name, Targets=[{"Id": "t", "Arn": place.function}])
    entry = {"Source": "shop", "DetailType": "sold", "Detail": json.dumps({"id": 7})}
    await place.call("events", "put_events", Entries=[entry])
    event = await place.event()
    assert (event["source"], event["detail-type"], event["detail"]) == ("shop", "sold", {"id": 7})
    assert event["time"].endswith("Z")
    transformer = {"InputPathsMap": {"id": "$.detail.id"}, "InputTemplate": '{"sold": <id>}'}
    target = {"Id": "t", "Arn": place.function, "InputTransformer": transformer}
    await place.call("events", "put_targets", Rule="on", Targets=[target])
    await place.call("events", "put_events", Entries=[entry])
    assert await place.event() == {"sold": 7}


async def test_what_the_functions_policy_does_not_allow_is_dropped(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """The publisher does not hear of it; the rig's log does."""
    topic = (await place.call("sns", "create_topic", Name="news"))["TopicArn"]
    await place.call("sns", "subscribe", TopicArn=topic, Protocol="lambda", Endpoint=place.function)
    await place.call("sns", "publish", TopicArn=topic, Message="refused")
    await place.allow("sns", SourceArn=topic)
    await place.call("sns", "publish", TopicArn=topic, Message="allowed")
    [record] = (await place.event())["Records"]
    assert record["Sns"]["Message"] == "allowed"
    assert f"an event of {topic} for {place.function} is dropped" in caplog.text
