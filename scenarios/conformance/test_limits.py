"""Rows of aws-behaviour §3.2, §5.4, §6.2, §7 and §9.3 that need time to pass or limits to count: on a rig of their own,
with throttling switched on and a clock that is moved.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from scenarios.conformance.client import call, connection_id, dialled, hear, message_of, refusal, say, told_of
from scenarios.conformance.clocked import advance, clocked_rig
from scenarios.conformance.deployment import STAGE, Deployment
from scenarios.patience import PATIENCE_S

pytestmark = pytest.mark.needs("clock")

MINUTE_S = 60
NOTHING = {"ThrottlingRateLimit": 0, "ThrottlingBurstLimit": 0}


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """What the other tests talk to, deployed on a rig that throttles."""
    with clocked_rig(tmp_path_factory.mktemp("limits"), {"CLOUDRIG_THROTTLING": "on"}) as target:
        yield Deployment(functools.cache(target.session().client), target=target).deploy()


async def closed_with(client: ClientConnection) -> tuple[int, str]:
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


async def test_idle(limited: Deployment) -> None:
    """§6.2, row: "10-minute idle": 1001, `Going away`; client and `$disconnect` see the same."""
    async with dialled(limited.websocket("plain")) as client:
        gone = await connection_id(client)
        advance(limited.target, 10 * MINUTE_S - 5)
        assert await connection_id(client) == gone
        advance(limited.target, 10 * MINUTE_S)
        assert (await closed_with(client))[0] == 1001
    assert await told_of(limited, gone) == (1001, "Going away")


async def test_two_hours(limited: Deployment) -> None:
    """§6.2, row: "2-hour limit": 1001 (the reason is U), however busy the connection is."""
    async with dialled(limited.websocket("plain")) as client:
        gone = await connection_id(client)
        for _ in range(13):
            advance(limited.target, 9 * MINUTE_S)
            assert await connection_id(client) == gone
        advance(limited.target, 4 * MINUTE_S)
        assert (await closed_with(client))[0] == 1001
    assert (await told_of(limited, gone))[0] == 1001


async def test_throttled_handshake(limited: Deployment) -> None:
    """§3.2, row: "Throttled": 429."""
    gateway = limited.aws("apigatewayv2")
    where = {"ApiId": limited.apis["signed"], "StageName": STAGE}
    await asyncio.to_thread(gateway.update_stage, **where, RouteSettings={"$connect": NOTHING})
    assert (await refusal(limited.websocket("signed")))[0] == 429


@pytest.mark.unverified
async def test_throttled_message(limited: Deployment) -> None:
    """§5.4, row: "`Too Many Requests`": throttled (U text); the socket stays open."""
    gateway = limited.aws("apigatewayv2")
    where = {"ApiId": limited.apis["plain"], "StageName": STAGE}
    async with dialled(limited.websocket("plain")) as client:
        await asyncio.to_thread(gateway.update_stage, **where, RouteSettings={"mute": NOTHING})
        assert message_of(await say(client, "mute")) == "Too Many Requests"
        assert await connection_id(client)


async def test_throttled_request(limited: Deployment) -> None:
    """§9.3, row: 429 `Too Many Requests`, TooManyRequestsException."""
    operations = [
        {"op": "replace", "path": f"/~1ok/GET/throttling/{limit}", "value": "0"}
        for limit in ("rateLimit", "burstLimit")
    ]
    where = {"restApiId": limited.apis["rest"], "stageName": STAGE}
    await asyncio.to_thread(limited.aws("apigateway").update_stage, **where, patchOperations=operations)
    answer = await call(limited, "GET", "ok")
    assert (answer.status, answer.content) == (429, {"message": "Too Many Requests"})
    assert answer.error_type == "TooManyRequestsException"


async def test_client_that_does_not_read(limited: Deployment) -> None:
    """§7, row: "`LimitExceededException`" 429: rate, or the client's buffer is full."""
    async with dialled(limited.websocket("plain"), max_queue=1) as client:
        to = await connection_id(client)
        client.transport.pause_reading()
        callbacks = limited.callbacks()

        def flood() -> None:
            for _ in range(500):
                callbacks.post_to_connection(ConnectionId=to, Data=b"x" * 100_000)

        with pytest.raises(ClientError) as raised:
            await asyncio.to_thread(flood)
        client.transport.resume_reading()
        assert raised.value.response["Error"]["Code"] == "LimitExceededException"
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
        assert set(await hear(client)) == {"x"}
