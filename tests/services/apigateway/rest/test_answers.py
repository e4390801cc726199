"""What clients get: from a function's output (section 9.2), and from the gateway's own responses (section 9.3)."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from cloudrig.engine.messages import Response
from cloudrig.services.apigateway.rest.answers import GatewayError, proxy_response
from tests.services.apigateway.rest.fakes import Gateway, said


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def output(value: Any, *, decode: bool = False) -> Response:
    return proxy_response(json.dumps(value).encode(), decode)


def test_nothing_is_mandatory() -> None:
    """Section 9.2: no body is an empty body, no status is 200; `{}` answers 200 (recorded on AWS)."""
    assert (output({"statusCode": 204}).status, output({"statusCode": 204}).body) == (204, b"")
    assert output({"headers": {"x": "1"}}).status == 200
    assert output({}).status == 200


def test_status_may_be_a_numeric_string() -> None:
    assert output({"statusCode": "201"}).status == 201


@pytest.mark.unverified
@pytest.mark.parametrize("status", [100, 101, "199"])
def test_an_interim_status_is_none(status: object) -> None:
    """After it the client would go on waiting for the answer."""
    with pytest.raises(GatewayError) as refused:
        output({"statusCode": status})
    assert refused.value.status == 502


def test_header_values_become_text() -> None:
    """Section 9.2: booleans and numbers are accepted; `headers: null` is none."""
    headers = output({"headers": {"flag": True, "number": 7, "half": 0.5}}).headers
    assert (headers["flag"], headers["number"], headers["half"]) == ("true", "7", "0.5")
    assert output({"statusCode": 200, "headers": None}).headers["Content-Type"] == "application/json"


def test_content_type_defaults_to_json() -> None:
    assert output({"body": "x"}).headers["Content-Type"] == "application/json"
    assert output({"headers": {"content-type": "text/html"}}).headers.getall("Content-Type") == ["text/html"]


def test_multi_value_headers_merge_with_headers() -> None:
    """AG `set-up-lambda-proxy-integrations.html`: a pair that both have appears once."""
    headers = output({"multiValueHeaders": {"a": ["1", "2"]}, "headers": {"A": "2", "b": "3"}}).headers
    assert headers.getall("a") == ["1", "2"]
    assert headers["b"] == "3"


def test_headers_of_the_connection_are_renamed() -> None:
    """AG `api-gateway-known-issues.html`: the gateway keeps these names for itself."""
    headers = output({"headers": {"Date": "d", "WWW-Authenticate": "Basic", "Transfer-Encoding": "x"}}).headers
    assert headers["x-amzn-Remapped-Date"] == "d"
    assert headers["x-amzn-Remapped-WWW-Authenticate"] == "Basic"
    assert "Date" not in headers
    assert "Transfer-Encoding" not in headers


def test_header_values_cannot_smuggle_lines() -> None:
    """A line break in a value must not make another header."""
    assert output({"headers": {"a": "1\r\nset-cookie: x"}}).headers["a"] == "1set-cookie: x"


@pytest.mark.parametrize(
    "value",
    [
        "justAString",
        None,
        [],
        7,
        {"statusCode": 200, "wrongValue": "value"},
        {"statusCode": "test"},
        {"statusCode": True},
        {"statusCode": 99},
        {"statusCode": 600},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "body": 7},
        {"statusCode": 200, "headers": []},
        {"statusCode": 200, "headers": {"a\r\nset-cookie": "x"}},
        {"statusCode": 200, "headers": {"": "x"}},
        {"statusCode": 200, "headers": {"a": {"b": 1}}},
        {"statusCode": 200, "multiValueHeaders": {"a": "value1"}},
        {"statusCode": 200, "isBase64Encoded": "yes"},
    ],
)
def test_malformed_output_is_a_502(value: Any) -> None:
    """Section 9.2: `Internal server error` with 502."""
    with pytest.raises(GatewayError) as refused:
        output(value)
    assert (refused.value.status, refused.value.message) == (502, "Internal server error")


def test_output_that_is_no_json_is_a_502() -> None:
    with pytest.raises(GatewayError):
        proxy_response(b"", False)


def test_base64_body_is_decoded_only_for_binary_clients() -> None:
    """AG `lambda-proxy-binary-media.html`."""
    body = base64.b64encode(b"\x00\xff").decode()
    encoded = {"body": body, "isBase64Encoded": True}
    assert output(encoded, decode=True).body == b"\x00\xff"
    assert output(encoded, decode=False).body == body.encode()


@pytest.mark.parametrize(
    ("types", "accept", "decoded"),
    [
        (["image/png"], "image/png,*/*", True),
        (["image/png"], "text/html,image/png", False),
        (["*/*"], None, True),
        ([], "image/png", False),
    ],
)
async def test_first_accepted_type_decides_on_binary(
    gateway: Gateway, types: list[str], accept: str | None, decoded: bool
) -> None:
    """AG `lambda-proxy-binary-media.html`: only the first type of `Accept` counts."""
    gateway.invoker.output = {"body": base64.b64encode(b"\x89PNG").decode(), "isBase64Encoded": True}
    api = gateway.api(binaryMediaTypes=types)
    api.proxy("GET", "/")
    response = await api.deploy().send("GET", "/prod/", headers={"Accept": accept} if accept else None)
    assert (response.body == b"\x89PNG") is decoded


async def test_trace_id_comes_back_from_functions(gateway: Gateway) -> None:
    """Section 9.2: `X-Amzn-Trace-Id` on answers of Lambda."""
    api = gateway.api()
    api.proxy("GET", "/")
    assert (await api.deploy().send("GET", "/prod/")).headers["X-Amzn-Trace-Id"].startswith("Root=1-")


# --- gateway responses ----------------------------------------------------------------------------------------------


async def test_default_4xx_gives_errors_their_cors_headers(gateway: Gateway) -> None:
    """Section 9.5: errors of the gateway have CORS headers only when DEFAULT_4XX is customised."""
    api = gateway.api()
    api.proxy("GET", "/")
    parameters = {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}
    api.call("PutGatewayResponse", responseType="DEFAULT_4XX", responseParameters=parameters)
    response = await api.deploy().send("GET", "/prod/elsewhere")
    assert said(response) == (403, {"message": "Missing Authentication Token"})
    assert response.headers["Access-Control-Allow-Origin"] == "*"


async def test_default_5xx_covers_failed_functions(gateway: Gateway) -> None:
    gateway.invoker.function_error = "Unhandled"
    api = gateway.api()
    api.proxy("GET", "/")
    parameters = {"gatewayresponse.header.X-Why": "'broken'"}
    api.call("PutGatewayResponse", responseType="DEFAULT_5XX", responseParameters=parameters)
    response = await api.deploy().send("GET", "/prod/")
    assert (response.status, response.headers["X-Why"]) == (502, "broken")


async def test_customised_response_has_its_own_status_headers_and_body(gateway: Gateway) -> None:
    """AG `api-gateway-gatewayResponse-definition.html`: templates refer to `$context` and `$stageVariables`."""
    api = gateway.api()
    api.proxy("GET", "/")
    template = (
        '{"m": $context.error.messageString, "t": "$context.error.responseType", "s": "$context.stage",'
        ' "v": "${stageVariables.a}", "p": "$context.resourcePath"}'
    )
    api.call(
        "PutGatewayResponse",
        responseType="MISSING_AUTHENTICATION_TOKEN",
        statusCode="404",
        responseParameters={
            "gatewayresponse.header.x-accept": "method.request.header.Accept",
            "gatewayresponse.header.x-q": "method.request.querystring.q",
            "gatewayresponse.header.x-id": "context.requestId",
            "gatewayresponse.header.x-none": "method.request.path.petId",
        },
        responseTemplates={"application/json": template},
    )
    api.deploy(variables={"a": "b"})
    response = await api.send("GET", "/prod/nowhere", query="q=1&q=2", headers={"Accept": "a/b"})
    assert said(response) == (
        404,
        {
            "m": "Missing Authentication Token",
            "t": "MISSING_AUTHENTICATION_TOKEN",
            "s": "prod",
            "v": "b",
            "p": "",
        },
    )
    assert (response.headers["x-accept"], response.headers["x-q"]) == ("a/b", "2")
    assert response.headers["x-id"] == response.headers["x-amzn-RequestId"]
    assert "x-none" not in response.headers


async def test_mapped_values_cannot_smuggle_lines(gateway: Gateway) -> None:
    """A decoded query parameter may hold line breaks."""
    api = gateway.api()
    api.proxy("GET", "/")
    parameters = {"gatewayresponse.header.x-q": "method.request.querystring.q"}
    api.call("PutGatewayResponse", responseType="DEFAULT_4XX", responseParameters=parameters)
    response = await api.deploy().send("GET", "/prod/nowhere", query="q=a%0d%0ab")
    assert response.headers["x-q"] == "ab"


async def test_template_is_chosen_by_accept(gateway: Gateway) -> None:
    api = gateway.api()
    api.proxy("GET", "/")
    templates = {"application/json": "{}", "application/xml": "<e>$context.error.message</e>"}
    api.call("PutGatewayResponse", responseType="DEFAULT_4XX", responseTemplates=templates)
    response = await api.deploy().send("GET", "/prod/nowhere", headers={"Accept": "application/xml"})
    assert response.body == b"<e>Missing Authentication Token</e>"
    assert response.headers["Content-Type"] == "application/xml"


async def test_errors_of_the_execution_are_written_with_a_space(gateway: Gateway) -> None:
    """As recorded from AWS (36 bytes of `Internal server error`) and quoted; errors before it have none."""
    api = gateway.api()
    api.proxy("GET", "/")
    api.deploy()
    gateway.invoker.output = "nonsense"
    assert (await api.send("GET", "/prod/")).body == b'{"message": "Internal server error"}'
    assert (await api.send("GET", "/prod/none")).body == b'{"message":"Missing Authentication Token"}'
    api.call("PutGatewayResponse", responseType="DEFAULT_5XX", responseParameters={"gatewayresponse.header.a": "'b'"})
    assert (await api.deploy().send("GET", "/prod/")).body == b'{"message":"Internal server error"}'
