"""Lambda proxy integrations of REST APIs: the event and who is asked."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from cloudrig.engine.errors import AccessDenied
from tests.services.apigateway.rest.fakes import FUNCTION, Gateway, invocation_uri, said


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


async def event_of(gateway: Gateway, method: str = "POST", path: str = "/things/7", **request: Any) -> dict[str, Any]:
    api = gateway.api()
    api.proxy("ANY", "/things/{id}")
    await api.deploy().send(method, f"/prod{path}", **request)
    return gateway.invoker.event


async def test_event_has_every_key_and_nulls_for_what_is_empty(gateway: Gateway) -> None:
    """Section 9.1: empty collections are null, not absent."""
    api = gateway.api()
    api.proxy("GET", "/")
    await api.deploy().send("GET", "/prod")
    event = gateway.invoker.event
    assert list(event) == [
        "resource",
        "path",
        "httpMethod",
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "stageVariables",
        "requestContext",
        "body",
        "isBase64Encoded",
    ]
    empty = ("queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables", "body")
    assert [event[name] for name in empty] == [None] * 5
    assert (event["resource"], event["path"], event["isBase64Encoded"]) == ("/", "/", False)
    assert event["requestContext"]["path"] == "/prod"


async def test_request_context(gateway: Gateway) -> None:
    """Section 9.1: the fields of `requestContext` and of its `identity`."""
    event = await event_of(gateway, headers={"User-Agent": "test/1"})
    context = event["requestContext"]
    identity = context.pop("identity")
    assert identity.pop("sourceIp") == "203.0.113.9"
    assert identity.pop("userAgent") == "test/1"
    assert set(identity) == {
        "accessKey",
        "accountId",
        "caller",
        "cognitoAuthenticationProvider",
        "cognitoAuthenticationType",
        "cognitoIdentityId",
        "cognitoIdentityPoolId",
        "principalOrgId",
        "user",
        "userArn",
    }
    assert set(identity.values()) == {None}
    assert set(context) == {
        "accountId",
        "apiId",
        "deploymentId",
        "domainName",
        "domainPrefix",
        "extendedRequestId",
        "httpMethod",
        "path",
        "protocol",
        "requestId",
        "requestTime",
        "requestTimeEpoch",
        "resourceId",
        "resourcePath",
        "stage",
    }
    assert context["requestTime"] == "20/Nov/2026:12:00:00 +0000"
    assert context["requestTimeEpoch"] == 1795176000000
    assert context["path"] == "/prod/things/7"
    assert context["resourcePath"] == "/things/{id}"


async def test_headers_keep_their_case_and_all_values(gateway: Gateway) -> None:
    """Section 9.1: `headers` has the last value of each, `multiValueHeaders` all; the gateway adds its own."""
    event = await event_of(
        gateway, headers=[("tEsT-HEADeR", "one"), ("Test-Header", "two"), ("Connection", "close"), ("Host", "h")]
    )
    assert event["headers"]["tEsT-HEADeR"] == "two"
    assert event["multiValueHeaders"]["tEsT-HEADeR"] == ["one", "two"]
    assert "Connection" not in event["headers"]
    assert event["headers"]["X-Forwarded-For"] == "203.0.113.9"
    assert event["headers"]["X-Forwarded-Port"] == "4566"
    assert event["headers"]["X-Forwarded-Proto"] == "http"
    assert event["headers"]["X-Amzn-Trace-Id"].startswith("Root=1-")


async def test_forwarded_for_grows_and_a_trace_root_is_kept(gateway: Gateway) -> None:
    """A proxy before the gateway stays visible; the client's trace goes on."""
    root = "Root=1-5759e988-bd862e3fe1be46a994272793"
    event = await event_of(gateway, headers={"X-Forwarded-For": "198.51.100.1", "X-Amzn-Trace-Id": root})
    assert event["headers"]["X-Forwarded-For"] == "198.51.100.1, 203.0.113.9"
    assert event["headers"]["X-Amzn-Trace-Id"] == root


async def test_query_is_decoded_and_the_last_value_stands_alone(gateway: Gateway) -> None:
    """Recorded on AWS: `+` is a space, repeated parameters keep their order."""
    event = await event_of(gateway, query="price=10&price=20&mail=a%2Bb%40c&plus=a+b&empty=&flag")
    assert event["queryStringParameters"] == {
        "price": "20",
        "mail": "a+b@c",
        "plus": "a b",
        "empty": "",
        "flag": "",
    }
    assert event["multiValueQueryStringParameters"]["price"] == ["10", "20"]


@pytest.mark.parametrize(
    ("sent", "path", "context_path", "proxy"),
    [
        ("/a/b/", "/a/b/", "/prod/a/b/", "a/b"),
        ("//a", "/a", "/prod//a", "a"),
        ("/test%2Balias@x/y+z", "/test%2Balias@x/y+z", "/prod/test%2Balias@x/y+z", "test%2Balias@x/y+z"),
    ],
)
async def test_paths_stay_as_they_were_sent(
    gateway: Gateway, sent: str, path: str, context_path: str, proxy: str
) -> None:
    """Recorded on AWS: no decoding; a trailing slash stays in `path`, a doubled first one in the context's path."""
    api = gateway.api()
    api.proxy("GET", "/{proxy+}")
    await api.deploy().send("GET", f"/prod{sent}")
    event = gateway.invoker.event
    assert (event["path"], event["requestContext"]["path"]) == (path, context_path)
    assert event["pathParameters"] == {"proxy": proxy}


