"""`HTTP` and `HTTP_PROXY` integrations of WebSocket routes, with a back end on a real socket (aws-behaviour §5.3)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from websockets.exceptions import InvalidStatus

from tests.services.apigateway.harness import Deployed, Harness

PROXY = {"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "POST"}


async def tell(request: web.Request) -> web.Response:
    """What was sent, with the status that the path names."""
    told = {
        "method": request.method,
        "path": request.raw_path,
        "headers": dict(request.headers),
        "body": (await request.read()).decode(),
    }
    status = int(request.path.rpartition("/")[2]) if "/status/" in request.path else 200
    return web.Response(status=status, text=json.dumps(told), headers={"X-Back": "end", "Sec-WebSocket-Protocol": "v1"})


@pytest.fixture
async def back_end() -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", tell)
    async with TestServer(app, host="127.0.0.1") as server:
        yield f"http://127.0.0.1:{server.port}"


async def said(api: Deployed, message: str = "{}") -> Any:
    async with api.connect() as client:
        await client.send(message)
        return json.loads(await client.recv())


async def test_proxy_gets_the_text_and_the_client_its_answer(harness: Harness, back_end: str) -> None:
    """§5.3: the message is the body; the gateway's own headers; a connection id only by mapping."""
    api = await harness.deploy({})
    mapped = {
        "integration.request.header.connectionId": "context.connectionId",
        "integration.request.header.Static": "'text'",
        "integration.request.querystring.room": "route.request.body.to.room",
        "integration.request.querystring.none": "route.request.body.nothing",
        "integration.request.path.kind": "route.request.body.kind",
    }
    await api.integrate("$default", PROXY | {"IntegrationUri": back_end + "/{kind}?v=1", "RequestParameters": mapped})
    told = await said(api, '{"to": {"room": "tea"}, "kind": "a b"}')
    assert (told["method"], told["path"]) == ("POST", "/a%20b?v=1&room=tea")
    assert json.loads(told["body"])["kind"] == "a b"
    headers = told["headers"]
    assert headers["X-Amzn-Apigateway-Api-Id"] == api.api_id
    assert headers["User-Agent"] == f"AmazonAPIGateway_{api.api_id}"
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Amzn-Trace-Id"].startswith("Root=1-")
    assert (len(headers["connectionId"]), headers["Static"]) == (16, "text")


async def test_connect_goes_without_a_body(harness: Harness, back_end: str) -> None:
    """§5.3: with the client's `Sec-WebSocket-*`; query and headers by mapping, where the route declares them."""
    api = await harness.deploy({})
    mapped = {
        "integration.request.header.Room": "route.request.querystring.room",
        "integration.request.header.Rooms": "route.request.multivaluequerystring.room",
        "integration.request.header.Agent": "route.request.header.user-agent",
        "integration.request.header.Undeclared": "route.request.header.X-Other",
        "integration.request.header.Sec-WebSocket-Version": "'0'",
    }
    declared: dict[str, Any] = {"route.request.querystring.room": {}, "route.request.header.user-agent": {}}
    seen: list[Any] = []

    async def keep(request: web.Request) -> web.Response:
        seen.append((request.headers, await request.read()))
        return web.Response(headers={"Sec-WebSocket-Protocol": "v1"})

    app = web.Application()
    app.router.add_post("/", keep)
    async with TestServer(app, host="127.0.0.1") as server:
        integration = PROXY | {"IntegrationUri": f"http://127.0.0.1:{server.port}/", "RequestParameters": mapped}
        await api.integrate("$connect", integration, RequestParameters=declared)
        headers = {"X-Other": "o"}
        async with api.connect("?room=a&room=b", additional_headers=headers, subprotocols=["v1", "v2"]) as client:
            assert client.subprotocol == "v1"
    [(sent, body)] = seen
    assert body == b""
    assert (sent["Room"], sent["Rooms"]) == ("b", "a,b")
    assert "websockets" in sent["Agent"]
    assert sent["Sec-WebSocket-Version"] == "0"
    assert sent["Sec-WebSocket-Protocol"] == "v1, v2"
    assert "Undeclared" not in sent
    assert "X-Other" not in sent


async def test_connect_is_refused_by_the_back_end(harness: Harness, back_end: str) -> None:
    """§3.2: its status is the handshake's."""
    api = await harness.deploy({})
    await api.integrate("$connect", PROXY | {"IntegrationUri": back_end + "/status/401"})
    with pytest.raises(InvalidStatus) as refused:
        async with api.connect():
            pass
    assert refused.value.response.status_code == 401


@pytest.mark.unverified
async def test_required_parameters(harness: Harness) -> None:
    """§1.3: a handshake without a parameter that the route requires is refused with 400."""
    api = await harness.deploy({})
    mock = {"IntegrationType": "MOCK", "RequestTemplates": {"$default": '{"statusCode": 200}'}}
    required = {"route.request.querystring.room": {"Required": True}}
    await api.integrate("$connect", mock, {"$default": {}}, RequestParameters=required)
    async with api.connect("?room=tea"):
        pass
    with pytest.raises(InvalidStatus) as refused:
        async with api.connect():
            pass
    assert refused.value.response.status_code == 400


async def test_without_proxy(harness: Harness, back_end: str) -> None:
    """§5.2: templates both ways; the integration response by status."""
    api = await harness.deploy({})
    responses = {
        "/4\\d\\d/": {"ResponseTemplates": {"$default": "refused as $context.routeKey"}},
        "$default": {"ResponseTemplates": {"$default": "{\"sent\": $input.path('$.body')}"}},
    }
    for key, status in (("good", "200"), ("bad", "404")):
        integration = {
            "IntegrationType": "HTTP",
            "IntegrationMethod": "PUT",
            "IntegrationUri": f"{back_end}/status/{status}",
            "RequestTemplates": {"$default": '{"text": $input.json("$.text")}'},
        }
        await api.integrate(key, integration, responses)
    assert await said(api, '{"action": "good", "text": "hi"}') == {"sent": {"text": "hi"}}
    async with api.connect() as client:
        await client.send('{"action": "bad"}')
        assert await client.recv() == "refused as bad"


async def test_failures(harness: Harness) -> None:
    """§5.4: nobody there, an unusable URI, a timeout."""
    silent = await asyncio.start_server(lambda reader, writer: asyncio.sleep(5), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    for uri, message in (
        ("http://127.0.0.1:1/", "Internal server error"),
        ("${stageVariables.nothing}", "Internal server error"),
        (f"http://127.0.0.1:{port}/", "Endpoint request timed out"),
    ):
        api = await harness.deploy({})
        await api.integrate("$default", PROXY | {"IntegrationUri": uri, "TimeoutInMillis": 100})
        assert (await said(api))["message"] == message
    silent.close()


async def test_service_of_aws(harness: Harness) -> None:
    """`AWS` with a service goes to the rig's own address, signed for it; here that is the gateway itself, which has no
    such service, and says so: the frame is made of its answer's status.
    """
    api = await harness.deploy({})
    integration = {
        "IntegrationType": "AWS",
        "IntegrationMethod": "POST",
        "IntegrationUri": "arn:aws:apigateway:us-east-1:states:action/StartExecution",
        "RequestTemplates": {"$default": '{"input": "$input.body"}'},
        "TemplateSelectionExpression": "\\$default",
    }
    responses = {"/404/": {"ResponseTemplates": {"$default": '"nobody"'}, "TemplateSelectionExpression": "\\$default"}}
    await api.integrate("$default", integration, responses)
    async with api.connect() as client:
        await client.send("x")
        assert await client.recv() == '"nobody"'
