"""Lambda authorizers of HTTP APIs, and AWS_IAM (AG `http-api-lambda-authorizer.html`)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.apigateway.fakes import Event, Function, Unhandled
from tests.services.apigateway.harness import INVOCATION_URI, SIGNED, Harness
from tests.services.apigateway.http_api.fakes import HttpApi, said


def policy(effect: str = "Allow", resource: str = "*", **output: Any) -> Function:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    return lambda _event: {"principalId": "p", "policyDocument": {"Statement": [statement]}, **output}


async def guarded(harness: Harness, function: Function, **authorizer: Any) -> HttpApi:
    """`GET /a` and `GET /b` behind one authorizer; format 2.0 unless told otherwise."""
    api = await HttpApi.make(harness)
    uri = INVOCATION_URI.format(harness.invoker.add("authorizer", function))
    members = {
        "Name": "x",
        "AuthorizerType": "REQUEST",
        "AuthorizerPayloadFormatVersion": "2.0",
        "IdentitySource": [],
    } | authorizer
    made = await api.control("CreateAuthorizer", AuthorizerUri=uri, **members)
    for key in ("GET /a", "GET /b"):
        await api.function(key, said("in"), AuthorizationType="CUSTOM", AuthorizerId=made["AuthorizerId"])
    return api


def asked(harness: Harness) -> list[Event]:
    """The events of the authorizer."""
    return [event for event in harness.invoker.events if event.get("type") == "REQUEST"]


async def test_event_of_format_2(harness: Harness) -> None:
    sources = ["$request.header.X-Token", "$request.querystring.q"]
    api = await guarded(harness, policy(), IdentitySource=sources)
    assert (await api.call("GET", "/a?q=1", headers={"x-token": "t"})).status == 200
    [event] = asked(harness)
    assert (event["version"], event["type"], event["routeKey"]) == ("2.0", "REQUEST", "GET /a")
    assert event["identitySource"] == ["t", "1"]
    assert event["routeArn"] == f"arn:aws:execute-api:us-east-1:000000000000:{api.id}/$default/GET/a"
    assert event["headers"]["x-token"] == "t"
    assert "body" not in event
    assert harness.invoker.source_arns[0] is not None
    assert "/authorizers/" in harness.invoker.source_arns[0]


async def test_event_of_format_1(harness: Harness) -> None:
    """Policies only; the principal and the context are in the event."""
    source = ["$request.header.X-Token"]
    function = policy(context={"k": 1})
    api = await guarded(harness, function, AuthorizerPayloadFormatVersion="1.0", IdentitySource=source)
    assert (await api.call("GET", "/a", headers={"x-token": "t"})).status == 200
    [event] = asked(harness)
    assert (event["version"], event["identitySource"], event["authorizationToken"]) == ("1.0", "t", "t")
    assert event["methodArn"].endswith("/$default/GET/a")
    assert (event["resource"], event["pathParameters"]) == ("/a", {})
    assert api.event["requestContext"]["authorizer"]["lambda"] == {"k": 1, "principalId": "p"}


async def test_simple_responses(harness: Harness) -> None:
    """The context reaches the event as it is, lists and objects too."""
    context = {"s": "v", "n": 1, "b": True, "l": ["x"], "m": {"y": "z"}}

    def function(event: Event) -> object:
        return {"isAuthorized": event["headers"].get("x-token") == "t", "context": context}

    api = await guarded(harness, function, EnableSimpleResponses=True)
    answer = await api.call("GET", "/a")
    assert (answer.status, answer.json) == (403, {"message": "Forbidden"})
    assert (await api.call("GET", "/a", headers={"x-token": "t"})).status == 200
    assert api.event["requestContext"]["authorizer"] == {"lambda": context}


@pytest.mark.parametrize("function", [policy("Deny"), policy(resource="arn:aws:execute-api:*:*:*/*/POST/*")])
async def test_policies_that_do_not_allow(harness: Harness, function: Function) -> None:
    api = await guarded(harness, function)
    answer = await api.call("GET", "/a")
    assert (answer.status, answer.json) == (403, {"message": "Forbidden"})


async def test_missing_identity_source(harness: Harness) -> None:
    """401, and the function is not asked."""
    api = await guarded(harness, policy(), IdentitySource=["$request.header.X-Token"])
    answer = await api.call("GET", "/a")
    assert (answer.status, answer.json) == (401, {"message": "Unauthorized"})
    assert harness.invoker.events == []


def fails(_event: Event) -> object:
    raise Unhandled("boom")


@pytest.mark.parametrize(
    "function",
    [
        fails,
        lambda _: "text",
        lambda _: {"isAuthorized": "yes"},
        lambda _: {"principalId": "p"},
        lambda _: {"principalId": "p", "policyDocument": {}},
        lambda _: b"no json",
    ],
)
async def test_functions_that_are_no_authorizers(harness: Harness, function: Function) -> None:
    api = await guarded(harness, function)
    answer = await api.call("GET", "/a")
    assert (answer.status, answer.json) == (500, {"message": "Internal Server Error"})


async def test_results_are_kept(harness: Harness) -> None:
    """By the identity sources, for all routes, as long as the TTL says; ResetAuthorizersCache forgets them."""
    caching = {"IdentitySource": ["$request.header.X-Token"], "AuthorizerResultTtlInSeconds": 60}
    api = await guarded(harness, policy(), **caching)

    async def call(path: str, token: str) -> None:
        assert (await api.call("GET", path, headers={"X-Token": token})).status == 200

    await call("/a", "t")
    await call("/b", "t")
    assert len(asked(harness)) == 1
    await call("/a", "u")
    assert len(asked(harness)) == 2
    harness.clock.advance(61)
    await call("/a", "t")
    assert len(asked(harness)) == 3
    await api.control("ResetAuthorizersCache", StageName="$default")
    await call("/a", "t")
    assert len(asked(harness)) == 4


async def test_results_by_route(harness: Harness) -> None:
    """`$context.routeKey` among the sources keeps them apart."""
    sources = ["$request.header.X-Token", "$context.routeKey"]
    api = await guarded(harness, policy(), IdentitySource=sources, AuthorizerResultTtlInSeconds=60)
    for path in ("/a", "/b", "/a"):
        await api.call("GET", path, headers={"X-Token": "t"})
    assert len(asked(harness)) == 2


async def test_signed_callers(harness: Harness) -> None:
    """AWS_IAM: 403 without a signature for `execute-api`; who signed is in the event."""
    api = await HttpApi.make(harness)
    await api.function("GET /a", said("in"), AuthorizationType="AWS_IAM")
    answer = await api.call("GET", "/a")
    assert (answer.status, answer.json) == (403, {"message": "Forbidden"})
    assert (await api.call("GET", "/a", headers=SIGNED)).status == 200
    iam = api.event["requestContext"]["authorizer"]["iam"]
    assert (iam["accessKey"], iam["accountId"]) == ("AKID", "000000000000")
