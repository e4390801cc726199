"""Payloads in gzip and deflate. AG `api-gateway-gzip-compression-decompression.html`."""

from __future__ import annotations

import contextlib
import gzip
import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from cloudrig.engine.messages import Response
from cloudrig.services.apigateway.rest.answers import GatewayError
from cloudrig.services.apigateway.rest.compression import compress, decompressed
from tests.services.apigateway.rest.fakes import Api, Gateway, said

TEXT = "a text that is long enough " * 10


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def deployed(gateway: Gateway, **members: Any) -> Api:
    api = gateway.api(**members)
    api.proxy("POST", "/")
    gateway.invoker.output = {"statusCode": 200, "body": TEXT}
    return api.deploy()


@pytest.mark.parametrize(
    ("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("GZIP", gzip.compress)]
)
async def test_requests_are_decompressed(gateway: Gateway, coding: str, pack: Any) -> None:
    """ "By default, API Gateway supports decompression of the method request payload"."""
    api = deployed(gateway)
    answer = await api.send("POST", "/prod/", headers={"Content-Encoding": coding}, body=pack(TEXT.encode()))
    assert answer.status == 200
    assert gateway.invoker.event["body"] == TEXT
    assert gateway.invoker.event["isBase64Encoded"] is False


async def test_identity_is_what_it_is(gateway: Gateway) -> None:
    await deployed(gateway).send("POST", "/prod/", headers={"Content-Encoding": "identity"}, body=b"x")
    assert gateway.invoker.event["body"] == "x"


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("br", b"x"),
        ("utf-8", b"x"),
        ("gzip, gzip", b"x"),
        ("gzip", b"no gzip"),
        ("gzip", gzip.compress(b"x", mtime=0)[:-4]),
    ],
)
async def test_what_cannot_be_decompressed(gateway: Gateway, coding: str, body: bytes) -> None:
    """415 for a coding that is not supported and a payload that is not in it; nobody is called."""
    answer = await deployed(gateway).send("POST", "/prod/", headers={"Content-Encoding": coding}, body=body)
    assert said(answer) == (415, {"message": "Unsupported Media Type"})
    assert not gateway.invoker.calls


async def test_a_bomb_is_too_large(gateway: Gateway) -> None:
    bomb = gzip.compress(bytes(10 * 1024 * 1024 + 1))
    answer = await deployed(gateway).send("POST", "/prod/", headers={"Content-Encoding": "gzip"}, body=bomb)
    assert said(answer) == (413, {"message": "Request Too Long"})


@pytest.mark.parametrize(("coding", "unpack"), [("gzip", gzip.decompress), ("deflate", zlib.decompress)])
async def test_answers_are_compressed(gateway: Gateway, coding: str, unpack: Any) -> None:
    api = deployed(gateway, minimumCompressionSize=len(TEXT))
    answer = await api.send("POST", "/prod/", headers={"Accept-Encoding": coding})
    assert answer.headers["Content-Encoding"] == coding
    assert unpack(answer.body).decode() == TEXT


@pytest.mark.parametrize(("least", "accepted"), [(None, "gzip"), (len(TEXT) + 1, "gzip"), (0, "br"), (0, "*"), (0, "")])
async def test_answers_as_they_are(gateway: Gateway, least: int | None, accepted: str) -> None:
    """Not switched on, too small, or the client does not ask for a coding that is supported."""
    api = deployed(gateway, **({} if least is None else {"minimumCompressionSize": least}))
    answer = await api.send("POST", "/prod/", headers={"Accept-Encoding": accepted})
    assert (answer.body.decode(), "Content-Encoding" in answer.headers) == (TEXT, False)


async def test_an_encoded_answer_is_left_alone(gateway: Gateway) -> None:
    api = deployed(gateway, minimumCompressionSize=0)
    gateway.invoker.output = {"statusCode": 200, "headers": {"content-encoding": "br"}, "body": "x"}
    answer = await api.send("POST", "/prod/", headers={"Accept-Encoding": "gzip"})
    assert (answer.body, answer.headers.getall("Content-Encoding")) == (b"x", ["br"])


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "gzip"),
        ("deflate, gzip", "deflate"),
        ("deflate;q=0.5, gzip;q=0.8", "gzip"),
        ("br;q=1.0, gzip;q=0.8", None),
        ("gzip;q=0", None),
        ("identity", None),
        ("gzip;q=x", None),
    ],
)
def test_the_coding_of_the_highest_priority_counts(accepted: str, coding: str | None) -> None:
    """ "The highest-priority content encoding must be one supported by API Gateway"."""
    response = Response(body=b"x", headers=CIMultiDict())
    compress(response, accepted, 0)
    assert response.headers.get("Content-Encoding") == coding


@given(st.binary(), st.sampled_from(["gzip", "deflate"]) | st.text(max_size=5))
def test_any_bytes_in_any_coding(body: bytes, coding: str) -> None:
    with contextlib.suppress(GatewayError):
        assert len(decompressed(body, coding)) <= 10 * 1024 * 1024


@given(st.text())
def test_any_accepted_codings(accepted: str) -> None:
    compress(Response(body=b"x", headers=CIMultiDict()), accepted, 0)


def test_it_is_switched_on_and_off(gateway: Gateway) -> None:
    api = gateway.api()
    for value, expected in (("1024", 1024), ("0", 0), ("", None)):
        operations = [{"op": "replace", "path": "/minimumCompressionSize", "value": value}]
        assert api.call("UpdateRestApi", patchOperations=operations).get("minimumCompressionSize") == expected


async def test_it_counts_once_deployed_and_is_exported(gateway: Gateway) -> None:
    api = deployed(gateway)
    operations = [{"op": "replace", "path": "/minimumCompressionSize", "value": "0"}]
    api.call("UpdateRestApi", patchOperations=operations)
    asked = {"Accept-Encoding": "gzip"}
    assert "Content-Encoding" not in (await api.send("POST", "/prod/", headers=asked)).headers
    api.deploy()
    assert "Content-Encoding" in (await api.send("POST", "/prod/", headers=asked)).headers
    exported = api.call("GetExport", stageName="prod", exportType="oas30", parameters={"extensions": "apigateway"})
    assert json.loads(exported["body"])["x-amazon-apigateway-minimum-compression-size"] == 0
