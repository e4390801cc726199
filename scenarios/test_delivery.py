"""Delivery through failures: what becomes of a message when its recipients, or the function that posts it, fail.

The failures are made on the way: the function is told to post to a relay of the scenario's own, which passes posts on
to the callback API, or does not.
"""

from __future__ import annotations

import asyncio
import functools
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from botocore.exceptions import ClientError

from cloudrig.pytest_plugin import Clients
from cloudrig.targets import Target
from scenarios.client import ChatClient
from scenarios.patience import until
from scenarios.stacks import stack
from scenarios.story import Chat

pytestmark = [pytest.mark.needs("loopback"), pytest.mark.xdist_group("delivery")]

HANG = 0
"""As a status: no answer."""


@dataclass
class Relay:
    """Passes posts on to the callback API, but for those that it has an answer of its own for."""

    api: Any
    scripts: dict[str, deque[int]] = field(default_factory=lambda: defaultdict(deque))
    always: dict[str, int] = field(default_factory=dict)
    posts: list[tuple[str, int]] = field(default_factory=list)
    """Connection ids, with how the post was answered."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Ends what hangs."""

    async def post(self, request: web.Request) -> web.Response:
        connection_id, body = request.match_info["id"], await request.read()
        script = self.scripts[connection_id]
        status = script.popleft() if script else self.always.get(connection_id)
        if status is None:
            status = await self._pass_on(connection_id, body)
        self.posts.append((connection_id, status))
        if status == HANG:
            await self.over.wait()
        return web.Response(status=status)

    async def close(self, request: web.Request) -> web.Response:
        await asyncio.to_thread(self.api.delete_connection, ConnectionId=request.match_info["id"])
        return web.Response(status=204)

    def how(self, connection_id: str) -> list[int]:
        return [status for posted, status in self.posts if posted == connection_id]

    async def _pass_on(self, connection_id: str, body: bytes) -> int:
        try:
            await asyncio.to_thread(self.api.post_to_connection, ConnectionId=connection_id, Data=body)
        except ClientError as error:
            status: int = error.response["ResponseMetadata"]["HTTPStatusCode"]
            return status
        return 200


@dataclass(frozen=True)
class Deployed:
    """A chat whose posts go over a relay."""

    outputs: dict[str, Any]
    relay: Relay
    function: str
    """The one that posts messages."""
    reconfigure: Callable[..., None]
    """Change the function's configuration."""


@asynccontextmanager
async def deployed_with(fanout: str, target: Target, aws: Clients) -> AsyncIterator[Deployed]:
    async with stack(target, FANOUT=fanout, PRESENCE="off") as outputs:
        relay = Relay(target.session().client("apigatewaymanagementapi", endpoint_url=str(outputs["callback_url"])))
        runner = await _serve(relay)
        function = outputs["functions"]["fan-out" if fanout == "stream" else "send-message"]
        update = functools.partial(aws("lambda").update_function_configuration, FunctionName=function)
        environment = aws("lambda").get_function_configuration(FunctionName=function)["Environment"]["Variables"]
        environment["CALLBACK_URL"] = f"http://127.0.0.1:{runner.addresses[0][1]}/prod"
        await asyncio.to_thread(update, Environment={"Variables": environment})
        try:
            yield Deployed(outputs, relay, function, update)
        finally:
            relay.over.set()
            await runner.cleanup()


async def _serve(relay: Relay) -> web.AppRunner:
    application = web.Application()
    application.router.add_post("/prod/@connections/{id}", relay.post)
    application.router.add_delete("/prod/@connections/{id}", relay.close)
    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner


@pytest.fixture(scope="module", params=["stream", "direct"])
async def deployed(request: pytest.FixtureRequest, target: Target, aws: Clients) -> AsyncIterator[Deployed]:
    """One for each way to fan out, removed at the end."""
    async with deployed_with(request.param, target, aws) as each:
        yield each


@pytest.fixture
async def chat(deployed: Deployed, aws: Clients) -> AsyncIterator[Chat]:
    async with Chat(deployed.outputs, aws) as chat:
        yield chat


