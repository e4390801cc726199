"""The handshake, messages and the end of a connection, with a real client (aws-behaviour §3, §4, §5, §6)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from cloudrig.services.apigateway.websocket import plane as websocket
from tests.services.apigateway.fakes import Event, Unhandled, echo, ok
from tests.services.apigateway.harness import INVOCATION_URI, Deployed, Harness, Route, tell_id

WEBSOCKET = {"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}


def raising(_event: Event) -> object:
    raise Unhandled("boom")


async def refused(api: Deployed, query: str = "", **options: Any) -> tuple[int, dict[str, Any]]:
    """Status and JSON body of a handshake that must fail."""
    with pytest.raises(InvalidStatus) as raised:
        async with api.connect(query, **options):
            pass
    response = raised.value.response
    return response.status_code, json.loads(response.body or b"{}")


@asynccontextmanager
async def talking(harness: Harness, **routes: Route) -> AsyncIterator[ClientConnection]:
    api = await harness.deploy(routes)
    async with api.connect() as client:
        yield client


# --- §3 the handshake ------------------------------------------------------------------------------------------------


async def test_connect_route_is_optional(harness: Harness) -> None:
    """§3.1: with no `$connect` route the connection simply opens."""
    async with talking(harness, echo=Route(echo, answers=True)) as client:
        await client.send('{"action": "echo"}')
        assert await client.recv() == '{"action": "echo"}'


async def test_upgrade_waits_for_connect(harness: Harness) -> None:
    """§3.1: the 101 comes after `$connect` has answered; before it, a post to the connection is 410."""
    api = await harness.deploy({})
    statuses: list[int] = []

    async def post_to_oneself(event: Event) -> object:
        status, _ = await api.callback("POST", event["requestContext"]["connectionId"], b"hello")
        statuses.append(status)
        return {"statusCode": 200}

    await api.add("$connect", Route(post_to_oneself))
    async with api.connect():
        assert statuses == [410]


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 500, 503])
async def test_handler_refuses(harness: Harness, status: int) -> None:
    """§3.2: a status outside 2xx from `$connect` is the handshake's, with the body the handler gave."""
    api = await harness.deploy({"$connect": lambda _: {"statusCode": status, "body": '{"why": "no"}'}})
    assert await refused(api) == (status, {"why": "no"})


async def test_handler_refuses_without_a_body(harness: Harness) -> None:
    """§3.2: the gateway's own body names the connection and the request."""
    api = await harness.deploy({"$connect": lambda _: {"statusCode": 403}})
    status, body = await refused(api)
    context = harness.invoker.events[0]["requestContext"]
    assert status == 403
    assert body == {
        "message": "Forbidden",
        "connectionId": context["connectionId"],
        "requestId": context["requestId"],
    }


@pytest.mark.parametrize(
    "answer", [None, "ok", {}, {"statusCode": 200, "extra": 1}, b"{", {"statusCode": "x"}, {"statusCode": 101}]
)
async def test_malformed_connect_answer(harness: Harness, answer: object) -> None:
    """§3.2: a malformed or absent answer of `$connect` is 502."""
    api = await harness.deploy({"$connect": lambda _: answer})
    status, body = await refused(api)
    assert (status, body["message"]) == (502, "Internal server error")


async def test_connect_throws(harness: Harness) -> None:
    """§3.2: a handler that throws is 502."""
    api = await harness.deploy({"$connect": raising})
    assert (await refused(api))[0] == 502


@pytest.mark.unverified
async def test_connect_times_out(harness: Harness) -> None:
    """§3.2: `$connect` past its integration timeout is 504."""
    never = asyncio.Event()
    api = await harness.deploy({"$connect": Route(lambda _: never.wait(), integration={"TimeoutInMillis": 50})})
    status, body = await refused(api)
    assert (status, body["message"]) == (504, "Endpoint request timed out")


@pytest.mark.unverified
async def test_connect_function_may_not_be_invoked(harness: Harness) -> None:
    """§3.2: without permission for API Gateway the handshake fails with 500."""
    api = await harness.deploy({"$connect": ok})
    harness.invoker.functions.clear()
    status, body = await refused(api)
    assert (status, body["message"]) == (500, "Internal server error")


