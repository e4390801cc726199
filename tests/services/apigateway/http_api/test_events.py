"""Events of payload formats 2.0 and 1.0 (aws-behaviour §9.4; AG `http-api-develop-integrations-lambda.html`)."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.services.apigateway.fakes import Event
from tests.services.apigateway.harness import Harness
from tests.services.apigateway.http_api.fakes import HttpApi, said


async def event_of(
    harness: Harness, path: str = "/", *, method: str = "POST", payload_format: str = "2.0", **request: Any
) -> Event:
    api = await HttpApi.make(harness)
    await api.function("ANY /{proxy+}", said(""), payload_format)
    await api.function("ANY /", said(""), payload_format)
    await api.call(method, path, **request)
    return api.event


async def test_format_2(harness: Harness) -> None:
    """Every key in its order; what is empty is left out."""
    headers = {"User-Agent": "test/1", "Content-Type": "text/plain", "X-Case": "Kept"}
    event = await event_of(harness, "/a/b?x=1", headers=headers, body=b"hello")
    assert list(event) == [
        "version",
        "routeKey",
        "rawPath",
        "rawQueryString",
        "headers",
        "queryStringParameters",
        "requestContext",
        "body",
        "pathParameters",
        "isBase64Encoded",
    ]
    assert (event["version"], event["routeKey"], event["body"]) == ("2.0", "ANY /{proxy+}", "hello")
    assert event["headers"]["x-case"] == "Kept"
    assert list(event["headers"]) == sorted(event["headers"])
    assert event["headers"]["content-length"] == "5"
    context = event["requestContext"]
    assert list(context) == [
        "accountId",
        "apiId",
        "domainName",
        "domainPrefix",
        "http",
        "requestId",
        "routeKey",
        "stage",
        "time",
        "timeEpoch",
    ]
    assert context["http"] == {
        "method": "POST",
        "path": "/a/b",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "test/1",
    }
    assert context["domainPrefix"] == context["apiId"]


async def test_format_2_joins_what_is_repeated(harness: Harness) -> None:
    """Headers and parameters with commas; cookies are a list of their own and no header."""
    headers = [("X-A", "1"), ("X-A", "2"), ("Cookie", "c=1; d=2")]
    event = await event_of(harness, "/?p=1&p=2&q=a%20b", headers=headers)
    assert event["headers"]["x-a"] == "1,2"
    assert event["cookies"] == ["c=1", "d=2"]
    assert "cookie" not in event["headers"]
    assert event["queryStringParameters"] == {"p": "1,2", "q": "a b"}
    assert event["rawQueryString"] == "p=1&p=2&q=a%20b"


async def test_paths_are_decoded(harness: Harness) -> None:
    """Captured: `rawPath` is not raw (honojs/hono#2156)."""
    event = await event_of(harness, "/a%20b/%40c")
    assert event["rawPath"] == "/a b/@c"
    assert event["pathParameters"] == {"proxy": "a b/@c"}


@pytest.mark.parametrize(
    ("headers", "encoded"),
    [
        ({"Content-Type": "application/json"}, False),
        ({"Content-Type": "text/csv; charset=utf-8"}, False),
        ({"Content-Type": "application/xml"}, False),
        ({"Content-Type": "application/x-www-form-urlencoded"}, True),
        ({"Content-Type": "application/octet-stream"}, True),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, True),
    ],
)
async def test_which_bodies_are_text(harness: Harness, headers: dict[str, str], encoded: bool) -> None:
    """Tried on AWS: ministackorg/ministack#766."""
    event = await event_of(harness, headers=headers, body=b"{}")
    assert event["isBase64Encoded"] is encoded
    assert event["body"] == (base64.b64encode(b"{}").decode() if encoded else "{}")


async def test_format_1(harness: Harness) -> None:
    """The shape of REST APIs with a version; empty collections are null."""
    headers = [("X-A", "1"), ("X-A", "2"), ("User-Agent", "test/1")]
    event = await event_of(harness, "/a?p=1&p=2", method="GET", payload_format="1.0", headers=headers)
    assert list(event) == [
        "version",
        "resource",
        "path",
        "httpMethod",
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "requestContext",
        "pathParameters",
        "stageVariables",
        "body",
        "isBase64Encoded",
    ]
    assert (event["version"], event["resource"], event["path"]) == ("1.0", "/{proxy+}", "/a")
    assert (event["headers"]["X-A"], event["multiValueHeaders"]["X-A"]) == ("2", ["1", "2"])
    assert event["queryStringParameters"] == {"p": "2"}
    assert event["multiValueQueryStringParameters"] == {"p": ["1", "2"]}
    assert (event["stageVariables"], event["body"]) == (None, None)
    context = event["requestContext"]
    assert context["requestId"] == context["extendedRequestId"]
    assert (context["resourcePath"], context["resourceId"]) == ("/{proxy+}", "ANY /{proxy+}")
    assert context["identity"]["userAgent"] == "test/1"
    assert context["identity"]["userArn"] is None
