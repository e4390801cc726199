"""Whatever clients and functions send, an HTTP API answers; nothing crashes it."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.interfaces import Mounted
from cloudrig.engine.messages import Request
from cloudrig.services.apigateway.http_api.errors import Refused
from cloudrig.services.apigateway.http_api.mappings import Template
from cloudrig.services.apigateway.http_api.proxy_response import response_1, response_2
from tests.services.apigateway.harness import Harness
from tests.services.apigateway.http_api.fakes import HttpApi, said

WIRE_TEXT = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
OUTPUT = JSON | st.dictionaries(
    st.sampled_from(["statusCode", "headers", "multiValueHeaders", "body", "cookies", "isBase64Encoded"]), JSON
)
PARAMETERS = {
    "append:header.x": "$request.body.a[0].b-${request.querystring.q}",
    "overwrite:querystring.r": "$context.x",
}


@pytest.fixture
async def api(harness: Harness) -> HttpApi:
    made = await HttpApi.make(harness, CorsConfiguration={"AllowOrigins": ["https://*"]})
    await made.function("ANY /a/{b}", said("x"), integration={"RequestParameters": PARAMETERS})
    await made.function("GET /a/{b}/{rest+}", said("x"), "1.0")
    return made


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "PROPFIND", "x"]),
    st.lists(st.sampled_from(["a", "$default", "", "%2F", "%", "%ff", "{b}", "..", "é"]) | WIRE_TEXT, max_size=4),
    WIRE_TEXT | st.sampled_from(["q=1&q=2", "&&=&", "%zz=%", "q=%ff"]),
    st.lists(
        st.tuples(st.sampled_from(["Content-Type", "Cookie", "Origin", "Host"]) | WIRE_TEXT, WIRE_TEXT), max_size=4
    ),
    st.binary(max_size=50) | JSON.map(lambda value: json.dumps(value).encode()),
)
async def test_any_request_is_answered(
    api: HttpApi, method: str, parts: list[str], query: str, headers: list[tuple[str, str]], body: bytes
) -> None:
    """A status that HTTP knows, the request's id, no exception."""
    path = "/" + "/".join(parts)
    request = Request(method, path, query, CIMultiDictProxy(CIMultiDict(headers)), body)
    response = await api.harness.gateway.plane.serve(request, Mounted(api.id, path))
    assert 200 <= response.status <= 599
    assert "Apigw-Requestid" in response.headers
    assert not any(set("\r\n\0") & set(value) for value in response.headers.values())


@given(OUTPUT)
@pytest.mark.parametrize("read", [response_1, response_2])
def test_any_output_is_an_answer_or_a_500(read: Any, output: Any) -> None:
    with contextlib.suppress(Refused):
        response = read(json.dumps(output).encode())
        assert 200 <= response.status <= 599
        assert not any(set("\r\n\0 ") & set(name) for name in response.headers)
        assert not any(set("\r\n\0") & set(value) for value in response.headers.values())


@given(st.text("${}.abrequstcontex[]0- ", max_size=40))
def test_any_mapping_has_a_value_or_none(text: str) -> None:
    """Text that is no reference stays what it is."""
    template = Template(text)
    assert template.value(lambda _source: None) is None or isinstance(template.value(lambda _source: "v"), str)
    if "$" not in text:
        assert (template.value(lambda _source: None) or "") == text