async def test_functions_are_invoked_for_their_route(harness: Harness) -> None:
    """§1.4: the resource policy sees principal `apigateway.amazonaws.com` and `{apiId}/{stage}/{routeKey}`."""
    api = await harness.deploy({"$connect": ok})
    async with api.connect():
        arn = f"arn:aws:execute-api:us-east-1:000000000000:{api.api_id}/prod/$connect"
        assert harness.invoker.source_arns == [arn]
        assert harness.invoker.principals == ["apigateway.amazonaws.com"]


@pytest.mark.unverified
async def test_the_longest_url(harness: Harness) -> None:
    """§2: a URL has at most 4,096 characters, as it would be on AWS."""
    api = await harness.deploy({"$connect": ok})
    address = f"wss://{api.api_id}.execute-api.us-east-1.amazonaws.com/prod"
    longest = "?" + "x" * (4096 - len(address) - 1)
    async with api.connect(longest):
        pass
    assert (await refused(api, longest + "x"))[0] == 414


async def test_unknown_stage_and_api(harness: Harness) -> None:
    """§2: an unknown stage or API refuses the handshake with 403, as does anything after the stage."""
    api = await harness.deploy({"a": ok})
    known = api.path.removesuffix("/prod")
    for path in (f"{known}/nope", "/_aws/execute-api/aaaaaaaaaa/prod", f"{known}/prod/more"):
        headers = {"Upgrade": "websocket", "Connection": "Upgrade"} | WEBSOCKET
        status, body = await harness.call("GET", path, headers=headers)
        assert (status, json.loads(body)["message"]) == (403, "Forbidden")


async def test_undeployed_stage(harness: Harness) -> None:
    """§1.7: a stage without a deployment is not reachable."""
    api = await harness.deploy({})
    assert (await refused(api))[0] == 403


async def test_a_stage_that_is_deleted_during_a_handshake(harness: Harness) -> None:
    """Nobody gets a connection of a stage that is no more."""
    go_on = asyncio.Event()

    async def wait(_event: Event) -> object:
        await go_on.wait()
        return {"statusCode": 200}

    api = await harness.deploy({"$connect": wait})
    handshake = asyncio.ensure_future(refused(api))
    await harness.events_of("CONNECT")
    await harness.control("DeleteStage", ApiId=api.api_id, StageName="prod")
    go_on.set()
    assert (await handshake)[0] == 403
    assert not harness.gateway._sockets.connections.all()


async def test_disabled_endpoint(harness: Harness) -> None:
    """§1.2: `disableExecuteApiEndpoint` closes the default endpoint of every stage."""
    api = await harness.deploy({"a": ok}, DisableExecuteApiEndpoint=True)
    assert (await refused(api))[0] == 403


async def test_plain_get(harness: Harness) -> None:
    """§2: a GET without upgrade is 426."""
    api = await harness.deploy({"a": ok})
    assert (await harness.call("GET", api.path))[0] == 426


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [("Sec-WebSocket-Version", "12", 426), ("Sec-WebSocket-Key", "short", 400), ("Connection", "keep-alive", 400)],
)
async def test_handshakes_that_are_none(harness: Harness, header: str, value: str, status: int) -> None:
    """RFC 6455 §4.2: another version is 426, a key that is none or a connection that is not to be upgraded 400;
    `$connect` is not asked.
    """
    api = await harness.deploy({"$connect": ok})
    headers = {"Upgrade": "websocket", "Connection": "Upgrade"} | WEBSOCKET | {header: value}
    assert (await harness.call("GET", api.path, headers=headers))[0] == status
    assert harness.invoker.events == []


async def test_subprotocol_is_the_handlers_choice(harness: Harness) -> None:
    """§3.3: the 101 carries the protocol that `$connect` returned."""
    answer = {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "chat.v2", "X-Other": "dropped"}}
    api = await harness.deploy({"$connect": lambda _: answer})
    async with api.connect(subprotocols=[Subprotocol("chat.v1"), Subprotocol("chat.v2")]) as client:
        assert client.subprotocol == "chat.v2"
        assert client.response is not None
        assert "X-Other" not in client.response.headers


async def test_no_subprotocol_unless_returned(harness: Harness) -> None:
    """§3.3: the gateway does not choose one by itself; no extension is negotiated either."""
    api = await harness.deploy({"$connect": ok})
    async with api.connect(subprotocols=[Subprotocol("chat.v1")]) as client:
        assert client.subprotocol is None
        assert client.response is not None
        assert "Sec-WebSocket-Extensions" not in client.response.headers


