"""moto as the default upstream: its own process, its own state, the rig's account."""

import asyncio
import errno
import os
import signal
from typing import Any

import pytest
from aiohttp import ClientSession
from botocore.exceptions import EndpointConnectionError
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from cloudrig.engine import enduring
from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.messages import Request
from cloudrig.engine.names import Scope
from cloudrig.engine.processes import Processes
from cloudrig.services.upstream.moto import Moto
from tests.services.lambda_.harness import until


async def test_two_rigs_do_not_see_each_others_resources() -> None:
    async with Processes() as processes:
        one, other = Moto(processes), Moto(processes)
        await asyncio.gather(one.start(), other.start())
        await one.call("s3", "create_bucket", Scope(), Bucket="only-here")
        buckets = await asyncio.gather(*(moto.call("s3", "list_buckets", Scope()) for moto in (one, other)))
        await asyncio.gather(one.close(), other.close())
    assert [len(found["Buckets"]) for found in buckets] == [1, 0]


async def test_the_account_is_the_rigs() -> None:
    async with Processes() as processes:
        moto = Moto(processes)
        await moto.start()
        identity = await moto.call("sts", "get_caller_identity", Scope())
        await moto.close()
    assert identity["Account"] == "000000000000"


@pytest.mark.parametrize("asked", [True, False])
async def test_closed_it_is_gone(asked: bool) -> None:
    """Also where it had only begun to start."""
    async with Processes() as processes:
        moto = Moto(processes)
        await moto.start()
        if asked:
            await moto.call("sts", "get_caller_identity", Scope())
        await until(lambda: processes.groups)
        (group,) = processes.groups
        await moto.close()
        with pytest.raises(ProcessLookupError):
            os.kill(group, 0)


async def test_texts_that_terraform_compares_are_as_aws_writes_them() -> None:
    """SQS shows a redrive policy without spaces; a stream has the tags that it was made with."""
    async with Processes() as processes:
        moto, dead = Moto(processes), "arn:aws:sqs:us-east-1:000000000000:dead"
        await moto.start()
        policy = f'{{"deadLetterTargetArn":"{dead}","maxReceiveCount":3}}'
        await moto.call("sqs", "create_queue", Scope(), QueueName="dead")
        queue = await moto.call("sqs", "create_queue", Scope(), QueueName="q", Attributes={"RedrivePolicy": policy})
        shown = await moto.call(
            "sqs", "get_queue_attributes", Scope(), QueueUrl=queue["QueueUrl"], AttributeNames=["RedrivePolicy"]
        )
        await moto.call("kinesis", "create_stream", Scope(), StreamName="s", ShardCount=1, Tags={"k": "v"})
        tags = await moto.call("kinesis", "list_tags_for_stream", Scope(), StreamName="s")
        await moto.close()
    assert shown["Attributes"]["RedrivePolicy"] == policy
    assert tags["Tags"] == [{"Key": "k", "Value": "v"}]


async def test_when_it_is_killed_another_takes_its_place() -> None:
    async with Processes() as processes:
        moto = Moto(processes)
        await moto.start()
        await moto.call("s3", "create_bucket", Scope(), Bucket="gone-with-it")
        first = moto.url
        (group,) = processes.groups
        os.kill(group, signal.SIGKILL)
        async with asyncio.timeout(30):
            while True:
                try:
                    buckets = await moto.call("s3", "list_buckets", Scope())
                    break
                except EndpointConnectionError:  # the call was on its way
                    continue
        assert moto.url != first
        await moto.close()
    assert buckets["Buckets"] == []


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example:{port}"}],
)
async def test_web_pages_are_not_let_in_past_the_engine(headers: dict[str, str]) -> None:
    async with Processes() as processes:
        moto = Moto(processes)
        await moto.start()
        await moto.call("s3", "list_buckets", Scope())
        sent = {name: value.format(port=URL(moto.url).port) for name, value in headers.items()}
        async with ClientSession() as session, session.get(moto.url, headers=sent) as answer:
            direct = answer.status
        by_engine = CIMultiDictProxy(CIMultiDict({"Host": "127.0.0.1:4566", "Origin": "http://localhost:5173"}))
        passed_on = await moto.forward(Request("GET", "/", headers=by_engine))
        await moto.close()
    assert (direct, passed_on.status) == (403, 200)


async def test_closing_while_it_starts_leaves_nothing() -> None:
    async with Processes() as processes:
        moto = Moto(processes)
        await moto.start()
        await moto.close()


async def test_roles_can_be_looked_for_while_others_are_made() -> None:
    """As every deployment does."""
    async with Processes() as processes:
        moto = Moto(processes)
        await moto.start()

        async def make(number: int) -> None:
            await moto.call("iam", "create_role", Scope(), RoleName=f"r{number}", AssumeRolePolicyDocument="{}")
            await moto.call("iam", "get_role", Scope(), RoleName=f"r{number}")

        await asyncio.gather(*(make(number) for number in range(60)))
        await moto.close()


class NoneAtFirst(Processes):
    """Processes that cannot be had the first time."""

    refusals = 1

    async def start(self, *arguments: Any, **options: Any) -> asyncio.subprocess.Process:
        if self.refusals:
            self.refusals -= 1
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        return await super().start(*arguments, **options)


async def test_a_start_that_fails_is_told_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enduring, "FIRST_PAUSE_S", 0.001)
    async with NoneAtFirst() as processes:
        moto = Moto(processes)
        await moto.start()
        with pytest.raises(UpstreamUnavailable, match="temporarily"):
            await moto.call("s3", "list_buckets", Scope())
        async with asyncio.timeout(30):
            while True:
                try:
                    assert (await moto.call("s3", "list_buckets", Scope()))["Buckets"] == []
                    break
                except UpstreamUnavailable:
                    await asyncio.sleep(0)
        await moto.close()


async def test_an_event_that_cannot_be_passed_on_does_not_cost_all_that_moto_holds(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def breaks(function: str, payload: bytes, principal: str, source: str) -> None:
        raise LookupError("a bug of the engine's")

    async with Processes() as processes:
        moto = Moto(processes, breaks)
        await moto.start()
        topic = (await moto.call("sns", "create_topic", Scope(), Name="news"))["TopicArn"]
        endpoint = "arn:aws:lambda:us-east-1:000000000000:function:reader"
        await moto.call("sns", "subscribe", Scope(), TopicArn=topic, Protocol="lambda", Endpoint=endpoint)
        await moto.call("sns", "publish", Scope(), TopicArn=topic, Message="hello")
        await until(lambda: "a bug of the engine's" in caplog.text)
        assert [one["TopicArn"] for one in (await moto.call("sns", "list_topics", Scope()))["Topics"]] == [topic]
        await moto.close()
