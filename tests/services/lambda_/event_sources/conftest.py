"""A mapping on a bench, and a Lambda service in front of a real moto."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cloudrig.engine.clock import Clock
from cloudrig.engine.messages import Request
from cloudrig.engine.names import Scope
from cloudrig.engine.processes import Processes
from cloudrig.services.upstream.kinesis import KinesisReader
from cloudrig.services.upstream.moto import Moto
from tests.services.lambda_.conftest import lambda_service
from tests.services.lambda_.event_sources.bench import Bench
from tests.services.lambda_.harness import Api

_names = itertools.count(1)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    await bench.tasks.close()


@pytest.fixture(scope="module")
async def moto() -> AsyncIterator[Moto]:
    async with Processes() as processes:
        upstream = Moto(processes)
        await upstream.start()
        yield upstream
        await upstream.close()


@dataclass
class Cloud:
    """Lambda and moto; what is sent through it wakes the mappings, as what passes the rig's front door does."""

    api: Api
    moto: Moto
    scope: Scope = Scope()

    async def call(self, service: str, operation: str, **members: Any) -> dict[str, Any]:
        return await self.moto.call(service, operation, self.scope, **members)

    async def queue(self, **attributes: str) -> tuple[str, str]:
        """URL and ARN of a new queue."""
        name = f"q{next(_names)}" + (".fifo" if attributes.get("FifoQueue") else "")
        url = (await self.call("sqs", "create_queue", QueueName=name, Attributes=attributes))["QueueUrl"]
        return url, f"arn:aws:sqs:us-east-1:000000000000:{name}"

    async def send(self, url: str, *bodies: str, **members: Any) -> None:
        for body in bodies:
            await self.call("sqs", "send_message", QueueUrl=url, MessageBody=body, **members)
        self.api.service.passed_on("sqs", Request("POST", "/", body=f'{{"QueueUrl": "{url}"}}'.encode()))

    async def messages(self, url: str) -> list[str]:
        """Bodies of the messages that a queue has and nobody holds."""
        found = await self.call("sqs", "receive_message", QueueUrl=url, MaxNumberOfMessages=10)
        return [message["Body"] for message in found.get("Messages", [])]

    async def count(self, url: str) -> tuple[int, int]:
        """How many messages a queue has: visible, and held by somebody."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = await self.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=names)
        return int(found["Attributes"][names[0]]), int(found["Attributes"][names[1]])


@pytest.fixture
async def cloud(tmp_path: Path, moto: Moto) -> AsyncIterator[Cloud]:
    async with lambda_service(tmp_path, Clock(), forks=False, upstream=moto, kinesis=KinesisReader(moto)) as api:
        yield Cloud(api, moto)
