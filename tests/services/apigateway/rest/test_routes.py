"""Which method answers for a path. Recorded behaviour of AWS where a test says so."""

from __future__ import annotations

import pytest

from tests.services.apigateway.rest.fakes import Gateway


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


async def matched(gateway: Gateway, routes: list[str], method: str, path: str) -> tuple[str, dict[str, str] | None]:
    """The resource whose method answers among proxies of the given `METHOD /path`s, and the path parameters."""
    api = gateway.api()
    for route in routes:
        api.proxy(*route.split(" "))
    response = await api.deploy().send(method, f"/prod{path}")
    if response.status != 200:
        return "none", None
    return gateway.invoker.event["resource"], gateway.invoker.event["pathParameters"]


@pytest.mark.parametrize(
    ("path", "resource", "parameters"),
    [
        ("/users", "/users", None),
        ("/users/", "/users", None),
        ("/users/me", "/users/me", None),
        ("/users/7", "/users/{id}", {"id": "7"}),
        ("/users/7/posts/9", "/users/{id}/{rest+}", {"id": "7", "rest": "posts/9"}),
        ("/users/me/posts", "/{all+}", {"all": "users/me/posts"}),
        ("/other/a%2Fb/c+d", "/{all+}", {"all": "other/a%2Fb/c+d"}),
        ("//users/me", "/users/me", None),
    ],
)
async def test_literals_then_variables_then_greedy(
    gateway: Gateway, path: str, resource: str, parameters: dict[str, str] | None
) -> None:
    """The most specific resource answers; parameters stay percent-encoded (recorded: `test%2Balias`)."""
    routes = ["GET /users", "GET /users/me", "GET /users/{id}", "GET /users/{id}/{rest+}", "GET /{all+}"]
    if path == "/users/me/posts":
        routes.remove("GET /users/{id}/{rest+}")
    assert await matched(gateway, routes, "GET", path) == (resource, parameters)


async def test_a_method_of_its_own_wins_over_any(gateway: Gateway) -> None:
    """`ANY` answers for the methods that the resource does not have."""
    routes = ["GET /x", "ANY /x"]
    await matched(gateway, routes, "GET", "/x")
    api = gateway.api()
    api.proxy("GET", "/x", "arn:aws:lambda:us-east-1:000000000000:function:get")
    api.proxy("ANY", "/x", "arn:aws:lambda:us-east-1:000000000000:function:any")
    api.deploy()
    await api.send("GET", "/prod/x")
    await api.send("HEAD", "/prod/x")
    assert [call["function"].split(":")[-1] for call in gateway.invoker.calls[-2:]] == ["get", "any"]


@pytest.mark.parametrize(
    ("method", "path", "resource"),
    [
        ("OPTIONS", "/test", "/{proxy+}"),
        ("POST", "/test", "/test"),
        ("OPTIONS", "/test/any", "/test/any"),
        ("GET", "/test/any", "/test/any"),
    ],
)
async def test_greedy_sibling_answers_for_methods_a_resource_lacks(
    gateway: Gateway, method: str, path: str, resource: str
) -> None:
    """Recorded on AWS (LocalStack `test_proxy_routing_with_hardcoded_resource_sibling`)."""
    routes = ["POST /test", "ANY /test/any", "OPTIONS /{proxy+}"]
    assert (await matched(gateway, routes, method, path))[0] == resource


async def test_greedy_does_not_match_its_own_parent(gateway: Gateway) -> None:
    """`/{proxy+}` needs at least one segment."""
    assert (await matched(gateway, ["GET /{proxy+}"], "GET", "/"))[0] == "none"


async def test_variable_does_not_match_an_empty_segment(gateway: Gateway) -> None:
    assert (await matched(gateway, ["GET /a/{x}/b"], "GET", "/a//b"))[0] == "none"