async def test_client_leaves_during_connect(harness: Harness) -> None:
    """§6.2: a client that is gone when `$connect` has answered is disconnected at once, with 1006."""
    started, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_event: Event) -> object:
        started.set()
        await go_on.wait()
        return {"statusCode": 200}

    api = await harness.deploy({"$connect": slow, "$disconnect": ok})
    connecting = asyncio.ensure_future(api.connect().__aenter__())
    await started.wait()
    connecting.cancel()
    await asyncio.wait([connecting])
    go_on.set()
    [event] = await harness.events_of("DISCONNECT")
    assert event["requestContext"]["disconnectStatusCode"] == 1006


# --- §4 messages -----------------------------------------------------------------------------------------------------


async def test_custom_default_and_reserved_keys(harness: Harness) -> None:
    """§4.2: the key's route; `$default` for unknown keys and what is no JSON; reserved keys are out of reach."""
    key = Route(lambda event: {"statusCode": 200, "body": event["requestContext"]["routeKey"]}, answers=True)
    api = await harness.deploy({"send": key, "$default": key, "$connect": ok, "$disconnect": ok})
    sent = ['{"action": "send"}', '{"action": "other"}', "hello", "[1]", '{"action": "$connect"}']
    async with api.connect() as client:
        received = []
        for message in [*sent, '{"action": "$disconnect"}', '{"action": "$default"}', "{}", ""]:
            await client.send(message)
            received.append(await client.recv())
    assert received == ["send"] + 8 * ["$default"]


async def test_no_route(harness: Harness) -> None:
    """§4.2, §5.4: no route and no `$default`: the `Forbidden` frame in its exact layout, and the socket stays open."""
    api = await harness.deploy({"id": Route(tell_id, answers=True)})
    async with api.connect() as client:
        connection_id = await api.connection_id(client)
        await client.send('{"action": "nope"}')
        frame = str(await client.recv())
        head = f'{{"message": "Forbidden", "connectionId":"{connection_id}", "requestId":"'
        assert frame.startswith(head)
        assert frame.endswith('"}')
        assert await api.connection_id(client) == connection_id


async def error_frame(harness: Harness, route: Route) -> str:
    """The message of the one error frame that a route call ends in; the socket must live on."""
    api = await harness.deploy({"bad": route, "echo": Route(echo, answers=True)})
    async with api.connect() as client:
        await client.send('{"action": "bad"}')
        content = json.loads(await client.recv())
        await client.send('{"action": "echo"}')
        assert await client.recv() == '{"action": "echo"}'
    assert list(content) == ["message", "connectionId", "requestId"]
    return str(content["message"])


@pytest.mark.parametrize("answers", [True, False])
async def test_function_throws(harness: Harness, answers: bool) -> None:
    """§5.4: `Internal server error`, route response or not."""
    assert await error_frame(harness, Route(raising, answers=answers)) == "Internal server error"


@pytest.mark.parametrize(
    "answer", [None, {"body": "x"}, {"statusCode": 200, "Data": 1}, {"statusCode": 200, "body": {}}]
)
async def test_malformed_answer(harness: Harness, answer: object) -> None:
    """§5.1: unknown keys, a missing status, a body that is no string."""
    assert await error_frame(harness, Route(lambda _: answer)) == "Internal server error"


async def test_function_missing(harness: Harness) -> None:
    """§5.4: a function that is missing or not permitted."""
    uri = INVOCATION_URI.format("arn:aws:lambda:us-east-1:000000000000:function:nobody")
    assert await error_frame(harness, Route(ok, integration={"IntegrationUri": uri})) == "Internal server error"


async def test_integration_times_out(harness: Harness) -> None:
    """§5.4: an integration past its timeout."""
    never = asyncio.Event()
    slow = Route(lambda _: never.wait(), integration={"TimeoutInMillis": 50})
    assert await error_frame(harness, slow) == "Endpoint request timed out"


@pytest.mark.parametrize("status", [200, 400, 500])
async def test_route_response_sends_the_body(harness: Harness, status: int) -> None:
    """§5.1: with a route response the body is sent whatever the status."""
    route = Route(lambda _: {"statusCode": status, "body": f"was {status}"}, answers=True)
    async with talking(harness, a=route) as client:
        await client.send('{"action": "a"}')
        assert await client.recv() == f"was {status}"


