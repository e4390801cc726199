"""Whatever clients and functions send, the gateway answers; nothing crashes it."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.interfaces import Mounted
from cloudrig.engine.messages import Request
from cloudrig.services.apigateway.rest.answers import GatewayError, proxy_response
from tests.services.apigateway.rest.fakes import Api, Gateway

WIRE_TEXT = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20)
METHODS = st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "PROPFIND", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


def deployed() -> Api:
    api = Gateway().api(binaryMediaTypes=["image/png"])
    api.proxy("ANY", "/a/{b}")
    api.proxy("POST", "/{rest+}")
    api.mock("OPTIONS", "/")
    validator = api.call("CreateRequestValidator", name="v", validateRequestBody=True, validateRequestParameters=True)
    models = {"application/json": "Error"}
    api.proxy("POST", "/checked", requestValidatorId=validator["id"], requestModels=models)
    return api.deploy()


API = deployed()


@given(
    METHODS,
    st.lists(st.sampled_from(["a", "checked", "", "%2F", "%", "{b}", "..", "é"]) | WIRE_TEXT, max_size=4),
    WIRE_TEXT | st.sampled_from(["a=1&a=2", "&&=&", "%zz=%", "a=%ff"]),
    st.lists(st.tuples(st.sampled_from(["Content-Type", "Accept", "X-A", "Host"]) | WIRE_TEXT, WIRE_TEXT), max_size=4),
    st.binary(max_size=50),
)
async def test_any_request_is_answered(
    method: str, parts: list[str], query: str, headers: list[tuple[str, str]], body: bytes
) -> None:
    """A status that HTTP knows, the gateway's ids, no exception."""
    path = "/prod/" + "/".join(parts)
    request = Request(method, path, query, CIMultiDictProxy(CIMultiDict(headers)), body)
    response = await API.gateway.apis.serve(request, Mounted(API.id, path))
    assert 100 <= response.status <= 599
    assert "x-amzn-RequestId" in response.headers


@given(JSON | st.dictionaries(st.sampled_from(["statusCode", "headers", "multiValueHeaders", "body"]), JSON))
def test_any_output_is_an_answer_or_a_502(output: Any) -> None:
    with contextlib.suppress(GatewayError):
        response = proxy_response(json.dumps(output).encode(), True)
        assert 100 <= response.status <= 599
        assert not any(set("\r\n\0 ") & set(name) for name in response.headers)
        assert not any(set("\r\n\0") & set(value) for value in response.headers.values())


@given(st.binary())
def test_any_bytes_are_an_answer_or_a_502(payload: bytes) -> None:
    with contextlib.suppress(GatewayError):
        proxy_response(payload, True)
