"""Mapping templates in requests and responses (section 9; AG `api-gateway-mapping-template-reference.html`)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.apigateway.rest.fakes import Api, Gateway, invocation_uri, said


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def custom(
    gateway: Gateway,
    request: str | None = None,
    response: str | None = None,
    api: Api | None = None,
    **integration: Any,
) -> Api:
    """`POST /{id}` of an API calls a function through the two templates."""
    api = api or gateway.api()
    ids = api.method("POST", "/{id}")
    members = {"type": "AWS", "integrationHttpMethod": "POST", "uri": invocation_uri(), **integration}
    if request is not None:
        members["requestTemplates"] = {"application/json": request}
    api.call("PutIntegration", **ids, **members)
    api.call("PutMethodResponse", **ids, statusCode="200")
    templates = {} if response is None else {"responseTemplates": {"application/json": response}}
    api.call("PutIntegrationResponse", **ids, statusCode="200", **templates)
    return api.deploy(variables={"table": "T"})


async def test_request_template_makes_the_event(gateway: Gateway) -> None:
    template = """{
      "name": "$util.escapeJavaScript($input.path('$.name'))",
      "tags": $input.json('$.tags'),
      "id": "$input.params('id')", "page": "$input.params('page')", "trace": "$input.params('X-Thing')",
      "ip": "$context.identity.sourceIp", "path": "$context.resourcePath", "table": "$stageVariables.table"
    }"""
    api = custom(gateway, template)
    body = json.dumps({"name": 'a "b"', "tags": [1, {"k": None}]}).encode()
    await api.send("POST", "/prod/7", query="page=2", headers={"X-Thing": "t"}, body=body)
    assert gateway.invoker.event == {
        "name": 'a "b"',
        "tags": [1, {"k": None}],
        "id": "7",
        "page": "2",
        "trace": "t",
        "ip": "203.0.113.9",
        "path": "/{id}",
        "table": "T",
    }


async def test_response_template_makes_the_body(gateway: Gateway) -> None:
    gateway.invoker.output = {"items": [{"n": 1}, {"n": 2}]}
    template = "[#foreach($item in $input.path('$.items'))$item.n#if($foreach.hasNext),#end#end]"
    assert said(await custom(gateway, response=template).send("POST", "/prod/7")) == (200, [1, 2])


async def test_override_of_the_response(gateway: Gateway) -> None:
    """AG `apigateway-override-request-response-parameters.html`, example 1."""
    gateway.invoker.output = {"errors": ["out of range"]}
    template = """#set($inputRoot = $input.path('$'))
$input.json("$")
#if($inputRoot.toString().contains("error"))
#set($context.responseOverride.status = 400)
#set($context.responseOverride.header.X-Reason = "range")
#end"""
    response = await custom(gateway, response=template).send("POST", "/prod/7")
    assert said(response) == (400, {"errors": ["out of range"]})
    assert response.headers["X-Reason"] == "range"


@pytest.mark.parametrize("status", ["'teapot'", "20", "600"])
async def test_override_by_what_is_no_status(gateway: Gateway, status: str) -> None:
    template = f"#set($context.responseOverride.status = {status})"
    assert (await custom(gateway, response=template).send("POST", "/prod/7")).status == 500


async def test_request_override_is_seen_by_the_response_template(gateway: Gateway) -> None:
    request = "#set($context.requestOverride.path.body = $input.path('$.word')){}"
    response = '{"said": "$context.requestOverride.path.body"}'
    answer = await custom(gateway, request, response).send("POST", "/prod/7", body=b'{"word": "hi"}')
    assert said(answer) == (200, {"said": "hi"})


async def test_body_that_is_no_json(gateway: Gateway) -> None:
    """A template that reads it as JSON answers 400 and calls nobody; one that does not is none the wiser."""
    api = custom(gateway, '{"all": $input.json("$")}')
    response = await api.send("POST", "/prod/7", body=b"plain")
    assert response.status == 400
    assert said(response)[1]["message"].startswith("Could not parse request body into json")
    assert response.headers["x-amzn-ErrorType"] == "BadRequestException"
    assert gateway.invoker.calls == []
    assert (await custom(gateway, '{"b": "$input.body"}').send("POST", "/prod/7", body=b"plain")).status == 200


@pytest.mark.parametrize("broken", ["#if($a)", "$util.parseJson('{')", "#set($x = 1 + 'a')"])
async def test_template_that_fails(gateway: Gateway, broken: str) -> None:
    """500 `Internal server error`, in either direction; a broken one does not keep the stage from being served."""
    for templates in ((broken, None), (None, broken), (None, "$input.json('$.a' ")):
        assert said(await custom(gateway, *templates).send("POST", "/prod/7")) == (
            500,
            {"message": "Internal server error"},
        )


async def test_response_that_is_no_json(gateway: Gateway) -> None:
    gateway.invoker.output = b"plain"
    assert (await custom(gateway, response="$input.json('$')").send("POST", "/prod/7")).status == 500


async def test_bytes_become_text_for_the_function(gateway: Gateway) -> None:
    """`CONVERT_TO_TEXT`: a binary body is base64 to the template."""
    api = gateway.api(binaryMediaTypes=["image/png"])
    template = {"image/png": '{"image": "$input.body"}'}
    custom(gateway, api=api, contentHandling="CONVERT_TO_TEXT", requestTemplates=template)
    await api.send("POST", "/prod/7", headers={"Content-Type": "image/png"}, body=b"\x00\xff")
    assert gateway.invoker.event == {"image": "AP8="}


async def test_text_becomes_bytes_for_the_client(gateway: Gateway) -> None:
    """`CONVERT_TO_BINARY` on the response: what the template makes is base64; what is not is a 500."""
    gateway.invoker.output = {"image": "AP8="}
    api = custom(gateway, response="$input.path('$.image')")
    patch = {"op": "replace", "path": "/contentHandling", "value": "CONVERT_TO_BINARY"}
    ids = {"resourceId": api.resource("/{id}"), "httpMethod": "POST", "statusCode": "200"}
    api.call("UpdateIntegrationResponse", **ids, patchOperations=[patch])
    api.deploy()
    assert (await api.send("POST", "/prod/7")).body == b"\x00\xff"
    gateway.invoker.output = {"image": "?"}
    assert (await api.send("POST", "/prod/7")).status == 500


@pytest.mark.parametrize(("handling", "status"), [(None, 500), ("CONVERT_TO_TEXT", 200)])
async def test_preflights_of_an_api_where_all_is_binary(gateway: Gateway, handling: str | None, status: int) -> None:
    """With `*/*` a MOCK needs `CONVERT_TO_TEXT`: its template cannot be applied to bytes."""
    api = gateway.api(binaryMediaTypes=["*/*"])
    ids = api.mock("OPTIONS", "/")
    if handling:
        patch = {"op": "replace", "path": "/contentHandling", "value": handling}
        api.call("UpdateIntegration", **ids, patchOperations=[patch])
    assert (await api.deploy().send("OPTIONS", "/prod/")).status == status
