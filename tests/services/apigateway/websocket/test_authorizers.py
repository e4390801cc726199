"""REQUEST authorizers and AWS_IAM on `$connect` (aws-behaviour §3.2, §3.5, §3.6)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.services.apigateway.fakes import Event, Unhandled, echo, ok
from tests.services.apigateway.harness import INVOCATION_URI, SIGNED, Deployed, Harness, Route


def allow(event: Event, **more: Any) -> dict[str, Any]:
    """The answer of an authorizer that lets the client in."""
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "ann", "policyDocument": policy, **more}


async def guarded(harness: Harness, function: Any, *identity: str, **authorizer: Any) -> Deployed:
    """An API whose `$connect` asks an authorizer."""
    api = await harness.deploy({"$connect": ok, "$disconnect": ok, "echo": Route(echo, answers=True)})
    uri = INVOCATION_URI.format(harness.invoker.add("authorizer", function))
    made = await harness.control(
        "CreateAuthorizer",
        **{"ApiId": api.api_id, "Name": "guard", "AuthorizerType": "REQUEST", "AuthorizerUri": uri},
        **{"IdentitySource": list(identity)} | authorizer,
    )
    await set_authorization(harness, api, AuthorizationType="CUSTOM", AuthorizerId=made["AuthorizerId"])
    return api


async def set_authorization(harness: Harness, api: Deployed, **members: str) -> None:
    routes = (await harness.control("GetRoutes", ApiId=api.api_id))["Items"]
    [connect] = [route["RouteId"] for route in routes if route["RouteKey"] == "$connect"]
    await harness.control("UpdateRoute", ApiId=api.api_id, RouteId=connect, **members)


async def status_of(api: Deployed, query: str = "", headers: Mapping[str, str] | None = None) -> int:
    """The status of a handshake: 101 where it succeeds."""
    try:
        async with api.connect(query, additional_headers=headers):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


async def test_result_is_in_every_event(harness: Harness) -> None:
    """§3.5: principal and context on CONNECT, every MESSAGE and DISCONNECT; called once per connection."""
    api = await guarded(harness, lambda event: allow(event, context={"room": "tea", "age": 7, "admin": True}))
    async with api.connect() as client:
        await client.send('{"action": "echo"}')
        await client.recv()
    await harness.events_of("DISCONNECT")
    asked, *events = harness.invoker.events
    assert asked["type"] == "REQUEST"
    assert [event["requestContext"]["eventType"] for event in events] == ["CONNECT", "MESSAGE", "DISCONNECT"]
    for event in events:
        authorizer = event["requestContext"]["authorizer"]
        latency = authorizer.pop("integrationLatency")
        assert isinstance(latency, int)
        assert authorizer == {"principalId": "ann", "room": "tea", "age": "7", "admin": "true"}


async def test_never_cached(harness: Harness) -> None:
    """§1.6: no result caching on WebSocket APIs: each handshake calls the function."""
    api = await guarded(harness, allow, "route.request.querystring.token")
    for _ in range(2):
        assert await status_of(api, "?token=same") == 101
    assert len([event for event in harness.invoker.events if "type" in event]) == 2


async def test_event(harness: Harness) -> None:
    """§3.5: keys as in localstack/localstack#7191's dump of AWS; hop-by-hop headers are in, empty maps too."""
    api = await guarded(harness, allow)
    assert await status_of(api) == 101
    event = harness.invoker.events[0]
    assert list(event) == [
        "type",
        "methodArn",
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "stageVariables",
        "requestContext",
    ]
    assert event["methodArn"] == f"arn:aws:execute-api:us-east-1:000000000000:{api.api_id}/prod/$connect"
    assert {"Connection", "Upgrade", "content-length"} <= set(event["headers"])
    assert event["headers"]["content-length"] == "0"
    assert event["queryStringParameters"] == event["stageVariables"] == {}
    context = event["requestContext"]
    assert (context["routeKey"], context["eventType"]) == ("$connect", "CONNECT")
    assert context["connectionId"] == harness.invoker.events[1]["requestContext"]["connectionId"]


async def test_permission(harness: Harness) -> None:
    """§1.6: the function's policy sees `…:{apiId}/authorizers/{authorizerId}`; with a role it is not asked."""
    api = await guarded(harness, allow)
    await status_of(api)
    [authorizer] = (await harness.control("GetAuthorizers", ApiId=api.api_id))["Items"]
    arn = f"arn:aws:execute-api:us-east-1:000000000000:{api.api_id}/authorizers/{authorizer['AuthorizerId']}"
    assert harness.invoker.source_arns[0] == arn
    assert harness.invoker.principals[0] == "apigateway.amazonaws.com"
    role = {"AuthorizerCredentialsArn": "arn:aws:iam::000000000000:role/r"}
    await harness.control("UpdateAuthorizer", ApiId=api.api_id, AuthorizerId=authorizer["AuthorizerId"], **role)
    harness.invoker.principals.clear()
    await status_of(api)
    assert harness.invoker.principals[0] is None


