"""CORS configuration of HTTP APIs (aws-behaviour §9.5; AG `http-api-cors.html`)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.apigateway.fakes import Event
from tests.services.apigateway.harness import INVOCATION_URI, Harness
from tests.services.apigateway.http_api.fakes import HttpApi, said

SITE = "https://app.example"
CORS: dict[str, Any] = {
    "AllowOrigins": [SITE],
    "AllowMethods": ["GET", "POST"],
    "AllowHeaders": ["authorization", "x-a"],
    "ExposeHeaders": ["x-b"],
    "AllowCredentials": True,
    "MaxAge": 300,
}
PREFLIGHT = {"Origin": SITE, "Access-Control-Request-Method": "POST"}


def own_headers(_event: Event) -> object:
    return {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "*", "Access-Control-Max-Age": "1"}}


async def test_preflight_is_answered_without_a_route(harness: Harness) -> None:
    api = await HttpApi.make(harness, CorsConfiguration=CORS)
    await api.function("POST /a", said("a"))
    answer = await api.call("OPTIONS", "/a", headers=PREFLIGHT)
    assert (answer.status, answer.body) == (204, b"")
    told = {name.lower(): value for name, value in answer.headers.items() if name.lower().startswith("access-control")}
    assert told == {
        "access-control-allow-origin": SITE,
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "GET,POST",
        "access-control-allow-headers": "authorization,x-a",
        "access-control-expose-headers": "x-b",
        "access-control-max-age": "300",
    }
    assert harness.invoker.events == []


async def test_other_origins_get_no_headers(harness: Harness) -> None:
    api = await HttpApi.make(harness, CorsConfiguration=CORS)
    await api.function("GET /a", said("a"))
    answer = await api.call("OPTIONS", "/a", headers=PREFLIGHT | {"Origin": "https://evil.example"})
    assert answer.status == 204
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


async def test_headers_of_the_back_end_are_replaced(harness: Harness) -> None:
    api = await HttpApi.make(harness, CorsConfiguration=CORS)
    await api.function("GET /a", own_headers)
    answer = await api.call("GET", "/a", headers={"Origin": SITE})
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    assert answer.headers["Access-Control-Expose-Headers"] == "x-b"
    assert "Access-Control-Max-Age" not in answer.headers
    assert "Access-Control-Allow-Origin" not in (await api.call("GET", "/a")).headers


@pytest.mark.parametrize(
    ("allowed", "origin", "told"),
    [
        ("*", SITE, "*"),
        ("https://*", SITE, SITE),
        ("https://*", "http://app.example", None),
        (SITE, SITE.upper(), SITE.upper()),
    ],
)
async def test_origins(harness: Harness, allowed: str, origin: str, told: str | None) -> None:
    api = await HttpApi.make(harness, CorsConfiguration={"AllowOrigins": [allowed]})
    await api.function("GET /a", said("a"))
    answer = await api.call("GET", "/a", headers={"Origin": origin})
    assert answer.headers.get("Access-Control-Allow-Origin") == told


async def test_authorizer_of_a_catch_all_refuses_preflights(harness: Harness) -> None:
    """§9.5: with an authorizer on `ANY /{proxy+}`, an `OPTIONS` route without one is needed."""
    api = await HttpApi.make(harness, CorsConfiguration=CORS)
    uri = INVOCATION_URI.format(harness.invoker.add("auth", lambda _: {"isAuthorized": False}))
    authorizer = await api.control(
        "CreateAuthorizer",
        Name="a",
        AuthorizerType="REQUEST",
        AuthorizerUri=uri,
        AuthorizerPayloadFormatVersion="2.0",
        EnableSimpleResponses=True,
        IdentitySource=[],
    )
    guarded = {"AuthorizationType": "CUSTOM", "AuthorizerId": authorizer["AuthorizerId"]}
    await api.function("ANY /{proxy+}", said("a"), **guarded)
    assert (await api.call("OPTIONS", "/a", headers=PREFLIGHT)).status == 403
    await api.function("OPTIONS /{proxy+}", said("o"))
    assert (await api.call("OPTIONS", "/a", headers=PREFLIGHT)).status == 204


async def test_switched_off(harness: Harness) -> None:
    api = await HttpApi.make(harness, CorsConfiguration=CORS)
    await api.function("GET /a", own_headers)
    await api.control("DeleteCorsConfiguration")
    answer = await api.call("GET", "/a", headers={"Origin": SITE})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert (await api.call("OPTIONS", "/a", headers=PREFLIGHT)).status == 404


@pytest.mark.unverified
async def test_errors_bear_them_too(harness: Harness) -> None:
    api = await HttpApi.make(harness, CorsConfiguration=CORS)
    await api.function("GET /a", said("a"))
    answer = await api.call("GET", "/none", headers={"Origin": SITE})
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (404, SITE)
