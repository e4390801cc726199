from dataclasses import replace

from stack import Clients
from stack.adapters import Adapters
from stack.apis import Route, WebSocketApi, WebSocketRoutes
from stack.user_pools import Authorizer
from tests.stack.adapters.bring import bring_about, remove
from tests.stack.fakes import Wire

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:%s"


def api(prefix: str) -> WebSocketApi:
    return WebSocketApi(id="chat", name=f"{prefix}-ws", stage="prod")


def routes(*routes: Route) -> WebSocketRoutes:
    return WebSocketRoutes(id="chat", api_id="${websocket.chat.id}", stage="prod", routes=routes)


CONNECT = Route("$connect", FUNCTION % "connect", answers=False)
PING = Route("ping", FUNCTION % "ping")
PONG = Route("pong", FUNCTION % "ping")


def test_an_api_has_its_routes_and_a_stage_that_deploys_by_itself(
    adapters: Adapters, clients: Clients, prefix: str
) -> None:
    facts = bring_about(adapters, api(prefix), routes(CONNECT, PING))
    api_id = facts["websocket.chat.id"]
    assert facts["websocket.chat.url"] == f"ws://test/{api_id}/prod"
    assert facts["websocket.chat.callback_url"] == f"http://callback/{api_id}/prod"
    found = clients.apigatewayv2.get_api(ApiId=api_id)
    assert (found["ProtocolType"], found["RouteSelectionExpression"]) == ("WEBSOCKET", "$request.body.action")
    assert found["Tags"] == {"cloudrig:stack": prefix}
    stage = clients.apigatewayv2.get_stage(ApiId=api_id, StageName="prod")
    assert stage["AutoDeploy"] is True


def test_a_route_that_answers_has_a_route_response(adapters: Adapters, clients: Clients, prefix: str) -> None:
    api_id = bring_about(adapters, api(prefix), routes(CONNECT, PING))["websocket.chat.id"]
    found = {route["RouteKey"]: route for route in clients.apigatewayv2.get_routes(ApiId=api_id)["Items"]}
    assert found["ping"]["RouteResponseSelectionExpression"] == "$default"
    assert found["$connect"].get("RouteResponseSelectionExpression") is None


def test_a_route_without_its_response_is_made_anew(
    adapters: Adapters, clients: Clients, prefix: str, wire: Wire
) -> None:
    """What a deployment leaves that was cut short between the two."""
    api_id = bring_about(adapters, api(prefix), routes(CONNECT))["websocket.chat.id"]
    clients.apigatewayv2.create_route(ApiId=api_id, RouteKey="ping")
    wire.requests.clear()
    bring_about(adapters, api(prefix), routes(CONNECT, PING))
    assert "CreateRouteResponse" in wire.changes
    assert len(clients.apigatewayv2.get_routes(ApiId=api_id)["Items"]) == 2


def test_routes_of_one_function_share_an_integration(adapters: Adapters, clients: Clients, prefix: str) -> None:
    api_id = bring_about(adapters, api(prefix), routes(PING, PONG))["websocket.chat.id"]
    (integration,) = clients.apigatewayv2.get_integrations(ApiId=api_id)["Items"]
    assert integration["IntegrationType"] == "AWS_PROXY"
    assert integration["IntegrationUri"] == (
        f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION % 'ping'}/invocations"
    )


def test_a_new_route_is_the_only_change(adapters: Adapters, prefix: str, wire: Wire) -> None:
    bring_about(adapters, api(prefix), routes(PING))
    wire.requests.clear()
    bring_about(adapters, api(prefix), routes(PING, PONG))
    assert wire.changes == ["CreateRoute", "CreateRouteResponse", "UpdateRoute"]


def test_a_route_declared_no_more_goes_with_its_integration(
    adapters: Adapters, clients: Clients, prefix: str, wire: Wire
) -> None:
    api_id = bring_about(adapters, api(prefix), routes(CONNECT, PING))["websocket.chat.id"]
    wire.requests.clear()
    bring_about(adapters, api(prefix), routes(PING))
    assert wire.changes == ["DeleteRoute", "DeleteIntegration"]
    assert [route["RouteKey"] for route in clients.apigatewayv2.get_routes(ApiId=api_id)["Items"]] == ["ping"]


def test_a_change_that_runs_into_another_is_made_again(adapters: Adapters, prefix: str, wire: Wire) -> None:
    busy = "Unable to complete operation due to concurrent modification. Please try again later."
    wire.refuse("CreateRoute", "ConflictException", busy, times=2)
    bring_about(adapters, api(prefix), routes(PING))
    assert wire.operations.count("CreateRoute") == 3


def test_an_api_of_that_name_without_the_tag_is_somebody_elses(
    adapters: Adapters, clients: Clients, prefix: str
) -> None:
    theirs = clients.apigatewayv2.create_api(
        Name=f"{prefix}-ws", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )["ApiId"]
    assert bring_about(adapters, api(prefix), routes(PING))["websocket.chat.id"] != theirs
    remove(adapters, api(prefix), routes(PING))
    assert clients.apigatewayv2.get_api(ApiId=theirs)


def authorizer(name: str = "authorize") -> Authorizer:
    return Authorizer(id="connect", name="connect", api_id="${websocket.chat.id}", function_arn=FUNCTION % name)


AUTHORIZED = replace(CONNECT, authorizer_id="${authorizer.connect.id}")


def test_an_authorizer_is_asked_at_every_handshake(rig_adapters: Adapters, rig_clients: Clients, prefix: str) -> None:
    """Without identity sources: none is there in every way in, and one that is missing keeps the function unasked."""
    facts = bring_about(rig_adapters, api(prefix), authorizer(), routes(AUTHORIZED, PING))
    api_id = facts["websocket.chat.id"]
    (made,) = rig_clients.apigatewayv2.get_authorizers(ApiId=api_id)["Items"]
    assert (made["AuthorizerType"], made["IdentitySource"]) == ("REQUEST", [])
    assert made["AuthorizerUri"].endswith(f"/functions/{FUNCTION % 'authorize'}/invocations")
    found = {route["RouteKey"]: route for route in rig_clients.apigatewayv2.get_routes(ApiId=api_id)["Items"]}
    assert (found["$connect"]["AuthorizationType"], found["$connect"]["AuthorizerId"]) == (
        "CUSTOM",
        facts["authorizer.connect.id"],
    )
    assert found["ping"]["AuthorizationType"] == "NONE"


def test_an_authorizer_may_call_another_function(rig_adapters: Adapters, rig_clients: Clients, prefix: str) -> None:
    bring_about(rig_adapters, api(prefix), authorizer(), routes(AUTHORIZED))
    wire = Wire(rig_clients)
    bring_about(rig_adapters, api(prefix), authorizer("other"), routes(AUTHORIZED))
    wire.close()
    assert wire.changes == ["UpdateAuthorizer"]


def test_a_route_gets_an_authorizer_and_loses_it(rig_adapters: Adapters, rig_clients: Clients, prefix: str) -> None:
    bring_about(rig_adapters, api(prefix), authorizer(), routes(CONNECT, PING))
    bring_about(rig_adapters, api(prefix), authorizer(), routes(AUTHORIZED, PING))
    facts = bring_about(rig_adapters, api(prefix), authorizer(), routes(CONNECT, PING))
    found = rig_clients.apigatewayv2.get_routes(ApiId=facts["websocket.chat.id"])["Items"]
    assert {route["AuthorizationType"] for route in found} == {"NONE"}