@pytest.mark.parametrize(
    ("identity", "query", "headers", "status"),
    [
        ("route.request.querystring.token", "?token=x", {}, 101),
        ("route.request.querystring.token", "", {}, 401),
        ("route.request.querystring.token", "?token=", {}, 401),
        ("route.request.header.Auth", "", {"auth": "x"}, 101),
        ("route.request.header.Auth", "?Auth=x", {}, 401),
        ("context.connectionId", "", {}, 101),
        ("stageVariables.nope", "", {}, 401),
    ],
)
async def test_identity_sources(
    harness: Harness, identity: str, query: str, headers: dict[str, str], status: int
) -> None:
    """§3.2: a missing identity source is 401, and the function is not called."""
    api = await guarded(harness, allow, identity)
    assert await status_of(api, query, headers) == status
    assert bool(harness.invoker.events) is (status == 101)


def denying(event: Event) -> object:
    answer = allow(event)
    answer["policyDocument"]["Statement"][0]["Effect"] = "Deny"
    return answer


def elsewhere(event: Event) -> object:
    answer = allow(event)
    answer["policyDocument"]["Statement"][0]["Resource"] = event["methodArn"].replace("$connect", "*/*")
    return answer


def failing(text: str) -> Any:
    def fail(_event: Event) -> object:
        raise Unhandled(text)

    return fail


@pytest.mark.parametrize(
    ("function", "status"),
    [
        (failing("Unauthorized"), 401),
        (failing("unauthorized"), 500),
        (failing("boom"), 500),
        (denying, 403),
        (elsewhere, 403),
        (lambda event: allow(event, context={"nested": {}}), 500),
        (lambda event: allow(event, context={"list": []}), 500),
        (lambda event: allow(event, context={"long": "x" * 9000}), 500),
        (lambda event: allow(event) | {"principalId": None}, 500),
        (lambda _: {"principalId": "ann"}, 500),
        (lambda _: {"statusCode": 401}, 500),
        (lambda _: None, 500),
        (lambda _: b"{", 500),
    ],
)
async def test_refusals(harness: Harness, function: Any, status: int) -> None:
    """§3.2: `Unauthorized` 401, Deny or nothing allowed 403, a crash or invalid output 500; `$connect` is not asked."""
    api = await guarded(harness, function)
    with pytest.raises(InvalidStatus) as refused:
        async with api.connect():
            pass
    assert refused.value.response.status_code == status
    assert list(json.loads(refused.value.response.body or b"")) == ["message", "connectionId", "requestId"]
    assert [event["type"] for event in harness.invoker.events] == ["REQUEST"]


async def test_function_missing(harness: Harness) -> None:
    """§3.2: an authorizer that cannot be invoked is 500."""
    api = await guarded(harness, allow)
    harness.invoker.functions.clear()
    assert await status_of(api) == 500


async def test_authorizer_in_use(harness: Harness) -> None:
    """An authorizer that a route asks cannot be deleted (unverified); a route must name one that exists."""
    api = await guarded(harness, allow)
    [authorizer] = (await harness.control("GetAuthorizers", ApiId=api.api_id))["Items"]
    where = {"ApiId": api.api_id, "AuthorizerId": authorizer["AuthorizerId"]}
    with pytest.raises(Exception, match="ConflictException"):
        await harness.control("DeleteAuthorizer", **where)
    await set_authorization(harness, api, AuthorizationType="NONE", AuthorizerId="")
    await harness.control("DeleteAuthorizer", **where)
    with pytest.raises(Exception, match="NotFoundException"):
        await set_authorization(harness, api, AuthorizationType="CUSTOM", AuthorizerId="aaaaaaa")


async def test_iam(harness: Harness) -> None:
    """§3.6: AWS_IAM wants a SigV4 signature for `execute-api`, in headers or query; else 403."""
    api = await harness.deploy({"$connect": ok})
    await set_authorization(harness, api, AuthorizationType="AWS_IAM")
    assert await status_of(api) == 403
    assert harness.invoker.events == []
    assert await status_of(api, headers=SIGNED) == 101
    scope = "AKID%2F20261120%2Fus-east-1%2Fexecute-api%2Faws4_request"
    query = f"?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={scope}&X-Amz-Signature=0"
    assert await status_of(api, query) == 101
    assert await status_of(api, query.replace("execute-api", "lambda")) == 403