@pytest.mark.unverified
async def test_route_response_without_body(harness: Harness) -> None:
    """§5.1: an absent body gives an empty message."""
    async with talking(harness, a=Route(ok, answers=True)) as client:
        await client.send('{"action": "a"}')
        assert await client.recv() == ""


@pytest.mark.parametrize("status", [200, 500])
async def test_nothing_without_route_response(harness: Harness, status: int) -> None:
    """§5.1: nothing goes back without a route response, an error status (unverified) included."""
    silent = Route(lambda _: {"statusCode": status, "body": "secret"})
    async with talking(harness, silent=silent, echo=Route(echo, answers=True)) as client:
        await client.send('{"action": "silent"}')
        await client.send('{"action": "echo"}')
        assert await client.recv() == '{"action": "echo"}'


async def test_messages_run_concurrently(harness: Harness) -> None:
    """§4.4: a second message of one socket starts a second invocation while the first still runs."""
    both = asyncio.Barrier(2)

    async def meet(event: Event) -> object:
        await both.wait()
        return {"statusCode": 200, "body": event["body"]}

    async with talking(harness, meet=Route(meet, answers=True)) as client:
        await client.send('{"action": "meet", "n": 1}')
        await client.send('{"action": "meet", "n": 2}')
        assert {await client.recv(), await client.recv()} == {
            '{"action": "meet", "n": 1}',
            '{"action": "meet", "n": 2}',
        }


async def test_many_messages_at_once_all_arrive(harness: Harness) -> None:
    """More messages than are handled at once wait their turn; none is lost."""
    async with talking(harness, echo=Route(echo, answers=True)) as client:
        sent = [f'{{"action": "echo", "n": {number}}}' for number in range(2000)]

        async def send_all() -> None:
            for message in sent:
                await client.send(message)

        sending = asyncio.ensure_future(send_all())
        received = {await client.recv() for _ in sent}
        await sending
    assert received == set(sent)


@pytest.mark.parametrize(("message", "code"), [("x" * 40_000, 1009), (b"binary", 1003)])
async def test_frames_that_end_the_connection(harness: Harness, message: str | bytes, code: int) -> None:
    """§4.1: a frame over 32 KB closes with 1009, a binary one with 1003; `$disconnect` runs."""
    api = await harness.deploy({"$default": ok, "$disconnect": ok})
    async with api.connect() as client:
        await client.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code
    [event] = await harness.events_of("DISCONNECT")
    assert event["requestContext"]["disconnectStatusCode"] == code
    assert len(harness.invoker.events) == 1


async def test_message_of_128_kb_in_frames(harness: Harness) -> None:
    """§4.1: a message of 128 KB in frames of 32 KB is routed; one byte more closes with 1009."""
    async with talking(
        harness, **{"$default": Route(lambda e: {"statusCode": 200, "body": str(len(e["body"]))}, True)}
    ) as client:
        await client.send(["a" * 32 * 1024] * 4)
        assert await client.recv() == str(128 * 1024)
        await client.send(["a" * 32 * 1024] * 4 + ["a"])
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


async def test_ping_is_answered(harness: Harness) -> None:
    """§4.1: pong, as RFC 6455 demands (unverified on AWS)."""
    async with talking(harness, a=Route(ok)) as client:
        await asyncio.wait_for(await client.ping(b"x"), 5)


async def test_redeployment_reaches_open_connections(harness: Harness) -> None:
    """§1.7: with `autoDeploy` a new route is live at once, for open connections too."""
    api = await harness.deploy({"a": ok})
    async with api.connect() as client:
        await api.add("late", Route(echo, answers=True))
        await client.send('{"action": "late"}')
        assert await client.recv() == '{"action": "late"}'


# --- §6 the end ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (1001, ""), (4001, "bye")])
async def test_client_closes(harness: Harness, code: int, reason: str) -> None:
    """§6.2: `$disconnect` gets the client's code and text."""
    api = await harness.deploy({"$disconnect": ok, "a": ok})
    async with api.connect() as client:
        await client.close(code, reason)
    [event] = await harness.events_of("DISCONNECT")
    context = event["requestContext"]
    assert (context["disconnectStatusCode"], context["disconnectReason"]) == (code, reason)


