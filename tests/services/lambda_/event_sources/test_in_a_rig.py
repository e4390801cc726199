"""A whole rig, parts of which or whose upstream are killed in the middle of batches and of uploads: no record is lost,
the caller is answered, and nothing is left half done.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import zipfile
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudrig import background
from cloudrig.engine.config import Config
from cloudrig.rig import Rig
from tests import rigs
from tests.services.lambda_.harness import until

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
        return await rigs.call(self.rig, service, operation, **members)

    async def create(self, name: str, code: dict[str, Any], **settings: Any) -> None:
        function = {"Runtime": "python3.13", "Handler": "m.handler", "Role": "arn:aws:iam::000000000000:role/r"}
        await self.call("lambda", "create_function", FunctionName=name, Code=code, **function, **settings)

    async def map(self, stream: str, **settings: Any) -> str:
        """Map a stream to `seer`, from now on; the mapping's UUID."""
        given = {"EventSourceArn": stream, "FunctionName": "seer", "StartingPosition": "LATEST", **settings}
        uuid: str = (await self.call("lambda", "create_event_source_mapping", **given))["UUID"]
        return uuid

    async def prepare(self) -> str:
        """The function `seer` and a streamed table; the stream's ARN."""
        seen = {"Variables": {"SEEN": str(self._seen)}}
        await self.create("seer", {"ZipFile": package(SOURCE)}, Environment=seen)
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
        await until(lambda: keys <= {key for _, key in self.seen()}, f"that {keys} were seen")

    def packages(self) -> set[str]:
        """What lies in the store of packages."""
        return {path.name for path in (self.rig.config.data_dir / "functions").iterdir()}


