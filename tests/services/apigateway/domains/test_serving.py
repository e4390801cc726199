"""Requests and WebSockets by custom domain names, told by their Host (aws-behaviour §1.8)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from tests.services.apigateway.fakes import ok
from tests.services.apigateway.harness import INVOCATION_URI, SIGNED, Deployed, Harness, Route, tell_id

NAME = "chat.example.com"
HOST = {"Host": NAME}


async def mapped(harness: Harness, key: str = "chat", **api: Any) -> Deployed:
    """A WebSocket API under a domain name."""
    made = await harness.deploy({"$connect": ok, "id": Route(tell_id, answers=True)}, **api)
    await harness.control("CreateDomainName", DomainName=NAME, DomainNameConfigurations=[{}])
    where = {"DomainName": NAME, "ApiId": made.api_id, "Stage": "prod"}
    await harness.control("CreateApiMapping", **where, ApiMappingKey=key)
    return made


def open_by_domain(harness: Harness, path: str) -> connect:
    port = harness.addresses.url.rpartition(":")[2]
    return connect(f"ws://{NAME}:{port}{path}", host="127.0.0.1", port=int(port), open_timeout=5)


async def id_of(client: ClientConnection) -> str:
    await client.send('{"action": "id"}')
    return str(await client.recv())


async def test_websocket_and_its_callbacks(harness: Harness) -> None:
    """`wss://{domain}/{key}` and `https://{domain}/{key}/@connections/{id}`, both without a stage; events show it."""
    await mapped(harness)
    async with open_by_domain(harness, "/chat") as client:
        connection_id = await id_of(client)
        url = f"/chat/@connections/{quote(connection_id)}"
        assert (await harness.call("POST", url, b"hello", headers=SIGNED | HOST))[0] == 200
        assert await client.recv() == "hello"
        assert (await harness.call("POST", f"/chat/%40connections/{connection_id}", b"x", headers=SIGNED | HOST))[
            0
        ] == 200
    context = harness.invoker.events[0]["requestContext"]
    assert context["domainName"].startswith(f"{NAME}:")
    assert context["stage"] == "prod"


async def test_domain_itself(harness: Harness) -> None:
    await mapped(harness, key="")
    async with open_by_domain(harness, "/") as client:
        connection_id = await id_of(client)
        path = f"/@connections/{quote(connection_id)}"
        assert (await harness.call("GET", path, headers=SIGNED | HOST))[0] == 200


@pytest.mark.parametrize("key", ["chat", ""])
async def test_stage_in_the_path(harness: Harness, key: str) -> None:
    """aws-samples/simple-websockets-chat-app#40: no method matches a callback with the stage in it."""
    await mapped(harness, key)
    path = "/prod/@connections/AAAAAAAAAAACAAA%3D"
    status, body = await harness.call("POST", path, b"x", headers=SIGNED | HOST)
    assert status == 404
    assert json.loads(body)["message"].startswith("No method found matching route prod/@connections/")


@pytest.mark.parametrize("path", ["/", "/other", "/chat/prod"])
async def test_no_mapping(harness: Harness, path: str) -> None:
    """What no mapping fits, and anything after it, is refused."""
    await mapped(harness)
    with pytest.raises(InvalidStatus) as refused:
        async with open_by_domain(harness, path):
            pass
    assert refused.value.response.status_code == 403
    assert (await harness.call("GET", "/other", headers=HOST))[0] == 403


async def test_only_the_domain(harness: Harness) -> None:
    """`disableExecuteApiEndpoint` closes the default endpoint, not the domain name."""
    api = await mapped(harness, DisableExecuteApiEndpoint=True)
    async with open_by_domain(harness, "/chat") as client:
        await id_of(client)
    with pytest.raises(InvalidStatus):
        async with api.connect():
            pass


async def test_rest_api(harness: Harness) -> None:
    """The base path is in the event's path, not in the resource; `domainName` is the domain's."""
    made = await harness.call_v1("CreateRestApi", name="r", disableExecuteApiEndpoint=True)
    resource = await harness.call_v1(
        "CreateResource", restApiId=made["id"], parentId=made["rootResourceId"], pathPart="pets"
    )
    ids = {"restApiId": made["id"], "resourceId": resource["id"], "httpMethod": "GET"}
    uri = INVOCATION_URI.format(harness.invoker.add("pets", lambda _: {"body": "pets"}))
    await harness.call_v1("PutMethod", **ids, authorizationType="NONE")
    await harness.call_v1("PutIntegration", **ids, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    await harness.call_v1("CreateDeployment", restApiId=made["id"], stageName="prod")
    await harness.call_v1("CreateDomainName", domainName=NAME)
    await harness.call_v1("CreateBasePathMapping", domainName=NAME, restApiId=made["id"], stage="prod", basePath="v1")
    assert await harness.call("GET", "/v1/pets", headers=HOST) == (200, "pets")
    event = harness.invoker.events[-1]
    assert (event["path"], event["resource"]) == ("/v1/pets", "/pets")
    assert event["requestContext"]["path"] == "/v1/pets"
    assert (event["requestContext"]["domainName"], event["requestContext"]["domainPrefix"]) == (NAME, "chat")
    assert (await harness.call("GET", "/pets", headers=HOST))[0] == 403
    assert (await harness.call("GET", f"/_aws/execute-api/{made['id']}/prod/pets"))[0] == 403