async def test_text_body_is_passed_as_text(gateway: Gateway) -> None:
    event = await event_of(gateway, body="grüß".encode(), headers={"Content-Type": "text/plain"})
    assert (event["body"], event["isBase64Encoded"]) == ("grüß", False)


@pytest.mark.parametrize(("content_type", "binary"), [("image/png", True), ("IMAGE/PNG; q=1", True), ("a/b", False)])
async def test_binary_media_type_makes_the_body_base64(gateway: Gateway, content_type: str, binary: bool) -> None:
    """AG `lambda-proxy-binary-media.html`."""
    api = gateway.api(binaryMediaTypes=["image/png"])
    api.proxy("POST", "/")
    await api.deploy().send("POST", "/prod/", body=b"\x89PNG", headers={"Content-Type": content_type})
    event = gateway.invoker.event
    assert event["isBase64Encoded"] is binary
    if binary:
        assert base64.b64decode(event["body"]) == b"\x89PNG"


async def test_stage_variables_reach_the_event_and_the_function_name(gateway: Gateway) -> None:
    """Section 1.7: `${stageVariables.x}` in a Lambda URI; a change of variables needs no deployment."""
    api = gateway.api()
    api.proxy("GET", "/", "arn:aws:lambda:us-east-1:000000000000:function:${stageVariables.fn}")
    api.deploy(variables={"fn": "blue"})
    await api.send("GET", "/prod/")
    assert gateway.invoker.calls[-1]["function"].endswith(":blue")
    assert gateway.invoker.event["stageVariables"] == {"fn": "blue"}
    patch = {"op": "replace", "path": "/variables/fn", "value": "green"}
    api.call("UpdateStage", stageName="prod", patchOperations=[patch])
    await api.send("GET", "/prod/")
    assert gateway.invoker.calls[-1]["function"].endswith(":green")


async def test_invoked_as_api_gateway_for_the_methods_arn(gateway: Gateway) -> None:
    """Section 1.4: the function's policy is asked for this principal and source."""
    api = gateway.api()
    api.proxy("ANY", "/things/{id}")
    await api.deploy().send("PATCH", "/prod/things/7")
    call = gateway.invoker.calls[-1]
    assert call["function"] == FUNCTION
    assert call["principal"] == "apigateway.amazonaws.com"
    assert call["source_arn"] == f"arn:aws:execute-api:us-east-1:000000000000:{api.id}/prod/PATCH/things/{{id}}"


async def test_credentials_of_the_integration_stand_for_permission(gateway: Gateway) -> None:
    """With `credentials` API Gateway invokes as that role, and the function's own policy is not asked."""
    api = gateway.api()
    ids = api.method("GET", "/")
    role = "arn:aws:iam::000000000000:role/caller"
    uri = invocation_uri()
    api.call("PutIntegration", **ids, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri, credentials=role)
    await api.deploy().send("GET", "/prod/")
    assert gateway.invoker.calls[-1]["principal"] is None


async def test_function_that_may_not_be_invoked_is_a_500(gateway: Gateway) -> None:
    """No permission, no function, throttled: the client only sees `Internal server error`."""
    gateway.invoker.raises = AccessDenied("no")
    api = gateway.api()
    api.proxy("GET", "/")
    response = await api.deploy().send("GET", "/prod/")
    assert said(response) == (500, {"message": "Internal server error"})
    assert response.headers["x-amzn-ErrorType"] == "InternalServerErrorException"


async def test_function_error_is_a_502(gateway: Gateway) -> None:
    """A function that throws: 502 `Internal server error`."""
    gateway.invoker.function_error = "Unhandled"
    api = gateway.api()
    api.proxy("GET", "/")
    assert said(await api.deploy().send("GET", "/prod/")) == (502, {"message": "Internal server error"})


async def test_integration_timeout_is_a_504(gateway: Gateway) -> None:
    """Section 9.3: `Endpoint request timed out`."""
    gateway.invoker.hangs = True
    api = gateway.api()
    ids = api.proxy("GET", "/")
    patch = {"op": "replace", "path": "/timeoutInMillis", "value": "50"}
    api.call("UpdateIntegration", **ids, patchOperations=[patch])
    response = await api.deploy().send("GET", "/prod/")
    assert said(response) == (504, {"message": "Endpoint request timed out"})
    assert response.headers["x-amzn-ErrorType"] == "InternalServerErrorException"


async def test_proxy_with_another_method_than_post_is_a_500(gateway: Gateway) -> None:
    """Section 9.2 (recorded on AWS): the integration method of a Lambda must be POST."""
    api = gateway.api()
    ids = api.method("GET", "/")
    api.call("PutIntegration", **ids, type="AWS_PROXY", integrationHttpMethod="GET", uri=invocation_uri())
    assert said(await api.deploy().send("GET", "/prod/")) == (500, {"message": "Internal server error"})
    assert gateway.invoker.calls == []
