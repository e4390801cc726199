"""Mappings in a whole rig, with its children or its upstream killed in the middle of batches: no record is lost."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from cloudrig import background
from cloudrig.engine.config import Config
from cloudrig.rig import Rig

SOURCE = """
import json, os, pathlib, time
SEEN = pathlib.Path(os.environ["SEEN"])
def handler(event, context):
    keys = [one["dynamodb"]["Keys"]["k"]["S"] if "dynamodb" in one else one["body"] for one in event["Records"]]
    time.sleep(0.02)
    with SEEN.open("a") as seen:
        seen.write("".join(f"{os.getpid()} {key}\\n" for key in keys))
"""


class Place:
    """A rig with a function that notes what it sees in a file."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig = rig
        self._seen = folder / "seen"

    async def call(self, service: str, operation: str, **members: Any) -> dict[str, Any]:
        client = boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.rig.addresses.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="x",
        )
        answer: dict[str, Any] = await asyncio.to_thread(getattr(client, operation), **members)
        return answer

    async def prepare(self) -> str:
        """The function `seer` and a streamed table; the stream's ARN."""
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("m.py", SOURCE)
        await self.call(
            "lambda",
            "create_function",
            FunctionName="seer",
            Runtime="python3.13",
            Handler="m.handler",
            Role="arn:aws:iam::000000000000:role/r",
            Code={"ZipFile": package.getvalue()},
            Environment={"Variables": {"SEEN": str(self._seen)}},
        )
        made = await self.call(
            "dynamodb",
            "create_table",
            TableName="things",
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        )
        arn: str = made["TableDescription"]["LatestStreamArn"]
        return arn

    async def write(self, *keys: str) -> None:
        for key in keys:
            await self.call("dynamodb", "put_item", TableName="things", Item={"k": {"S": key}})

    def seen(self) -> list[tuple[int, str]]:
        """Process and key of each record that a batch ended with."""
        if not self._seen.exists():
            return []
        lines = (line.split() for line in self._seen.read_text().splitlines())
        return [(int(pid), key) for pid, key in lines]

    async def until_seen(self, keys: set[str]) -> None:
        async with asyncio.timeout(20):
            while not keys <= {key for _, key in self.seen()}:  # noqa: ASYNC110  written by another process
                await asyncio.sleep(0.02)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with Rig(Config(data_dir=tmp_path / "rig", port=0)) as rig:
        yield Place(rig, tmp_path)


def children(word: str) -> list[int]:
    """Processes of this one's whose command line has a word in it."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and word in (path / "cmdline").read_text():
                found.append(int(path.name))
        except (OSError, ValueError):
            continue
    return found


async def test_dynoxide_killed_in_the_middle_of_batches(place: Place) -> None:
    """What was acknowledged reaches the function, each record once and in the order of its key."""
    stream = await place.prepare()
    await place.call(
        "lambda", "create_event_source_mapping", EventSourceArn=stream, FunctionName="seer", StartingPosition="LATEST"
    )
    keys = [str(number) for number in range(40)]
    for start in range(0, 40, 10):
        await place.write(*keys[start : start + 10])
        for pid in children("dynoxide"):
            os.kill(pid, signal.SIGKILL)
    await place.until_seen(set(keys))
    assert [key for _, key in place.seen()] == keys


@pytest.mark.parametrize("factor", [1, 10])
async def test_environments_killed_in_the_middle_of_batches(place: Place, factor: int) -> None:
    """Their batches are repeated: every record is seen to the end at least once."""
    stream = await place.prepare()
    await place.call(
        "lambda",
        "create_event_source_mapping",
        EventSourceArn=stream,
        FunctionName="seer",
        StartingPosition="LATEST",
        BatchSize=2,
        ParallelizationFactor=factor,
    )
    keys = [str(number) for number in range(30)]
    for start in range(0, 30, 10):
        await place.write(*keys[start : start + 10])
        for pid in {pid for pid, _ in place.seen()}:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        place.rig.clock.advance(1)
    place.rig.clock.advance(60)
    await place.until_seen(set(keys))


async def test_disabled_and_enabled_while_it_is_written_to(place: Place) -> None:
    stream = await place.prepare()
    made = await place.call(
        "lambda",
        "create_event_source_mapping",
        EventSourceArn=stream,
        FunctionName="seer",
        StartingPosition="LATEST",
        BatchSize=1,
    )
    keys = [str(number) for number in range(20)]
    for number, key in enumerate(keys):
        await place.write(key)
        enabled = bool(number % 2)
        await place.call("lambda", "update_event_source_mapping", UUID=made["UUID"], Enabled=enabled)
    await place.until_seen(set(keys))
    assert [key for _, key in place.seen()] == keys


async def test_a_message_sent_through_the_rig_reaches_the_function(place: Place) -> None:
    await place.prepare()
    queue = (await place.call("sqs", "create_queue", QueueName="jobs"))["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:000000000000:jobs"
    await place.call("lambda", "create_event_source_mapping", EventSourceArn=arn, FunctionName="seer")
    await place.call("sqs", "send_message", QueueUrl=queue, MessageBody="one")
    topic = (await place.call("sns", "create_topic", Name="news"))["TopicArn"]
    raw = {"RawMessageDelivery": "true"}
    await place.call("sns", "subscribe", TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw)
    await place.call("sns", "publish", TopicArn=topic, Message="two")
    await place.until_seen({"one", "two"})


async def test_an_upstream_killed_and_started_again(tmp_path: Path) -> None:
    """The tables are another process's, whose streams are polled: what it acknowledged reaches the function in order.

    The upstream is a rig, which keeps its streams over a restart.
    """
    upstream = background.start(Config(tmp_path / "upstream", port=0))
    again = Config(tmp_path / "upstream", port=int(upstream.url.rpartition(":")[2]), tls_port=0)
    keys = [str(number) for number in range(40)]
    try:
        async with Rig(Config(tmp_path / "rig", port=0, upstream=upstream.url)) as rig:
            place = Place(rig, tmp_path)
            stream = await place.prepare()
            await place.call(
                "lambda",
                "create_event_source_mapping",
                EventSourceArn=stream,
                FunctionName="seer",
                StartingPosition="TRIM_HORIZON",
                BatchSize=3,
            )
            for start in range(0, 40, 10):
                await place.write(*keys[start : start + 10])
                os.kill(upstream.pid, signal.SIGKILL)
                await asyncio.to_thread(os.waitpid, upstream.pid, 0)
                upstream = background.start(again)
            await place.until_seen(set(keys))
            assert [key for _, key in place.seen()] == keys
    finally:
        background.stop(tmp_path / "upstream", upstream)
