"""The apigatewayv2 control plane for WebSocket APIs.

Nearly all of it is the same five operations on kinds of documents: `_operations_of` makes them from a `Kind`, its
defaults in `documents_v2.py` and its rule in `rules_v2.py`. What is particular to a kind is written out.
Every change goes through `_changed`, which redeploys the stages that deploy themselves.
Source: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

from cloudrig.engine import names
from cloudrig.engine.clock import Clock
from cloudrig.engine.messages import Addresses, Caller, Members
from cloudrig.engine.names import Scope
from cloudrig.engine.wire import Operation
from cloudrig.services.apigateway.errors import BadRequestException, ConflictException, NotFoundException
from cloudrig.services.apigateway.observation import check_logging_role
from cloudrig.services.apigateway.v2.documents import DEFAULTS, given, merged, page, with_computed
from cloudrig.services.apigateway.v2.rules import RULES
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
    Api,
    Apis,
    Kind,
    Node,
)
from cloudrig.services.apigateway.websocket.live import LiveStage


class ControlV2:
    """The operations, and the live stages they put in front of clients."""

    def __init__(
        self,
        apis: Apis,
        clock: Clock,
        addresses: Addresses,
        stage_removed: Callable[[LiveStage], None],
        account_settings: Callable[[Scope], Members],
    ) -> None:
        """`stage_removed` is told of a stage that no longer exists, for the sake of its open connections.

        `account_settings` are those of the v1 control plane: logging needs a role there.
        """
        self._account_settings = account_settings
        self._apis = apis
        self._clock = clock
        self._addresses = addresses
        self._stage_removed = stage_removed
        self._live: dict[tuple[str, str], LiveStage] = {}

    def live_stage(self, api_id: str, stage_name: str) -> LiveStage | None:
        return self._live.get((api_id, stage_name))

    def operations(self) -> dict[str, Operation]:
        """Every operation by name, for `wire.OperationTable`."""
        table: dict[str, Operation] = {
            "CreateApi": self.create_api,
            "GetApi": self.get_api,
            "GetApis": self.get_apis,
            "UpdateApi": self.update_api,
            "DeleteApi": self.delete_api,
            "DeleteRouteRequestParameter": self.delete_route_request_parameter,
            "DeleteRouteSettings": self.delete_route_settings,
            "DeleteAccessLogSettings": self.delete_access_log_settings,
            "TagResource": self.tag_resource,
            "UntagResource": self.untag_resource,
            "GetTags": self.get_tags,
        }
        for kind in (ROUTE, ROUTE_RESPONSE, INTEGRATION, INTEGRATION_RESPONSE, AUTHORIZER, MODEL, DEPLOYMENT, STAGE):
            table |= self._operations_of(kind)
        return table | {
            "CreateDeployment": self.create_deployment,
            "DeleteDeployment": self.delete_deployment,
            "CreateStage": self.create_stage,
            "UpdateStage": self.update_stage,
            "DeleteStage": self.delete_stage,
            "DeleteAuthorizer": self.delete_authorizer,
            "DeleteIntegration": self.delete_integration,
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
        document = DEFAULTS.get(kind, {}) | given(kind, f"Create{kind.name}", members)
        document = with_computed(kind, document)
        RULES[kind](api, parent, document)
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
        RULES[kind](api, parent, document)
        node.members = with_computed(kind, document)
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
        """Make a WebSocket API. Raises BadRequestException; OperationNotImplemented for ProtocolType HTTP."""
        document = DEFAULTS[API] | given(API, "CreateApi", members) | {"CreatedDate": self._clock.utc()}
        RULES[API](_NO_API, _NO_API, document)
        api = self._apis.add(caller.scope, {"Tags": {}, "IpAddressType": "ipv4", **document})
        endpoint = self._addresses.url.replace("http", "ws", 1)
        api.members = api.members | {"ApiEndpoint": f"{endpoint}/_aws/execute-api/{api.id}"}
        return api.members

    def get_api(self, caller: Caller, members: Members) -> Members:
        return self._apis.find(caller.scope, members["ApiId"]).members

    def get_apis(self, caller: Caller, members: Members) -> Members:
        return page([api.members for api in self._apis.all(caller.scope)], members)

    def update_api(self, caller: Caller, members: Members) -> Members:
        api = self._apis.find(caller.scope, members["ApiId"])
        document = merged(api.members, given(API, "UpdateApi", members))
        RULES[API](api, api, document)
        api.members = document
        self._changed(api, API)
        return api.members

    def delete_api(self, caller: Caller, members: Members) -> Members:
        """Remove an API with everything below it; its clients are disconnected."""
        api = self._apis.find(caller.scope, members["ApiId"])
        for name in list(api.of(STAGE)):
            self._remove_stage(api, name)
        self._apis.remove(api)
        return {}

    def delete_integration(self, caller: Caller, members: Members) -> Members:
        """Raises ConflictException: a route still targets it."""
        self._check_unused(INTEGRATION, caller, members, "Target", f"integrations/{members['IntegrationId']}")
        return self._delete(INTEGRATION, caller, members)

    def delete_authorizer(self, caller: Caller, members: Members) -> Members:
        """Raises ConflictException: a route still asks it."""
        self._check_unused(AUTHORIZER, caller, members, "AuthorizerId", members["AuthorizerId"])
        return self._delete(AUTHORIZER, caller, members)

    def _check_unused(self, kind: Kind, caller: Caller, members: Members, member: str, value: str) -> None:
        api = self._apis.find(caller.scope, members["ApiId"])
        routes = [route["RouteId"] for route in api.documents(ROUTE) if route.get(member) == value]
        if routes:
            ids = ", ".join(routes)
            raise ConflictException(
                f"Cannot delete {kind.name} because it is referenced by the following Routes with Ids: [{ids}]"
            )

    def delete_route_request_parameter(self, caller: Caller, members: Members) -> Members:
        """Take a request parameter off a route. Raises NotFoundException."""
        route = self._node(ROUTE, caller, members)
        parameters = dict(route.members.get("RequestParameters") or {})
        if parameters.pop(members["RequestParameterKey"], None) is None:
            raise NotFoundException(f"Unable to find request parameter {members['RequestParameterKey']}")
        route.members = route.members | {"RequestParameters": parameters}
        self._changed(self._apis.find(caller.scope, members["ApiId"]), ROUTE)
        return {}

    # --- deployments and stages --------------------------------------------------------------------------------------

    def create_deployment(self, caller: Caller, members: Members) -> Members:
        """Take a snapshot, and put it on the stage where one is named. Raises BadRequestException: no routes."""
        api = self._apis.find(caller.scope, members["ApiId"])
        stage = api.find(STAGE, members["StageName"]) if members.get("StageName") else None
        if stage is not None and stage.members["AutoDeploy"]:
            raise BadRequestException("Deployment cannot be created for a stage that has autoDeploy enabled")
        deployment = self._deploy(api, {"Description": members.get("Description")}, auto=False)
        if stage is not None:
            stage.members = stage.members | {
                "DeploymentId": deployment["DeploymentId"],
                "LastUpdatedDate": self._clock.utc(),
            }
            self._serve(api, stage)
        return deployment

    def delete_deployment(self, caller: Caller, members: Members) -> Members:
        """Raises BadRequestException: a stage points at it."""
        api = self._apis.find(caller.scope, members["ApiId"])
        if any(stage.get("DeploymentId") == members["DeploymentId"] for stage in api.documents(STAGE)):
            raise BadRequestException("Active stages pointing to this deployment must be moved or deleted")
        api.find(DEPLOYMENT, members["DeploymentId"])
        self._forget_deployment(api, members["DeploymentId"])
        return {}

    def create_stage(self, caller: Caller, members: Members) -> Members:
        """Raises ConflictException: the name is taken."""
        api = self._apis.find(caller.scope, members["ApiId"])
        if members["StageName"] in api.of(STAGE):
            raise ConflictException("Stage already exists")
        now = self._clock.utc()
        fixed = {"CreatedDate": now, "LastUpdatedDate": now, "AutoDeploy": False, "Tags": {}}
        document = DEFAULTS[STAGE] | fixed | given(STAGE, "CreateStage", members)
        _check_deployment_by_hand(document, members)
        RULES[STAGE](api, api, document)
        self._check_logging(api, document)
        stage = api.of(STAGE)[members["StageName"]] = Node(document)
        self._live[api.id, members["StageName"]] = LiveStage(api.id, members["StageName"], api.scope)
        self._refresh(api, stage)
        return stage.members

    def update_stage(self, caller: Caller, members: Members) -> Members:
        """Settings count at once; a `deploymentId` moves the stage, switching `autoDeploy` on deploys it."""
        api = self._apis.find(caller.scope, members["ApiId"])
        stage = api.find(STAGE, members["StageName"])
        document = merged(stage.members, given(STAGE, "UpdateStage", members))
        document["LastUpdatedDate"] = self._clock.utc()
        _check_deployment_by_hand(document, members)
        RULES[STAGE](api, api, document)
        self._check_logging(api, document)
        stage.members = document
        self._refresh(api, stage)
        return stage.members

    def delete_stage(self, caller: Caller, members: Members) -> Members:
        """Remove a stage; its clients are disconnected."""
        api = self._apis.find(caller.scope, members["ApiId"])
        api.find(STAGE, members["StageName"])
        self._remove_stage(api, members["StageName"])
        return {}

    def delete_route_settings(self, caller: Caller, members: Members) -> Members:
        """Take a route's own settings off a stage. Raises NotFoundException."""
        stage = self._node(STAGE, caller, members)
        settings = dict(stage.members["RouteSettings"])
        if settings.pop(members["RouteKey"], None) is None:
            raise NotFoundException(f"Unable to find Route by key {members['RouteKey']} within the RouteSettings")
        stage.members = stage.members | {"RouteSettings": settings}
        self._serve(self._apis.find(caller.scope, members["ApiId"]), stage)
        return {}

    def delete_access_log_settings(self, caller: Caller, members: Members) -> Members:
        """Stop a stage's access log."""
        stage = self._node(STAGE, caller, members)
        stage.members = {name: value for name, value in stage.members.items() if name != "AccessLogSettings"}
        self._serve(self._apis.find(caller.scope, members["ApiId"]), stage)
        return {}

    def _check_logging(self, api: Api, stage: Members) -> None:
        """Raises BadRequestException: a log is asked for, and the account has no role to write it."""
        settings = (stage["DefaultRouteSettings"], *(stage.get("RouteSettings") or {}).values())
        levels = {each.get("LoggingLevel") or "OFF" for each in settings}
        check_logging_role(self._account_settings(api.scope), bool(stage.get("AccessLogSettings")) or levels != {"OFF"})

    def _changed(self, api: Api, kind: Kind) -> None:
        """Something of the API is different: redeploy the stages that deploy themselves."""
        if kind is DEPLOYMENT:
            return
        for stage in api.of(STAGE).values():
            if stage.members["AutoDeploy"]:
                self._auto_deploy(api, stage)

    def _refresh(self, api: Api, stage: Node) -> None:
        if stage.members["AutoDeploy"]:
            self._auto_deploy(api, stage)
        else:
            self._serve(api, stage)

    def _auto_deploy(self, api: Api, stage: Node) -> None:
        """Deploy to the stage; where that fails, the stage says why and keeps what it has."""
        previous = stage.members.get("DeploymentId")
        try:
            deployment = self._deploy(api, {"Description": "Automatic deployment triggered by changes"}, auto=True)
        except BadRequestException as error:
            message = f"Deployment attempt failed: {error.message}"
            stage.members = stage.members | {"LastDeploymentStatusMessage": message}
        else:
            message = f"Successfully deployed stage with deployment ID '{deployment['DeploymentId']}'"
            stage.members = stage.members | {
                "DeploymentId": deployment["DeploymentId"],
                "LastDeploymentStatusMessage": message,
            }
            self._forget_superseded(api, previous)
        self._serve(api, stage)

    def _deploy(self, api: Api, document: Members, *, auto: bool) -> Members:
        if not api.of(ROUTE):
            raise BadRequestException("At least one route is required before deploying the Api.")
        deployment_id = names.short_id()
        document = document | {
            "DeploymentId": deployment_id,
            "AutoDeployed": auto,
            "CreatedDate": self._clock.utc(),
            "DeploymentStatus": "DEPLOYED",
        }
        api.of(DEPLOYMENT)[deployment_id] = Node(document)
        api.snapshots[deployment_id] = api.snapshot()
        return document

    def _forget_superseded(self, api: Api, deployment_id: str | None) -> None:
        """Keep no automatic deployment that no stage serves: one comes with every change."""
        node = api.of(DEPLOYMENT).get(deployment_id) if deployment_id else None
        in_use = any(stage.get("DeploymentId") == deployment_id for stage in api.documents(STAGE))
        if deployment_id and node is not None and node.members["AutoDeployed"] and not in_use:
            self._forget_deployment(api, deployment_id)

    def _forget_deployment(self, api: Api, deployment_id: str) -> None:
        del api.of(DEPLOYMENT)[deployment_id]
        del api.snapshots[deployment_id]

    def _serve(self, api: Api, stage: Node) -> None:
        snapshot = api.snapshots.get(stage.members.get("DeploymentId", ""))
        self._live[api.id, stage.members["StageName"]].serve(api, snapshot, stage.members)

    def _remove_stage(self, api: Api, name: str) -> None:
        del api.of(STAGE)[name]
        self._stage_removed(self._live.pop((api.id, name)))

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


def _check_deployment_by_hand(document: Members, members: Members) -> None:
    if document["AutoDeploy"] and members.get("DeploymentId"):
        raise BadRequestException("Deployment ID cannot be set on a stage that has autoDeploy enabled")