def package(source: str, size: int = 0) -> bytes:
    """An archive with `m.py`, and a file of so many zeros."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("m.py", source)
        archive.writestr("zeros", bytes(size))
    return content.getvalue()


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


def kill(pids: Iterable[int]) -> None:
    for pid in set(pids):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


# --- in the middle of a batch ---------------------------------------------------------------------------------------


async def test_dynoxide_killed_in_the_middle_of_batches(place: Place) -> None:
    """What was acknowledged reaches the function, each record once and in the order of its key."""
    await place.map(await place.prepare())
    keys = [str(number) for number in range(40)]
    for start in range(0, 40, 10):
        await place.write(*keys[start : start + 10])
        kill(children("dynoxide"))
    await place.until_seen(set(keys))
    assert [key for _, key in place.seen()] == keys


@pytest.mark.parametrize("factor", [1, 10])
async def test_environments_killed_in_the_middle_of_batches(place: Place, factor: int) -> None:
    """Their batches are repeated: every record is seen to the end at least once."""
    await place.map(await place.prepare(), BatchSize=2, ParallelizationFactor=factor)
    keys = [str(number) for number in range(30)]
    for start in range(0, 30, 10):
        await place.write(*keys[start : start + 10])
        kill(pid for pid, _ in place.seen())
        place.rig.clock.advance(1)
    place.rig.clock.advance(60)
    await place.until_seen(set(keys))


async def test_the_fork_server_killed_in_the_middle_of_batches(place: Place) -> None:
    """And with it the environment that it forked: the next one starts without it, and it comes back."""
    await place.map(await place.prepare(), BatchSize=2)
    killed: set[int] = set()
    keys = [str(number) for number in range(20)]
    for start in (0, 10):
        await place.write(*keys[start : start + 10])
        killed |= set(children("template.py"))
        kill([*children("template.py"), *(pid for pid, _ in place.seen())])
        place.rig.clock.advance(1)
    place.rig.clock.advance(60)
    await place.until_seen(set(keys))
    await place.create("other", {"ZipFile": package("def handler(event, context): return event")})
    assert (await place.call("lambda", "invoke", FunctionName="other", Payload=b"1"))["Payload"].read() == b"1"
    await until(lambda: set(children("template.py")) - killed, "that the fork server was back")


async def test_disabled_and_enabled_while_it_is_written_to(place: Place) -> None:
    uuid = await place.map(await place.prepare(), BatchSize=1)
    keys = [str(number) for number in range(20)]
    for number, key in enumerate(keys):
        await place.write(key)
        enabled = bool(number % 2)
        await place.call("lambda", "update_event_source_mapping", UUID=uuid, Enabled=enabled)
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
            await place.map(await place.prepare(), StartingPosition="TRIM_HORIZON", BatchSize=3)
            for start in range(0, 40, 10):
                await place.write(*keys[start : start + 10])
                os.kill(upstream.pid, signal.SIGKILL)
                await asyncio.to_thread(os.waitpid, upstream.pid, 0)
                upstream = background.start(again)
            await place.until_seen(set(keys))
            assert [key for _, key in place.seen()] == keys
    finally:
        background.stop(tmp_path / "upstream", upstream)


# --- in the middle of an upload -------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["environment", "template.py", "dynoxide", "moto_server"])
async def test_a_part_killed_while_a_package_is_unpacked(place: Place, part: str) -> None:
    """The update goes on, records that come meanwhile are not lost, and the new code runs."""
    await place.map(await place.prepare())
    await place.write("before")
    await place.until_seen({"before"})
    code = package(f"{SOURCE}    return 'new'", 100_000_000)
    update = place.call("lambda", "update_function_code", FunctionName="seer", ZipFile=code)
    updating = asyncio.ensure_future(update)
    await until(lambda: any(name.endswith(".unfinished") for name in place.packages()), "that it was being unpacked")
    kill([pid for pid, _ in place.seen()] if part == "environment" else children(part))
    await place.write("meanwhile")
    assert (await updating)["CodeSize"] == len(code)
    place.rig.clock.advance(60)
    await place.until_seen({"before", "meanwhile"})
    event = json.dumps({"Records": [{"body": "after"}]}).encode()
    assert (await place.call("lambda", "invoke", FunctionName="seer", Payload=event))["Payload"].read() == b'"new"'
    await until(lambda: len(place.packages()) == 2, "that the old package was gone")


async def test_s3_killed_while_a_package_is_read(place: Place) -> None:
    """The caller is told, nothing of the function is left, and the next try succeeds."""
    code, there = package("def handler(event, context): return event"), {"S3Bucket": "packages", "S3Key": "p"}

    async def store() -> None:
        await place.call("s3", "create_bucket", Bucket="packages")
        await place.call("s3", "put_object", Bucket="packages", Key="p", Body=code)

    await store()
    (moto,) = children("moto_server")
    port = int(place.rig.upstream.url.rpartition(":")[2])
    os.kill(moto, signal.SIGSTOP)
    creating = asyncio.ensure_future(place.create("f", there))
    await until(lambda: unread(port), "that the package was asked for")
    kill([moto])
    with pytest.raises(ClientError) as refused:
        await creating
    # The SDK tries again what ends with ServiceException, and may find moto back and empty.
    assert refused.value.response["Error"]["Code"] in ("ServiceException", "InvalidParameterValueException")
    assert place.packages() == set()
    await store()
    await place.create("f", there)
    assert (await place.call("lambda", "invoke", FunctionName="f", Payload=b"1"))["Payload"].read() == b"1"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/2015-03-31/functions"),
        ("PUT", "/2015-03-31/functions/seer/code"),
        ("POST", "/2018-10-31/layers/half/versions"),
    ],
)
async def test_a_client_that_goes_away_in_the_middle_of_an_upload(
    place: Place, caplog: pytest.LogCaptureFixture, method: str, path: str
) -> None:
    """Nothing of it is there, and nobody else notices."""
    await place.prepare()
    before = place.packages(), await place.call("lambda", "get_function_configuration", FunctionName="seer")
    host, port = place.rig.addresses.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 9000000\r\n\r\n".encode())
    writer.write(b'{"FunctionName": "half", "ZipFile": "' + b"A" * 4_000_000)
    await writer.drain()
    writer.transport.abort()
    names = [one["FunctionName"] for one in (await place.call("lambda", "list_functions"))["Functions"]]
    layers = (await place.call("lambda", "list_layers"))["Layers"]
    after = place.packages(), await place.call("lambda", "get_function_configuration", FunctionName="seer")
    assert (names, layers) == (["seer"], [])
    assert before[0] == after[0]
    assert before[1]["RevisionId"] == after[1]["RevisionId"]
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def unread(port: int) -> bool:
    """Whether bytes or connections wait at a local port whose process stands still."""
    sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(one[1].endswith(f":{port:04X}") and not one[4].endswith(":00000000") for one in sockets)
