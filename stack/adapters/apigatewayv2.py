"""WebSocket APIs: the API, its authorizer, then its routes and its stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NotRequired, TypedDict

from stack.adapters.base import STACK_TAG, Adapter, ignored, one_by_one
from stack.apis import Route, WebSocketApi, WebSocketRoutes
from stack.plan import Changes, Difference, Observed
from stack.references import known
from stack.user_pools import Authorizer

if TYPE_CHECKING:
    from types_boto3_apigatewayv2.literals import AuthorizationTypeType
    from types_boto3_apigatewayv2.type_defs import ApiTypeDef, RouteTypeDef

_INVOCATIONS = "/invocations"


class _Authorization(TypedDict):
    AuthorizationType: AuthorizationTypeType
    AuthorizerId: NotRequired[str]


class WebSocketApis(Adapter[WebSocketApi]):
    """https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html"""

    def observe(self, resource: WebSocketApi) -> Observed | None:
        """The API of this name that carries the stack's tag; others may have the name too."""
        found = self._find(resource)
        if found is None:
            return None
        return Observed({"selection": found["RouteSelectionExpression"]}, self._attributes(resource, found["ApiId"]))

    def apply(self, resource: WebSocketApi, observed: Observed | None, changes: Changes) -> Mapping[str, str]:
        """Make or update the API."""
        if observed is None:
            made = self.clients.apigatewayv2.create_api(
                Name=resource.name,
                ProtocolType="WEBSOCKET",
                RouteSelectionExpression=resource.route_selection,
                Tags=self.context.tags,
            )
            return self._attributes(resource, made["ApiId"])
        self.clients.apigatewayv2.update_api(
            ApiId=observed.attributes["id"], RouteSelectionExpression=resource.route_selection
        )
        return observed.attributes

    def delete(self, resource: WebSocketApi, observed: Observed) -> None:
        """Remove the API with all that is in it."""
        with ignored("NotFoundException"):
            self.clients.apigatewayv2.delete_api(ApiId=observed.attributes["id"])

    def _find(self, api: WebSocketApi) -> ApiTypeDef | None:
        for page in self.clients.apigatewayv2.get_paginator("get_apis").paginate():
            for found in page.get("Items", []):
                if found["Name"] == api.name and found.get("Tags", {}).get(STACK_TAG) == self.context.stack:
                    return found
        return None

    def _attributes(self, api: WebSocketApi, api_id: str) -> dict[str, str]:
        return {
            "id": api_id,
            "url": self.context.addresses.websocket_url(api_id, api.stage),
            "callback_url": self.context.addresses.callback_url(api_id, api.stage),
        }


class Authorizers(Adapter[Authorizer]):
    """https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-authorizers.html"""

    def observe(self, resource: Authorizer) -> Observed | None:
        """The API's authorizer of this name, which is unique in it."""
        if not known(resource.api_id):
            return None
        for each in self.clients.apigatewayv2.get_authorizers(ApiId=resource.api_id).get("Items", []):
            if each["Name"] == resource.name:
                aspects = {"function": invoked_function(each.get("AuthorizerUri", ""))}
                return Observed(aspects, {"id": each["AuthorizerId"]})
        return None

    def apply(self, resource: Authorizer, observed: Observed | None, changes: Changes) -> Mapping[str, str]:
        """Make or update the authorizer. It has no identity sources: which way in a client takes is its business."""
        uri = invocation_uri(self.context.region, resource.function_arn)
        if observed is not None:
            one_by_one(
                self.clients.apigatewayv2.update_authorizer,
                ApiId=resource.api_id,
                AuthorizerId=observed.attributes["id"],
                AuthorizerUri=uri,
            )
            return observed.attributes
        made = one_by_one(
            self.clients.apigatewayv2.create_authorizer,
            ApiId=resource.api_id,
            AuthorizerType="REQUEST",
            AuthorizerUri=uri,
            IdentitySource=[],
            Name=resource.name,
        )
        return {"id": made["AuthorizerId"]}

    def delete(self, resource: Authorizer, observed: Observed) -> None:
        """Nothing: it goes with the API, and cannot go before the route that it decides about."""


