"""REST and WebSocket APIs."""

from __future__ import annotations

from stack.apis import RestApi, WebSocketApi, WebSocketRoutes
from stack.parts.part import INVOKE_URI, Part, Parts, Properties, named
from stack.user_pools import Authorizer


def rest_api(api: RestApi) -> Parts:
    api_id = f"${{rest.{api.id}.id}}"
    yield Part("rest", api.id, {"Name": api.name})
    deployed = []
    for part in (*_methods(api, api_id), *_gateway_responses(api, api_id)):
        deployed.append(part.key)
        yield part
    description = str(api.aspects()["deployment"])
    yield Part("deployment", api.id, {"RestApiId": api_id, "Description": description}, tuple(deployed))
    stage = {"RestApiId": api_id, "DeploymentId": f"${{deployment.{api.id}.id}}", "StageName": api.stage}
    yield Part("stage", api.id, stage)


def _methods(api: RestApi, api_id: str) -> Parts:
    for path in api.paths():
        name = named(path)
        root = f"${{rest.{api.id}.root}}"
        yield Part("resource", name, {"RestApiId": api_id, "ParentId": root, "PathPart": path.strip("/")})
        at = {"RestApiId": api_id, "ResourceId": f"${{resource.{name}.id}}", "AuthorizationType": "NONE"}
        for endpoint in api.endpoints:
            if endpoint.path == path:
                uri = INVOKE_URI % endpoint.function_arn
                proxied = {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": uri}
                method = {**at, "HttpMethod": endpoint.method, "Integration": proxied}
                yield Part("method", f"{endpoint.method}_{name}", method)
        yield Part("method", f"OPTIONS_{name}", {**at, "HttpMethod": "OPTIONS", **_preflight(api, path)})


def _preflight(api: RestApi, path: str) -> Properties:
    """What answers a browser that asks before it calls from another origin."""
    headers = {f"method.response.header.{header}": f"'{value}'" for header, value in api.cors_headers(path).items()}
    return {
        "Integration": {
            "Type": "MOCK",
            "RequestTemplates": {"application/json": '{"statusCode": 200}'},
            "IntegrationResponses": [{"StatusCode": "200", "ResponseParameters": headers}],
        },
        "MethodResponses": [{"StatusCode": "200", "ResponseParameters": dict.fromkeys(headers, False)}],
    }


def _gateway_responses(api: RestApi, api_id: str) -> Parts:
    for kind in ("DEFAULT_4XX", "DEFAULT_5XX"):
        header = "gatewayresponse.header.Access-Control-Allow-Origin"
        properties = {
            "RestApiId": api_id,
            "ResponseType": kind,
            "ResponseParameters": {header: f"'{api.allowed_origin}'"},
            # API Gateway's own, which it shows as if it had been asked for.
            "ResponseTemplates": {"application/json": '{"message":$context.error.messageString}'},
        }
        yield Part("gatewayresponse", kind, properties)


def websocket_api(api: WebSocketApi) -> Parts:
    properties = {"Name": api.name, "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": api.route_selection}
    yield Part("websocket", api.id, properties)


def websocket_routes(routes: WebSocketRoutes) -> Parts:
    at = {"ApiId": routes.api_id}
    for function in dict.fromkeys(route.function_arn for route in routes.routes):
        proxied = {
            "IntegrationType": "AWS_PROXY",
            "IntegrationMethod": "POST",
            "IntegrationUri": INVOKE_URI % function,
        }
        yield Part("integration", _called(function), {**at, **proxied})
    names = []
    for route in routes.routes:
        name = named(route.key)
        names.append(f"route.{name}")
        target = f"integrations/${{integration.{_called(route.function_arn)}.id}}"
        properties = {**at, "RouteKey": route.key, "Target": target}
        properties |= {"RouteResponseSelectionExpression": "$default"} if route.answers else {}
        if route.authorizer_id:
            properties |= {"AuthorizationType": "CUSTOM", "AuthorizerId": route.authorizer_id}
        yield Part("route", name, properties)
        if route.answers:
            yield Part("answer", name, {**at, "RouteId": f"${{route.{name}.id}}", "RouteResponseKey": "$default"})
    yield Part("routes", routes.id, {**at, "StageName": routes.stage, "AutoDeploy": True}, tuple(names))


def _called(function_arn: str) -> str:
    """The function's name, of `${function.signup.arn}`."""
    return function_arn.split(".")[1]


def authorizer(authorizer: Authorizer) -> Parts:
    properties = {
        "ApiId": authorizer.api_id,
        "AuthorizerType": "REQUEST",
        "AuthorizerUri": INVOKE_URI % authorizer.function_arn,
        "Name": authorizer.name,
    }
    yield Part("authorizer", authorizer.id, properties)