async def test_client_closes_without_status(harness: Harness) -> None:
    """§6.2: a close frame without a status is 1005 with AWS's own words."""
    api = await harness.deploy({"$disconnect": ok, "a": ok})
    async with api.connect() as client:
        client.transport.write(b"\x88\x80\x00\x00\x00\x00")
        [event] = await harness.events_of("DISCONNECT")
    context = event["requestContext"]
    assert context["disconnectStatusCode"] == 1005
    assert context["disconnectReason"] == "Client-side close frame status not set"


async def test_client_vanishes(harness: Harness) -> None:
    """§6.2: an abrupt loss is 1006 (unverified)."""
    api = await harness.deploy({"$disconnect": ok, "id": Route(tell_id, answers=True)})
    async with api.connect() as client:
        connection_id = await api.connection_id(client)
        client.transport.abort()
        [event] = await harness.events_of("DISCONNECT")
    assert event["requestContext"]["disconnectStatusCode"] == 1006
    assert (await api.callback("POST", connection_id, b"x"))[0] == 410


class Crowd:
    """A function that nobody gets an answer of before `let_go`, and how many calls of it are under way."""

    def __init__(self) -> None:
        self.running = self.most = self.done = 0
        self._go_on = asyncio.Event()

    async def handler(self, _event: Event) -> object:
        self.running += 1
        self.most = max(self.most, self.running)
        await self._go_on.wait()
        self.running -= 1
        self.done += 1
        return {"statusCode": 200, "body": "done"}

    def let_go(self) -> None:
        self._go_on.set()


async def test_of_many_connections_lost_at_once_some_are_told_of_at_a_time(harness: Harness) -> None:
    """So that functions have time for those who come back; in the end every `$disconnect` has run."""
    at_once, crowd = websocket.DISCONNECTS_AT_ONCE, Crowd()
    api = await harness.deploy({"$disconnect": crowd.handler, "echo": Route(echo, answers=True)})
    clients = [await api.connect() for _ in range(at_once + 8)]
    for client in clients:
        client.transport.abort()
    async with api.connect() as client:  # the rig is told of what was lost before
        await client.send('{"action": "echo"}')
        await client.recv()
        await harness.until(lambda: crowd.running == at_once)
        crowd.let_go()
        await harness.until(lambda: crowd.done == at_once + 8)
    assert crowd.most == at_once


async def test_of_a_crowd_that_comes_at_once_some_are_decided_on_at_a_time(harness: Harness) -> None:
    """So that functions have time for everybody else; in the end all are let in."""
    at_once, crowd = websocket.HANDSHAKES_AT_ONCE, Crowd()

    async def come() -> ClientConnection:
        return await api.connect()

    api = await harness.deploy({"$connect": crowd.handler})
    coming = [asyncio.create_task(come()) for _ in range(at_once + 8)]
    await harness.until(lambda: crowd.running == at_once)
    crowd.let_go()
    for client in await asyncio.gather(*coming):
        client.transport.abort()
    assert crowd.most == at_once


