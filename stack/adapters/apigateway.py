"""REST APIs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypedDict

from stack.adapters.apigatewayv2 import invocation_uri, invoked_function
from stack.adapters.base import STACK_TAG, Adapter, ignored, one_by_one
from stack.apis import RestApi
from stack.plan import Changes, Difference, Observed

if TYPE_CHECKING:
    from types_boto3_apigateway.literals import GatewayResponseTypeType
    from types_boto3_apigateway.type_defs import MethodTypeDef, ResourceTypeDef, RestApiTypeDef

_HEADER = "method.response.header."
_GATEWAY_RESPONSES: tuple[GatewayResponseTypeType, ...] = ("DEFAULT_4XX", "DEFAULT_5XX")
_GATEWAY_ORIGIN = "gatewayresponse.header.Access-Control-Allow-Origin"


class _At(TypedDict):
    """A method, as every call about one names it."""

    restApiId: str
    resourceId: str
    httpMethod: str


class RestApis(Adapter[RestApi]):
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html"""

    def observe(self, resource: RestApi) -> Observed | None:
        """The API of this name that carries the stack's tag, with its methods, gateway responses and deployment."""
        found = self._find(resource)
        if found is None:
            return None
        api_id = found["id"]
        aspects = self._method_aspects(api_id) | self._gateway_response_aspects(api_id)
        return Observed(aspects | self._deployment_aspects(api_id), self._attributes(resource, api_id))

    def apply(self, resource: RestApi, observed: Observed | None, changes: Changes) -> Mapping[str, str]:
        """Make the API; remove and add methods (a changed one is made anew); deploy the whole."""
        api_id = self._create(resource) if observed is None else observed.attributes["id"]
        resources = {each["path"]: each for each in self._resources(api_id)}
        for aspect, difference in changes.items():
            method, _, path = aspect.partition(" ")
            if path.startswith("/"):
                if difference is not Difference.ADDED:
                    self._remove_method(api_id, resources[path]["id"], method)
                if difference is not Difference.REMOVED:
                    self._add_method(api_id, self._ensure_path(api_id, path, resources), method, path, resource)
        for kind in _GATEWAY_RESPONSES:
            if f"gateway response {kind}" in changes:
                self._put_gateway_response(api_id, kind, resource.allowed_origin)
        if Difference.REMOVED in changes.values():
            self._remove_unused_paths(api_id, resource)
        self._deploy(api_id, resource)
        return self._attributes(resource, api_id)

    def delete(self, resource: RestApi, observed: Observed) -> None:
        """Remove the API with all that is in it."""
        with ignored("NotFoundException"):
            self.clients.apigateway.delete_rest_api(restApiId=observed.attributes["id"])

    def _find(self, api: RestApi) -> RestApiTypeDef | None:
        for page in self.clients.apigateway.get_paginator("get_rest_apis").paginate():
            for found in page.get("items", []):
                if found.get("name") == api.name and found.get("tags", {}).get(STACK_TAG) == self.context.stack:
                    return found
        return None

    def _create(self, api: RestApi) -> str:
        return self.clients.apigateway.create_rest_api(
            name=api.name, endpointConfiguration={"types": ["REGIONAL"]}, tags=self.context.tags
        )["id"]

    def _attributes(self, api: RestApi, api_id: str) -> dict[str, str]:
        return {"id": api_id, "url": self.context.addresses.rest_url(api_id, api.stage)}

    def _resources(self, api_id: str) -> list[ResourceTypeDef]:
        pages = self.clients.apigateway.get_paginator("get_resources").paginate(restApiId=api_id, embed=["methods"])
        return [resource for page in pages for resource in page.get("items", [])]

    def _method_aspects(self, api_id: str) -> dict[str, object]:
        return {
            f"{name} {resource['path']}": _method_aspect(name, method)
            for resource in self._resources(api_id)
            for name, method in resource.get("resourceMethods", {}).items()
        }

    def _gateway_response_aspects(self, api_id: str) -> dict[str, object]:
        found = self.clients.apigateway.get_gateway_responses(restApiId=api_id).get("items", [])
        origins = {each.get("responseType"): each.get("responseParameters", {}).get(_GATEWAY_ORIGIN) for each in found}
        return {
            f"gateway response {kind}": _unquoted(origin)
            for kind in _GATEWAY_RESPONSES
            if (origin := origins.get(kind))
        }

    def _deployment_aspects(self, api_id: str) -> dict[str, object]:
        for stage in self.clients.apigateway.get_stages(restApiId=api_id).get("item", []):
            deployment = self.clients.apigateway.get_deployment(restApiId=api_id, deploymentId=stage["deploymentId"])
            return {"deployment": deployment.get("description", "")}
        return {}

    def _ensure_path(self, api_id: str, path: str, resources: dict[str, ResourceTypeDef]) -> str:
        if path not in resources:
            resources[path] = one_by_one(  # type: ignore[assignment]  # an answer is a resource with its HTTP metadata
                self.clients.apigateway.create_resource,
                restApiId=api_id,
                parentId=resources["/"]["id"],
                pathPart=path.removeprefix("/"),
            )
        return resources[path]["id"]

    def _add_method(self, api_id: str, resource_id: str, method: str, path: str, api: RestApi) -> None:
        at = _At(restApiId=api_id, resourceId=resource_id, httpMethod=method)
        one_by_one(self.clients.apigateway.put_method, **at, authorizationType="NONE")
        if method == "OPTIONS":
            self._answer_preflight(at, api.cors_headers(path))
        else:
            function = next(each.function_arn for each in api.endpoints if (each.method, each.path) == (method, path))
            one_by_one(
                self.clients.apigateway.put_integration,
                **at,
                type="AWS_PROXY",
                # Of the call to Lambda, whatever the method of the API is.
                integrationHttpMethod="POST",
                uri=invocation_uri(self.context.region, function),
            )

    def _answer_preflight(self, at: _At, headers: Mapping[str, str]) -> None:
        client = self.clients.apigateway
        names = {f"{_HEADER}{name}": False for name in headers}
        values = {f"{_HEADER}{name}": f"'{value}'" for name, value in headers.items()}
        one_by_one(client.put_method_response, **at, statusCode="200", responseParameters=names)
        one_by_one(
            client.put_integration, **at, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'}
        )
        one_by_one(client.put_integration_response, **at, statusCode="200", responseParameters=values)

    def _remove_method(self, api_id: str, resource_id: str, method: str) -> None:
        with ignored("NotFoundException"):
            one_by_one(
                self.clients.apigateway.delete_method, restApiId=api_id, resourceId=resource_id, httpMethod=method
            )

    def _remove_unused_paths(self, api_id: str, api: RestApi) -> None:
        for resource in self._resources(api_id):
            if resource["path"] != "/" and resource["path"] not in api.paths():
                one_by_one(self.clients.apigateway.delete_resource, restApiId=api_id, resourceId=resource["id"])

    def _put_gateway_response(self, api_id: str, kind: GatewayResponseTypeType, origin: str) -> None:
        one_by_one(
            self.clients.apigateway.put_gateway_response,
            restApiId=api_id,
            responseType=kind,
            responseParameters={_GATEWAY_ORIGIN: f"'{origin}'"},
        )

    def _deploy(self, api_id: str, api: RestApi) -> None:
        one_by_one(
            self.clients.apigateway.create_deployment,
            restApiId=api_id,
            stageName=api.stage,
            description=str(api.aspects()["deployment"]),
        )


def _method_aspect(name: str, method: MethodTypeDef) -> object:
    integration = method.get("methodIntegration", {})
    if name != "OPTIONS":
        return invoked_function(integration.get("uri", ""))
    answer = integration.get("integrationResponses", {}).get("200", {})
    parameters = answer.get("responseParameters", {})
    return {key.removeprefix(_HEADER): _unquoted(value) for key, value in parameters.items()}


def _unquoted(value: str) -> str:
    """A static value of API Gateway stands in single quotes."""
    return value.removeprefix("'").removesuffix("'")
