"""`HTTP` and `HTTP_PROXY` integrations, with a back end on a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.services.apigateway.rest.fakes import Api, Gateway, said


class BackEnd:
    """Tells what it was sent; `/status/N` answers with that status, `/slow` not at all soon."""

    def __init__(self, server: TestServer) -> None:
        self.url = f"http://127.0.0.1:{server.port}"


async def echo(request: web.Request) -> web.Response:
    told = {
        "method": request.method,
        "path": request.raw_path,
        "headers": dict(request.headers),
        "body": (await request.read()).decode(),
    }
    status = int(request.path.rpartition("/")[2]) if "/status/" in request.path else 200
    headers = {"X-Back": "end", "Date": "yesterday", "Via": "1.1 x", "x-amzn-RequestId": "its own"}
    return web.Response(status=status, text=json.dumps(told), headers=headers, content_type="application/json")


@pytest.fixture
async def back_end() -> AsyncIterator[BackEnd]:
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", echo)
    server = TestServer(app, host="127.0.0.1")
    async with server:
        yield BackEnd(server)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    gateway = Gateway()
    yield gateway
    await gateway.apis.close()


def proxied(gateway: Gateway, uri: str, **integration: Any) -> Api:
    api = gateway.api()
    declared = {"method.request.path.proxy": True, "method.request.header.nothing": False}
    ids = api.method("ANY", "/{proxy+}", requestParameters=declared)
    members = {"type": "HTTP_PROXY", "integrationHttpMethod": "ANY", "uri": uri, **integration}
    api.call("PutIntegration", **ids, **members)
    return api


async def test_proxy_passes_on_method_query_headers_and_body(gateway: Gateway, back_end: BackEnd) -> None:
    parameters = {"integration.request.path.proxy": "method.request.path.proxy"}
    api = proxied(gateway, back_end.url + "/base/{proxy}", requestParameters=parameters)
    response = await api.deploy().send(
        "PUT",
        "/prod/a%2Bb/c",
        query="q=1&q=2",
        headers={"X-A": "b", "Content-Type": "text/plain", "Content-Encoding": "identity", "Host": "h"},
        body=b"text",
    )
    told = json.loads(response.body)
    assert (told["method"], told["path"], told["body"]) == ("PUT", "/base/a%2Bb/c?q=1&q=2", "text")
    sent = told["headers"]
    assert (sent["X-A"], sent["Content-Type"]) == ("b", "text/plain")
    assert "Content-Encoding" not in sent
    assert sent["X-Amzn-Apigateway-Api-Id"] == api.id
    assert sent["X-Amzn-Trace-Id"].startswith("Root=1-")
    assert sent["Host"] == back_end.url.removeprefix("http://")


async def test_proxy_returns_status_and_headers(gateway: Gateway, back_end: BackEnd) -> None:
    """Headers of the back end's own connection come back under other names (recorded on AWS)."""
    response = await proxied(gateway, back_end.url + "/status/418").deploy().send("GET", "/prod/x")
    assert (response.status, response.headers["X-Back"]) == (418, "end")
    assert response.headers["x-amzn-Remapped-Date"] == "yesterday"
    assert response.headers["x-amzn-Remapped-x-amzn-RequestId"] == "its own"
    assert "Via" not in response.headers
    assert "X-Amzn-Trace-Id" not in response.headers


async def test_mapped_parameters(gateway: Gateway, back_end: BackEnd) -> None:
    parameters = {
        "integration.request.header.X-Static": "'text'",
        "integration.request.header.X-Stage": "context.stage",
        "integration.request.header.X-Name": "method.request.body.user.name",
        "integration.request.header.X-None": "method.request.header.nothing",
        "integration.request.querystring.v": "stageVariables.v",
    }
    api = proxied(gateway, back_end.url + "/${stageVariables.v}", requestParameters=parameters)
    response = await api.deploy(variables={"v": "7"}).send("POST", "/prod/x", body=b'{"user": {"name": "ann"}}')
    told = json.loads(response.body)
    assert told["path"] == "/7?v=7"
    sent = told["headers"]
    assert (sent["X-Static"], sent["X-Stage"], sent["X-Name"]) == ("text", "prod", "ann")
    assert "X-None" not in sent