async def test_of_a_flood_of_messages_some_are_worked_on_at_a_time(harness: Harness) -> None:
    """In the end all are answered; those of several sockets share the turns."""
    at_once, crowd = websocket.MESSAGES_AT_ONCE, Crowd()
    api = await harness.deploy({"slow": Route(crowd.handler, answers=True)})
    async with api.connect() as one, api.connect() as other:
        for client in (one, other):
            for _ in range(at_once // 2 + 4):
                await client.send('{"action": "slow"}')
        await harness.until(lambda: crowd.running == at_once)
        crowd.let_go()
        for client in (one, other):
            assert [await client.recv() for _ in range(at_once // 2 + 4)] == ["done"] * (at_once // 2 + 4)
    assert crowd.most == at_once


async def test_disconnect_answer_is_ignored(harness: Harness) -> None:
    """§6.3: whatever `$disconnect` does, the connection is gone and the gateway lives."""
    api = await harness.deploy({"$disconnect": raising, "echo": Route(echo, answers=True)})
    async with api.connect():
        pass
    await harness.events_of("DISCONNECT")
    async with api.connect() as client:
        await client.send('{"action": "echo"}')
        assert await client.recv() == '{"action": "echo"}'


async def closed_by_time(harness: Harness, client: ClientConnection) -> tuple[int, str]:
    """Code and reason of the close the server sends; `$disconnect` must say the same."""
    with pytest.raises(ConnectionClosed) as closed:
        await client.recv()
    assert closed.value.rcvd is not None
    [event] = await harness.events_of("DISCONNECT")
    context = event["requestContext"]
    seen = closed.value.rcvd.code, closed.value.rcvd.reason
    assert (context["disconnectStatusCode"], context["disconnectReason"]) == seen
    return seen


async def test_idle_timeout(harness: Harness) -> None:
    """§6.2: 10 minutes without a message: 1001 `Going away`, then `$disconnect`."""
    api = await harness.deploy({"$disconnect": ok, "echo": Route(echo, answers=True)})
    async with api.connect() as client:
        harness.clock.advance(599)
        await client.send('{"action": "echo"}')
        await client.recv()
        harness.clock.advance(599)
        await client.send('{"action": "echo"}')
        await client.recv()
        harness.clock.advance(601)
        assert await closed_by_time(harness, client) == (1001, "Going away")


async def test_two_hours(harness: Harness) -> None:
    """§6.2: 2 hours in all, however busy."""
    api = await harness.deploy({"$disconnect": ok, "echo": Route(echo, answers=True)})
    async with api.connect() as client:
        for _ in range(13):
            harness.clock.advance(550)
            await client.send('{"action": "echo"}')
            await client.recv()
        harness.clock.advance(60)
        assert await closed_by_time(harness, client) == (1001, "Going away")


async def test_ping_is_no_activity(harness: Harness) -> None:
    """§4.1: a client's ping does not keep the connection (unverified)."""
    api = await harness.deploy({"$disconnect": ok, "a": ok})
    async with api.connect() as client:
        harness.clock.advance(400)
        await (await client.ping())
        harness.clock.advance(201)
        assert await closed_by_time(harness, client) == (1001, "Going away")


async def test_deleted_stage_sends_its_clients_away(harness: Harness) -> None:
    """A stage that is deleted closes its connections (unverified: with 1001)."""
    api = await harness.deploy({"a": ok})
    async with api.connect() as client:
        await harness.control("DeleteStage", ApiId=api.api_id, StageName="prod")
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001


async def test_shutdown_without_disconnect_route(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every client is told, though nothing else is to be done; one that does not answer holds nobody up for long."""
    monkeypatch.setattr(websocket, "CLOSE_S", 0.05)
    api = await harness.deploy({"a": ok})
    async with api.connect() as client, api.connect() as deaf:
        deaf.transport.pause_reading()
        await asyncio.wait_for(harness.gateway.close(), 5)
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        deaf.transport.abort()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001


async def test_shutdown(harness: Harness) -> None:
    """Closing the gateway closes sockets with 1001, runs `$disconnect`, and does not wait for what hangs."""
    never = asyncio.Event()
    api = await harness.deploy({"$disconnect": ok, "hang": lambda _: never.wait()})
    async with api.connect() as client:
        await client.send('{"action": "hang"}')
        await harness.events_of("MESSAGE")
        await asyncio.wait_for(harness.gateway.close(), 5)
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001
    assert await harness.events_of("DISCONNECT")


async def test_events_of_the_bus(harness: Harness) -> None:
    """One event per hop: connect, message, the route's reply, disconnect, with ids and sizes."""
    heard: list[str] = []
    api = await harness.deploy({"echo": Route(echo, answers=True)})
    with harness.events.subscribe(lambda event: heard.append(event.kind)):
        async with api.connect() as client:
            await client.send('{"action": "echo"}')
            await client.recv()
    assert heard == [f"apigateway.{hop}" for hop in ("connect", "message", "reply", "disconnect")]


async def test_an_error_that_nobody_foresaw_is_an_error_frame_and_no_end(
    harness: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(_event: Event) -> object:
        raise LookupError("a bug of the engine's")

    async with talking(harness, breaks=Route(breaks), echo=Route(echo, answers=True)) as client:
        await client.send('{"action": "breaks"}')
        assert json.loads(await client.recv())["message"] == "Internal server error"
        await client.send('{"action": "echo"}')
        assert await client.recv() == '{"action": "echo"}'
    assert "a bug of the engine's" in caplog.text
