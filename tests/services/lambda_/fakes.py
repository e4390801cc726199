"""Small stand-ins for what the Lambda service is given: logs, streams, the upstream; and a gate for handlers."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.interfaces import Invocation, LogEvent, ShardEnded, StreamGone, StreamRecord
from cloudrig.engine.messages import Request, Response
from cloudrig.engine.names import Scope
from cloudrig.services.lambda_.naming import FunctionRef

STREAM = "arn:aws:dynamodb:us-east-1:000000000000:table/things/stream/2026-11-20T10:00:00.000"
SHARD = "shardId-00000000000000000001-a"


@dataclass
class FakeLogSink:
    """Keeps what is put, by group and stream."""

    puts: list[tuple[str, str, list[str]]] = field(default_factory=list)

    def put(self, scope: Scope, group: str, stream: str, events: Sequence[LogEvent]) -> None:
        self.puts.append((group, stream, [event.message for event in events]))

    async def flush(self) -> None: ...

    def messages(self, group: str) -> list[str]:
        return [text for name, _, texts in self.puts if name == group for text in texts]

    def streams(self, group: str) -> set[str]:
        return {stream for name, stream, _ in self.puts if name == group}


@dataclass
class FakeStreamReader:
    """One stream in memory, with the wake-up of the engine's own."""

    now: Callable[[], float] = lambda: 0.0
    gone: bool = False
    away: bool = False
    """Whether the upstream that keeps the stream went away after it was last seen."""
    failures: list[Exception] = field(default_factory=list)
    """What the next reads end with."""
    shard_failures: list[Exception] = field(default_factory=list)
    """What the next questions for shards end with."""
    parents: dict[str, Sequence[str]] = field(default_factory=dict)
    """By shard, those it came from."""
    closed: set[str] = field(default_factory=set)
    """Shards that get no more records."""
    logs: dict[str, list[StreamRecord]] = field(default_factory=lambda: defaultdict(list, {SHARD: []}))
    _wakers: list[asyncio.Future[None]] = field(default_factory=list)

    def write(self, *keys: str, shard: str = SHARD, size: int = 0) -> None:
        """Append a record per key (digits at its end are not part of the partition key), numbered from 1."""
        for key in keys:
            number = f"{len(self.logs[shard]) + 1:021d}"
            image = {"pk": {"S": key}} | ({"fill": {"S": "x" * size}} if size else {})
            record = {"eventID": number, "dynamodb": {"Keys": {"pk": {"S": key}}, "NewImage": image}}
            self.logs[shard].append(StreamRecord.of(number, self.now(), record, key.rstrip("0123456789")))
        wakers, self._wakers = self._wakers, []
        for waker in wakers:
            if not waker.done():
                waker.set_result(None)

    async def exists(self, stream_arn: str) -> bool:
        return stream_arn == STREAM and not self.gone

    async def shards(self, stream_arn: str) -> Mapping[str, Sequence[str]]:
        self._check()
        if self.shard_failures:
            raise self.shard_failures.pop(0)
        return {shard: self.parents.get(shard, ()) for shard in self.logs}

    async def latest(self, stream_arn: str, shard_id: str) -> str:
        self._check()
        return f"{len(self.logs[shard_id]):021d}"

    async def read(self, stream_arn: str, shard_id: str, after: str | None, limit: int) -> Sequence[StreamRecord]:
        self._check()
        if self.failures:
            raise self.failures.pop(0)
        found = [record for record in self.logs[shard_id] if after is None or record.sequence_number > after][:limit]
        if not found and shard_id in self.closed:
            raise ShardEnded
        return found

    async def at_timestamp(self, stream_arn: str, shard_id: str, seconds: float) -> str:
        self._check()
        return f"{sum(record.at < seconds for record in self.logs[shard_id]):021d}"

    def wake(self) -> None:
        self.write()

    async def wait(self, stream_arn: str) -> None:
        waker: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._wakers.append(waker)
        await waker

    def _check(self) -> None:
        if self.gone:
            raise StreamGone(STREAM)
        if self.away:
            raise UpstreamUnavailable("moto does not answer")


@dataclass
class FakeUpstream:
    """An S3 that holds objects by (bucket, key), queues and topics that keep what they get, and an event bus."""

    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    sent: list[dict[str, Any]] = field(default_factory=list)
    url: str = "http://127.0.0.1:1"

    async def forward(self, request: Request) -> Response:
        raise NotImplementedError

    async def call(self, service: str, operation: str, scope: Scope, **members: Any) -> dict[str, Any]:
        if operation in ("send_message", "publish", "put_events"):
            self.sent.append(members)
            return {}
        if operation == "get_queue_url":
            if members["QueueName"] == "absent":
                raise ClientError({"Error": {"Code": "QueueDoesNotExist", "Message": "no"}}, "GetQueueUrl")
            return {"QueueUrl": f"http://queues/{members['QueueOwnerAWSAccountId']}/{members['QueueName']}"}
        place = (members["Bucket"], members["Key"])
        if operation == "put_object":
            self.objects[place] = members["Body"]
            return {}
        if place not in self.objects:
            error = {"Error": {"Code": "NoSuchKey", "Message": "The specified key does not exist."}}
            raise ClientError(error, "GetObject")  # type: ignore[arg-type]  # as much of one as is read
        return {"Body": self.objects[place]}


@dataclass
class FakeFunction:
    """A function called by an event source mapping: answers from a script, then as `answer` says, or succeeds."""

    script: list[Invocation | Exception] = field(default_factory=list)
    answer: Callable[[bytes], Invocation] | None = None
    batches: list[bytes] = field(default_factory=list)
    hold: Callable[[], Awaitable[object]] | None = None

    async def invoke(self, ref: FunctionRef, payload: bytes, *, request_id: str | None = None) -> Invocation:
        self.batches.append(payload)
        if self.hold is not None:
            await self.hold()
        if not self.script:
            return self.answer(payload) if self.answer else Invocation(b"null")
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Gate:
    """Where a handler waits until the test lets it go on: it connects, says who it is and reads one byte."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._waiting: asyncio.Queue[tuple[str, asyncio.StreamWriter]] = asyncio.Queue()
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Gate:
        self._server = await asyncio.start_server(self._arrive, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()

    @property
    def address(self) -> str:
        assert self._server is not None
        return "{}:{}".format(*self._server.sockets[0].getsockname())

    @property
    def waiting(self) -> int:
        """How many have arrived that nobody has asked for."""
        return self._waiting.qsize()

    async def arrived(self) -> tuple[str, asyncio.StreamWriter]:
        """The next handler at the gate: what it said, and what `open` takes."""
        async with asyncio.timeout(30):
            return await self._waiting.get()

    async def open(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"!")
        await writer.drain()
        writer.close()

    async def _arrive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        name = (await reader.readline()).decode().strip()
        self._waiting.put_nowait((name, writer))
