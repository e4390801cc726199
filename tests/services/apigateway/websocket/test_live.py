"""A snapshot bound to a stage (aws-behaviour §1.4, §1.7, §4.2)."""

from __future__ import annotations

from typing import Any

import pytest

from cloudrig.engine.names import Scope
from cloudrig.services.apigateway.v2.state import INTEGRATION, ROUTE, ROUTE_RESPONSE, Api, Node
from cloudrig.services.apigateway.websocket.integrations.base import Target
from cloudrig.services.apigateway.websocket.integrations.compiling import is_lambda_uri
from cloudrig.services.apigateway.websocket.integrations.lambda_proxy import LambdaProxy
from cloudrig.services.apigateway.websocket.live import LiveRoute, LiveStage

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"
URI = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"


def served(integration: dict[str, Any], route: dict[str, Any], *, responds: bool = False) -> LiveRoute:
    """The live form of one route, on stage `prod` with variable `v` = `blue`."""
    api = Api({"ApiId": "abcdefghij", "RouteSelectionExpression": "$request.body.action"}, scope=Scope())
    defaults = {"IntegrationType": "AWS_PROXY", "IntegrationUri": URI, "TimeoutInMillis": 1500}
    api.of(INTEGRATION)["i"] = Node(defaults | {"IntegrationId": "i"} | integration)
    document = {"RouteId": "r", "RouteKey": "send", "Target": "integrations/i", "AuthorizationType": "NONE"} | route
    api.of(ROUTE)["r"] = Node(document)
    if responds:
        api.of(ROUTE)["r"].of(ROUTE_RESPONSE)["x"] = Node({})
    stage = LiveStage("abcdefghij", "prod", Scope())
    stage.serve(api, api.snapshot(), {"StageVariables": {"v": "blue"}})
    bound = stage.route("send")
    assert bound is not None
    return bound


def test_route() -> None:
    """§1.4: the function of the URI, the timeout in seconds, the ARN the function's policy must allow."""
    route = served({}, {})
    arn = "arn:aws:execute-api:us-east-1:000000000000:abcdefghij/prod/send"
    assert route.integration == LambdaProxy(Target(FUNCTION, arn, 1.5, "apigateway.amazonaws.com"))
    assert route.source_arn == arn
    assert (route.responds, route.authorizer, route.signed) == (False, None, False)


def test_a_role_of_its_own() -> None:
    """§1.4: with `credentialsArn` the function's resource policy is not asked."""
    integration = served({"CredentialsArn": "arn:aws:iam::000000000000:role/r"}, {}).integration
    assert isinstance(integration, LambdaProxy)
    assert integration.target.principal is None


def test_stage_variables_in_the_uri() -> None:
    """§1.7: `${stageVariables.x}` in function names and aliases."""
    integration = served({"IntegrationUri": URI.replace(":f/", ":f-${stageVariables.v}/")}, {}).integration
    assert isinstance(integration, LambdaProxy)
    assert integration.target.function_arn == FUNCTION + "-blue"


@pytest.mark.parametrize(
    ("expression", "responds", "result"), [("$default", True, True), ("$default", False, False), ("", True, False)]
)
def test_route_response_needs_both(expression: str, responds: bool, result: bool) -> None:
    """§5.1: a route response and the route's selection expression."""
    assert served({}, {"RouteResponseSelectionExpression": expression}, responds=responds).responds is result


def test_target_that_is_none() -> None:
    """A route without an integration has nothing to call."""
    assert served({}, {"Target": ""}).integration is None


@pytest.mark.parametrize(
    ("uri", "answer"), [(URI, True), (FUNCTION, False), ("", False), (URI.removesuffix("/invocations"), False)]
)
def test_lambda_uris(uri: str, answer: bool) -> None:
    """§1.4: `arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{functionArn}/invocations` only."""
    assert is_lambda_uri(uri) is answer


def test_a_stage_of_many_routes_is_served_without_binding_them() -> None:
    """A stage that deploys itself is served with every route that is added: only those that are needed are bound."""
    api = Api({"ApiId": "abcdefghij", "RouteSelectionExpression": "$request.body.action"}, scope=Scope())
    for number in range(3):
        route = {"RouteId": f"r{number}", "RouteKey": f"k{number}", "AuthorizationType": "NONE"}
        api.of(ROUTE)[f"r{number}"] = Node(route)
    stage = LiveStage("abcdefghij", "prod", Scope())
    stage.serve(api, api.snapshot(), {})
    assert not stage._routes
    assert stage.select({"action": "k1"}) is stage.route("k1")
    assert list(stage._routes) == ["k1"]
    assert stage.select({"action": "k9"}) is None