@pytest.fixture
def relay(deployed: Deployed) -> Relay:
    return deployed.relay


async def connection_id(chat: Chat, client: ChatClient) -> str:
    return str((await chat.row(client))["connectionId"]["S"])


async def test_a_throttled_post_is_tried_again(chat: Chat, relay: Relay) -> None:
    """429 and 500 are no reason to leave anybody out, nor to forget them."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    relay.scripts[await connection_id(chat, bob)].extend([429, 500, 429])
    sent = await ann.say("again and again")
    await bob.expect("message", messageId=sent["messageId"])
    assert relay.how(await connection_id(chat, bob))[:4] == [429, 500, 429, 200]


async def test_one_who_does_not_answer_holds_up_nobody(chat: Chat, relay: Relay) -> None:
    """All others hear the message while the post to one is still waited for; that one's connection is closed, so that
    its client comes back and reads what it missed.
    """
    ann, bob, eve = await chat.join("lobby", "ann", "bob", "eve")
    slow = await connection_id(chat, eve)
    relay.always[slow] = HANG
    saying = asyncio.create_task(ann.say("is everybody there?"))
    message = await bob.expect("message", username=ann.username)
    await ann.expect("message", messageId=message["messageId"])
    assert set(relay.how(slow)) <= {HANG}
    await eve.until_closed()
    await saying
    again = await chat.connect(guest=eve.username.removeprefix("~"))
    assert message["messageId"] in [each["messageId"] for each in (await again.history())["messages"]]


async def test_only_who_is_gone_is_forgotten(chat: Chat, relay: Relay) -> None:
    """Of the answers that a post can have, 410 alone removes a connection: neither 403 nor 413 does."""
    ann, bob, eve, joe = await chat.join("lobby", "ann", "bob", "eve", "joe")
    for person, status in ((bob, 403), (eve, 413), (joe, 410)):
        await chat.put_back(await chat.row(person))
        relay.scripts[await connection_id(chat, person)].append(status)
    await ann.say("who is there?")
    await chat.until_forgotten(joe)
    sent = await ann.say("and now?")
    for person in (bob, eve):
        await person.expect("message", messageId=sent["messageId"])
        assert await chat.row(person)


async def test_an_order_is_kept_through_failures(chat: Chat, relay: Relay) -> None:
    """What one says reaches a connection in trouble in the order in which it was said."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    relay.scripts[await connection_id(chat, bob)].extend([503, 429])
    said = [(await ann.say(f"number {number}"))["messageId"] for number in range(5)]
    assert [(await bob.expect("message", username=ann.username))["messageId"] for _ in said] == said


async def test_a_function_killed_in_mid_fan_out_loses_nothing(chat: Chat, relay: Relay, deployed: Deployed) -> None:
    """Lambda ends a function that takes too long, with some told and some not. By the stream the batch is handed in
    again: everybody hears it, those who had heard it once more, under the same id. Direct fan-out promises the
    history: https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
    """
    ann, bob, eve = await chat.join("lobby", "ann", "bob", "eve")
    stuck = await connection_id(chat, eve)
    await asyncio.to_thread(deployed.reconfigure, Timeout=1)
    try:
        relay.scripts[stuck].append(HANG)
        await ann.send('{"action": "sendMessage", "text": "last words"}')
        first = await bob.expect("message", username=ann.username)
        page = await until(eve.history, lambda page: _has(page, first), "the message is in the history")
        assert _has(page, first)
        if "fan-out" in deployed.function:
            assert await eve.expect("message", messageId=first["messageId"]) == first
            assert await bob.expect("message", messageId=first["messageId"]) == first
            assert relay.how(stuck)[0] == HANG
    finally:
        await asyncio.to_thread(deployed.reconfigure, Timeout=30)


def _has(page: dict[str, Any], message: dict[str, Any]) -> bool:
    return message["messageId"] in [each["messageId"] for each in page["messages"]]
