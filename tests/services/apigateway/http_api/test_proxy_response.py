"""What functions answer, as responses (aws-behaviour §9.4; AG `http-api-develop-integrations-lambda.html`)."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from cloudrig.services.apigateway.http_api.errors import Refused
from cloudrig.services.apigateway.http_api.proxy_response import DEFAULT_TYPE, response_1, response_2


def encoded(output: Any) -> bytes:
    return json.dumps(output).encode()


@pytest.mark.parametrize(
    "output", [{"message": "Hello"}, "Hello", [1, 2], 5, None, {"body": "x", "headers": {"a": "b"}}]
)
def test_format_2_infers_a_response(output: Any) -> None:
    """Valid JSON without a status code is the body of a 200 `application/json`."""
    response = response_2(encoded(output))
    assert (response.status, json.loads(response.body)) == (200, output)
    assert response.headers["Content-Type"] == "application/json"


def test_format_2() -> None:
    """Each cookie is a `set-cookie`; numbers and booleans in headers become text."""
    output = {
        "statusCode": 201,
        "cookies": ["a=1; Secure", "b=2"],
        "headers": {"X-Number": 1, "X-Bool": True},
        "body": "made",
    }
    response = response_2(encoded(output))
    assert (response.status, response.body) == (201, b"made")
    assert response.headers.getall("Set-Cookie") == ["a=1; Secure", "b=2"]
    assert (response.headers["X-Number"], response.headers["X-Bool"]) == ("1", "true")


@pytest.mark.unverified
def test_content_type_where_none_is_named() -> None:
    assert response_2(encoded({"statusCode": 200})).headers["Content-Type"] == DEFAULT_TYPE


@pytest.mark.parametrize("read", [response_1, response_2])
def test_base64(read: Any) -> None:
    """Decoded whatever the client accepts: HTTP APIs have no binary media types."""
    body = base64.b64encode(b"\x00\xff").decode()
    assert read(encoded({"statusCode": 200, "body": body, "isBase64Encoded": True})).body == b"\x00\xff"


def test_format_1_merges_headers() -> None:
    output = {
        "statusCode": "200",
        "headers": {"X-A": "1", "X-B": "2"},
        "multiValueHeaders": {"X-A": ["1", "3"]},
    }
    response = response_1(encoded(output))
    assert response.headers.getall("X-A") == ["1", "3"]
    assert response.headers["X-B"] == "2"


@pytest.mark.parametrize(
    "output",
    [
        {"statusCode": "many"},
        {"statusCode": 99},
        {"statusCode": True},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "headers": []},
        {"statusCode": 200, "headers": {"a": {}}},
        {"statusCode": 200, "headers": {"a b": "c"}},
        {"statusCode": 200, "body": "?", "isBase64Encoded": True},
    ],
)
@pytest.mark.parametrize("read", [response_1, response_2])
def test_what_is_no_response(read: Any, output: Any) -> None:
    with pytest.raises(Refused) as refused:
        read(encoded(output))
    assert (refused.value.status, refused.value.message) == (500, "Internal Server Error")


@pytest.mark.parametrize("payload", [b"not json", b"", b'{"body": "x"}', b'"text"', b"null"])
def test_format_1_is_strict(payload: bytes) -> None:
    with pytest.raises(Refused):
        response_1(payload)


def test_headers_of_the_connection_and_line_breaks_stay_out() -> None:
    output = {"statusCode": 200, "headers": {"Content-Length": "5", "Transfer-Encoding": "chunked", "X": "a\r\nY: b"}}
    headers = response_2(encoded(output)).headers
    assert "Content-Length" not in headers
    assert "Transfer-Encoding" not in headers
    assert headers["X"] == "aY: b"