async def test_without_proxy_only_mapped_parameters_go_out(gateway: Gateway, back_end: BackEnd) -> None:
    """Recorded on AWS: `Accept`, `User-Agent` of the gateway, the body; the status selects the response."""
    api = gateway.api()
    ids = api.method("POST", "/")
    members = {"type": "HTTP", "integrationHttpMethod": "PUT", "uri": back_end.url + "/status/404"}
    api.call("PutIntegration", **ids, **members)
    for status, pattern in (("200", ""), ("410", "4..")):
        header = "method.response.header.X-From"
        api.call("PutMethodResponse", **ids, statusCode=status, responseParameters={header: True})
        mapping = {header: "integration.response.header.X-Back"}
        response = {"statusCode": status, "selectionPattern": pattern, "responseParameters": mapping}
        api.call("PutIntegrationResponse", **ids, **response)
    answer = await api.deploy().send("POST", "/prod/", query="q=1", headers={"X-A": "b"}, body=b"{}")
    assert (answer.status, answer.headers["X-From"]) == (410, "end")
    assert "X-Back" not in answer.headers
    told = json.loads(answer.body)
    assert (told["method"], told["path"], told["body"]) == ("PUT", "/status/404", "{}")
    assert told["headers"]["Accept"] == "application/json"
    assert told["headers"]["User-Agent"] == f"AmazonAPIGateway_{api.id}"
    assert "X-A" not in told["headers"]


async def test_template_overrides_parameters(gateway: Gateway, back_end: BackEnd) -> None:
    """AG `apigateway-override-request-response-parameters.html`: overrides count after the mappings."""
    api = gateway.api()
    ids = api.method("POST", "/")
    template = """#set($context.requestOverride.header.X-A = $input.path('$.a'))
#set($context.requestOverride.querystring.q = 2)
#set($context.requestOverride.path.p = "over")
$input.json('$')"""
    members = {"type": "HTTP", "integrationHttpMethod": "POST", "uri": back_end.url + "/{p}"}
    mappings = {"integration.request.header.X-A": "'mapped'", "integration.request.querystring.r": "'1'"}
    templates = {"application/json": template}
    api.call("PutIntegration", **ids, **members, requestParameters=mappings, requestTemplates=templates)
    api.call("PutMethodResponse", **ids, statusCode="200")
    api.call("PutIntegrationResponse", **ids, statusCode="200")
    told = json.loads((await api.deploy().send("POST", "/prod/", body=b'{"a": "b"}')).body)
    assert (told["path"], told["headers"]["X-A"]) == ("/over?r=1&q=2", "b")
    assert json.loads(told["body"]) == {"a": "b"}


async def test_back_end_that_is_not_there_is_a_504(gateway: Gateway) -> None:
    response = await proxied(gateway, "http://127.0.0.1:1/x").deploy().send("GET", "/prod/x")
    assert response.status == 504
    assert response.headers["x-amzn-ErrorType"] == "InternalServerErrorException"


async def test_back_end_that_does_not_answer_is_a_504(gateway: Gateway) -> None:
    """A socket that accepts and says nothing."""
    server = await asyncio.start_server(lambda reader, writer: asyncio.sleep(5), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    api = proxied(gateway, f"http://127.0.0.1:{port}/", timeoutInMillis=100)
    response = await api.deploy().send("GET", "/prod/x")
    assert said(response) == (504, {"message": "Endpoint request timed out"})
    server.close()


@pytest.mark.parametrize("uri", ["${stageVariables.missing}", "http://[bad"])
async def test_unusable_address_is_an_error_of_the_gateway(gateway: Gateway, uri: str) -> None:
    response = await proxied(gateway, uri).deploy().send("GET", "/prod/x")
    assert response.status in (500, 504)


async def test_no_encoding_is_accepted_that_the_client_does_not_name(gateway: Gateway, back_end: BackEnd) -> None:
    """Recorded from AWS in LocalStack's test snapshots. The client would get an encoding that it cannot read."""
    api = proxied(gateway, back_end.url + "/")
    sent = json.loads((await api.deploy().send("GET", "/prod/x")).body)["headers"]
    assert "Accept-Encoding" not in sent
    answer = await api.send("GET", "/prod/x", headers={"Accept-Encoding": "zstd"})
    assert json.loads(answer.body)["headers"]["Accept-Encoding"] == "zstd"


async def test_headers_mapped_in_vain(gateway: Gateway, back_end: BackEnd) -> None:
    """Recorded from AWS in LocalStack's test snapshots: these stay between API Gateway and its neighbours."""
    names = ("Expect", "Proxy-Authenticate", "TE", "Via", "X-Kept")
    parameters = {f"integration.request.header.{name}": "'x'" for name in names}
    api = proxied(gateway, back_end.url + "/", requestParameters=parameters)
    sent = json.loads((await api.deploy().send("GET", "/prod/x")).body)["headers"]
    assert [name for name in names if name in sent] == ["X-Kept"]
