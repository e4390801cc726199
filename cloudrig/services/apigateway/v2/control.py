"""The apigatewayv2 control plane for WebSocket and HTTP APIs.

Nearly all of it is the same five operations on kinds of documents: `_operations_of` makes them from a `Kind`, its
defaults and its rule, which `documents.py` has by protocol. What is particular to a kind is written out, here or in
`stages.py`. Every change goes through `_changed`, which redeploys the stages that deploy themselves.
Source: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from cloudrig.engine import names
from cloudrig.engine.clock import Clock
from cloudrig.engine.errors import OperationNotImplemented, ServiceError
from cloudrig.engine.messages import Addresses, Caller, Members
from cloudrig.engine.wire import Operation
from cloudrig.services.apigateway.errors import BadRequestException, ConflictException, NotFoundException
from cloudrig.services.apigateway.v2.documents import DEFAULTS, RULES, given, merged, page, with_computed
from cloudrig.services.apigateway.v2.http_rules import DEFAULT
from cloudrig.services.apigateway.v2.quick_create import check_target_given, quick_integration, split_target
from cloudrig.services.apigateway.v2.stages import StageControl
from cloudrig.services.apigateway.v2.state import (
    API,
    AUTHORIZER,
    DEPLOYMENT,
    INTEGRATION,
    INTEGRATION_RESPONSE,
    MODEL,
    ROUTE,
    ROUTE_RESPONSE,
    STAGE,
    WEBSOCKET,
    Api,
    Apis,
    Kind,
    Node,
)


class ControlV2:
    """The operations."""

    def __init__(self, apis: Apis, clock: Clock, addresses: Addresses, stages: StageControl) -> None:
        self._apis = apis
        self._clock = clock
        self._addresses = addresses
        self._stages = stages
        self.operations: Mapping[str, Operation] = self._table()

    def _table(self) -> Mapping[str, Operation]:
        """Every operation by name, for `wire.OperationTable`."""
        table: dict[str, Operation] = {
            "CreateApi": self.create_api,
            "GetApi": self.get_api,
            "GetApis": self.get_apis,
            "UpdateApi": self.update_api,
            "DeleteApi": self.delete_api,
            "DeleteCorsConfiguration": self.delete_cors_configuration,
            "DeleteRouteRequestParameter": self.delete_route_request_parameter,
            "TagResource": self.tag_resource,
            "UntagResource": self.untag_resource,
            "GetTags": self.get_tags,
        }
        for kind in (ROUTE, ROUTE_RESPONSE, INTEGRATION, INTEGRATION_RESPONSE, AUTHORIZER, MODEL, DEPLOYMENT, STAGE):
            table |= self._operations_of(kind)
        return table | {
            "DeleteAuthorizer": self.delete_authorizer,
            "DeleteIntegration": self.delete_integration,
            "GetModelTemplate": self.get_model_template,
            **self._stages.operations,
        }

    # --- the five operations of any kind -----------------------------------------------------------------------------

    def _operations_of(self, kind: Kind) -> dict[str, Operation]:
        return {
            f"Create{kind.name}": lambda caller, members: self._create(kind, caller, members),
            f"Get{kind.name}": lambda caller, members: self._node(kind, caller, members).members,
            f"Get{kind.name}s": lambda caller, members: self._list(kind, caller, members),
            f"Update{kind.name}": lambda caller, members: self._update(kind, caller, members),
            f"Delete{kind.name}": lambda caller, members: self._delete(kind, caller, members),
        }

    def _create(self, kind: Kind, caller: Caller, members: Members) -> Members:
        api, parent = self._place(kind, caller, members)
        document = DEFAULTS[api.protocol].get(kind, {}) | given(kind, f"Create{kind.name}", members)
        document = with_computed(api.protocol, kind, document)
        RULES[api.protocol][kind](api, parent, document)
        identifier = document.setdefault(kind.id_member, names.short_id())
        parent.of(kind)[identifier] = Node(document)
        self._changed(api, kind)
        return document

    def _list(self, kind: Kind, caller: Caller, members: Members) -> Members:
        _, parent = self._place(kind, caller, members)
        return page(parent.documents(kind), members)

    def _update(self, kind: Kind, caller: Caller, members: Members) -> Members:
        api, parent = self._place(kind, caller, members)
        node = parent.find(kind, members[kind.id_member])
        document = merged(node.members, given(kind, f"Update{kind.name}", members))
        document = with_computed(api.protocol, kind, document)
        _check_managed(node.members, document)
        RULES[api.protocol][kind](api, parent, document)
        node.members = document
        self._changed(api, kind)
        return node.members

    def _delete(self, kind: Kind, caller: Caller, members: Members) -> Members:
        api, parent = self._place(kind, caller, members)
        parent.find(kind, members[kind.id_member])
        del parent.of(kind)[members[kind.id_member]]
        self._changed(api, kind)
        return {}

    def _place(self, kind: Kind, caller: Caller, members: Members) -> tuple[Api, Node]:
        """The API named in the members, and the node the kind hangs under. Raises NotFoundException."""
        api = self._apis.find(caller.scope, members["ApiId"])
        parent = kind.parent
        if parent is None or parent is API:
            return api, api
        return api, api.find(parent, members[parent.id_member])

    def _node(self, kind: Kind, caller: Caller, members: Members) -> Node:
        _, parent = self._place(kind, caller, members)
        return parent.find(kind, members[kind.id_member])

    # --- APIs --------------------------------------------------------------------------------------------------------

    def create_api(self, caller: Caller, members: Members) -> Members:
        """Make an API. With `Target` (HTTP only) it has a route to it and a stage at once.

        Raises BadRequestException.
        """
        protocol = members["ProtocolType"]
        api_members, target = split_target(given(API, "CreateApi", members))
        document = DEFAULTS[protocol][API] | api_members | {"CreatedDate": self._clock.utc()}
        check_target_given(protocol, target)
        RULES[protocol][API](_NO_API, _NO_API, document)
        api = self._apis.add(caller.scope, {"Tags": {}, "IpAddressType": "ipv4", **document})
        api.members = api.members | {"ApiEndpoint": self._endpoint(api)}
        if target:
            self._quick_create(caller, api, target)
        return api.members

    def _endpoint(self, api: Api) -> str:
        url = self._addresses.url.replace("http", "ws", 1) if api.protocol == WEBSOCKET else self._addresses.url
        return f"{url}/_aws/execute-api/{api.id}"

    def _quick_create(self, caller: Caller, api: Api, target: Members) -> None:
        """Raises BadRequestException, and leaves no API behind then."""
        where = {"ApiId": api.id}
        try:
            integration = self._create(INTEGRATION, caller, where | quick_integration(target))
            route = {
                "RouteKey": target.get("RouteKey") or DEFAULT,
                "Target": f"integrations/{integration['IntegrationId']}",
            }
            self._create(ROUTE, caller, where | route)
        except ServiceError:
            self._apis.remove(api)
            raise
        for kind in (INTEGRATION, ROUTE):
            for node in api.of(kind).values():
                node.members = node.members | {"ApiGatewayManaged": True}
        self._stages.create_stage(caller, where | {"StageName": DEFAULT, "AutoDeploy": True})
        stage = api.find(STAGE, DEFAULT)
        stage.members = stage.members | {"ApiGatewayManaged": True}

    def get_api(self, caller: Caller, members: Members) -> Members:
        return self._apis.find(caller.scope, members["ApiId"]).members

    def get_apis(self, caller: Caller, members: Members) -> Members:
        return page([api.members for api in self._apis.all(caller.scope)], members)

    def update_api(self, caller: Caller, members: Members) -> Members:
        api = self._apis.find(caller.scope, members["ApiId"])
        api_members, target = split_target(given(API, "UpdateApi", members))
        document = merged(api.members, api_members)
        RULES[api.protocol][API](api, api, document)
        check_target_given(api.protocol, target)
        self._retarget(caller, api, target)
        api.members = document
        self._changed(api, API)
        return api.members

    def delete_api(self, caller: Caller, members: Members) -> Members:
        """Remove an API with everything below it; its clients are disconnected."""
        api = self._apis.find(caller.scope, members["ApiId"])
        for name in list(api.of(STAGE)):
            self._stages.remove(api, name)
        self._apis.remove(api)
        return {}

    def _retarget(self, caller: Caller, api: Api, target: Members) -> None:
        """Change what quick create made. Raises BadRequestException where it made nothing."""
        changes = {ROUTE: {}, INTEGRATION: quick_integration(target) if target.get("Target") else {}}
        if target.get("RouteKey"):
            changes[ROUTE] = {"RouteKey": target["RouteKey"]}
        if target.get("CredentialsArn"):
            changes[INTEGRATION] |= {"CredentialsArn": target["CredentialsArn"]}
        for kind, change in changes.items():
            node = next((node for node in api.of(kind).values() if node.members.get("ApiGatewayManaged")), None)
            if change and node is None:
                raise BadRequestException("Only APIs that were made by quick create have a target")
            if change and node is not None:
                document = with_computed(api.protocol, kind, node.members | change)
                RULES[api.protocol][kind](api, api, document)
                node.members = document

    def delete_cors_configuration(self, caller: Caller, members: Members) -> Members:
        """Switch CORS off."""
        api = self._apis.find(caller.scope, members["ApiId"])
        api.members = {name: value for name, value in api.members.items() if name != "CorsConfiguration"}
        self._changed(api, API)
        return {}

    def get_model_template(self, caller: Caller, members: Members) -> Members:
        """A mapping template made of a model's schema: not built, though the model is looked for."""
        self._node(MODEL, caller, members)
        raise OperationNotImplemented("cloudrig does not implement ApiGatewayV2 GetModelTemplate")

    def delete_integration(self, caller: Caller, members: Members) -> Members:
        """Raises ConflictException: a route still targets it."""
        api = self._apis.find(caller.scope, members["ApiId"])
        target = f"integrations/{members['IntegrationId']}"
        routes = [route["RouteId"] for route in api.documents(ROUTE) if route.get("Target") == target]
        if routes:
            ids = ", ".join(routes)
            raise ConflictException(
                f"Cannot delete Integration because it is referenced by the following Routes with Ids: [{ids}]"
            )
        return self._delete(INTEGRATION, caller, members)

    def delete_authorizer(self, caller: Caller, members: Members) -> Members:
        """Raises ConflictException: a route still asks it (worded as in anomalyco/sst#5586)."""
        api = self._apis.find(caller.scope, members["ApiId"])
        for route in api.documents(ROUTE):
            if route.get("AuthorizerId") == members["AuthorizerId"]:
                name = api.find(AUTHORIZER, members["AuthorizerId"]).members["Name"]
                raise ConflictException(
                    f"Cannot delete authorizer '{name}', is referenced in route: {route['RouteKey']}"
                )
        return self._delete(AUTHORIZER, caller, members)

    def delete_route_request_parameter(self, caller: Caller, members: Members) -> Members:
        """Take a request parameter off a route. Raises NotFoundException."""
        route = self._node(ROUTE, caller, members)
        parameters = dict(route.members.get("RequestParameters") or {})
        if parameters.pop(members["RequestParameterKey"], None) is None:
            raise NotFoundException(f"Unable to find request parameter {members['RequestParameterKey']}")
        route.members = route.members | {"RequestParameters": parameters}
        self._changed(self._apis.find(caller.scope, members["ApiId"]), ROUTE)
        return {}

    def redeploy(self, api: Api) -> None:
        """Redeploy the stages that deploy themselves."""
        self._stages.redeploy(api)

    def _changed(self, api: Api, kind: Kind) -> None:
        if kind is not DEPLOYMENT:
            self._stages.redeploy(api)

    # --- tags --------------------------------------------------------------------------------------------------------

    def tag_resource(self, caller: Caller, members: Members) -> Members:
        node = self._tagged(caller, members["ResourceArn"])
        node.members = node.members | {"Tags": node.members["Tags"] | (members.get("Tags") or {})}
        return {}

    def untag_resource(self, caller: Caller, members: Members) -> Members:
        node = self._tagged(caller, members["ResourceArn"])
        kept = {key: value for key, value in node.members["Tags"].items() if key not in members["TagKeys"]}
        node.members = node.members | {"Tags": kept}
        return {}

    def get_tags(self, caller: Caller, members: Members) -> Members:
        return {"Tags": self._tagged(caller, members["ResourceArn"]).members["Tags"]}

    def _tagged(self, caller: Caller, arn: str) -> Node:
        """`arn:aws:apigateway:{region}::/apis/{apiId}[/stages/{stageName}]`. Raises NotFoundException."""
        parts = unquote(arn).rpartition("::")[2].strip("/").split("/")
        if len(parts) < 2 or parts[0] != "apis":
            raise NotFoundException(f"Invalid resource identifier specified {arn}")
        api = self._apis.find(caller.scope, parts[1])
        return api.find(STAGE, parts[3]) if parts[2:3] == ["stages"] and len(parts) == 4 else api


_NO_API = Api({})


def _check_managed(before: Members, after: Members) -> None:
    """What quick create made is changed by UpdateApi, and keeps its key. The text is unverified."""
    if before.get("ApiGatewayManaged") and before.get("RouteKey") != after.get("RouteKey"):
        raise BadRequestException("The key of a route that is managed by API Gateway cannot be changed")