class WebSocketRouteSets(Adapter[WebSocketRoutes]):
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html"""

    def observe(self, resource: WebSocketRoutes) -> Observed | None:
        """Routes, integrations and stages: three calls."""
        if not known(resource.api_id):
            return None
        functions = {f"integrations/{key}": function for function, key in self._integrations(resource.api_id).items()}
        aspects: dict[str, object] = {
            f"route {route['RouteKey']}": {
                "function": functions.get(route.get("Target", "")),
                "answers": route.get("RouteResponseSelectionExpression") == "$default",
                "authorizer": route.get("AuthorizerId", ""),
            }
            for route in self._routes(resource.api_id)
        }
        for stage in self.clients.apigatewayv2.get_stages(ApiId=resource.api_id).get("Items", []):
            aspects[f"stage {stage['StageName']}"] = {"autoDeploy": stage.get("AutoDeploy", False)}
        return Observed(aspects) if aspects else None

    def apply(self, resource: WebSocketRoutes, observed: Observed | None, changes: Changes) -> Mapping[str, str]:
        """Remove, then add routes (a changed one is made anew), then the stage: a new one deploys them all at once."""
        outdated = {aspect for aspect, difference in changes.items() if difference is not Difference.ADDED}
        if outdated:
            self._remove_routes(resource.api_id, outdated)
        self._add_routes(resource.api_id, [route for route in resource.routes if f"route {route.key}" in changes])
        if outdated:
            self._remove_unused_integrations(resource.api_id)
        for aspect, difference in changes.items():
            if aspect.startswith("stage "):
                self._change_stage(resource.api_id, aspect.removeprefix("stage "), difference)
        return {}

    def delete(self, resource: WebSocketRoutes, observed: Observed) -> None:
        """Remove the stages; the routes go with the API."""
        for aspect in observed.aspects:
            if aspect.startswith("stage "):
                with ignored("NotFoundException"):
                    self._change_stage(resource.api_id, aspect.removeprefix("stage "), Difference.REMOVED)

    def _add_routes(self, api_id: str, routes: Iterable[Route]) -> None:
        integrations = self._integrations(api_id)
        for route in routes:
            if route.function_arn not in integrations:
                integrations[route.function_arn] = self._add_integration(api_id, route.function_arn)
            self._add_route(api_id, route, f"integrations/{integrations[route.function_arn]}")

    def _add_integration(self, api_id: str, function_arn: str) -> str:
        return one_by_one(
            self.clients.apigatewayv2.create_integration,
            ApiId=api_id,
            IntegrationType="AWS_PROXY",
            IntegrationMethod="POST",
            IntegrationUri=invocation_uri(self.context.region, function_arn),
        )["IntegrationId"]

    def _add_route(self, api_id: str, route: Route, target: str) -> None:
        client = self.clients.apigatewayv2
        route_id = one_by_one(
            client.create_route, ApiId=api_id, RouteKey=route.key, Target=target, **_authorization(route)
        )["RouteId"]
        if route.answers:
            one_by_one(client.create_route_response, ApiId=api_id, RouteId=route_id, RouteResponseKey="$default")
            # Last, so that a route that says it answers has its route response, however a deployment ended.
            one_by_one(client.update_route, ApiId=api_id, RouteId=route_id, RouteResponseSelectionExpression="$default")

    def _remove_routes(self, api_id: str, aspects: set[str]) -> None:
        for route in self._routes(api_id):
            if f"route {route['RouteKey']}" in aspects:
                one_by_one(self.clients.apigatewayv2.delete_route, ApiId=api_id, RouteId=route["RouteId"])

    def _remove_unused_integrations(self, api_id: str) -> None:
        used = {route.get("Target") for route in self._routes(api_id)}
        for integration in self._integrations(api_id).values():
            if f"integrations/{integration}" not in used:
                one_by_one(self.clients.apigatewayv2.delete_integration, ApiId=api_id, IntegrationId=integration)

    def _change_stage(self, api_id: str, name: str, difference: Difference) -> None:
        client = self.clients.apigatewayv2
        if difference is Difference.ADDED:
            one_by_one(client.create_stage, ApiId=api_id, StageName=name, AutoDeploy=True, Tags=self.context.tags)
        elif difference is Difference.CHANGED:
            one_by_one(client.update_stage, ApiId=api_id, StageName=name, AutoDeploy=True)
        else:
            one_by_one(client.delete_stage, ApiId=api_id, StageName=name)

    def _routes(self, api_id: str) -> list[RouteTypeDef]:
        pages = self.clients.apigatewayv2.get_paginator("get_routes").paginate(ApiId=api_id)
        return [route for page in pages for route in page.get("Items", [])]

    def _integrations(self, api_id: str) -> dict[str, str]:
        """Function ARN → integration id."""
        pages = self.clients.apigatewayv2.get_paginator("get_integrations").paginate(ApiId=api_id)
        found = (integration for page in pages for integration in page.get("Items", []))
        return {invoked_function(each.get("IntegrationUri", "")): each["IntegrationId"] for each in found}


def _authorization(route: Route) -> _Authorization:
    if route.authorizer_id:
        return {"AuthorizationType": "CUSTOM", "AuthorizerId": route.authorizer_id}
    return {"AuthorizationType": "NONE"}


def invocation_uri(region: str, function_arn: str) -> str:
    """What an integration calls to call a function."""
    return f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function_arn}{_INVOCATIONS}"


def invoked_function(uri: str) -> str:
    """The function ARN in such a URI."""
    return uri.partition("/functions/")[2].removesuffix(_INVOCATIONS)
