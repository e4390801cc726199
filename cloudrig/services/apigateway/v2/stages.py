"""The apigatewayv2 control plane: deployments, and the stages that put them in front of clients.

A stage that deploys itself gets a deployment with every change of its API (`redeploy`).
Sources: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages.html,
https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-deployments.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from cloudrig.engine import names
from cloudrig.engine.clock import Clock
from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.names import Scope
from cloudrig.engine.wire import Operation
from cloudrig.services.apigateway.errors import BadRequestException, ConflictException, NotFoundException
from cloudrig.services.apigateway.observation import check_logging_role
from cloudrig.services.apigateway.v2.documents import DEFAULTS, RULES, given, merged
from cloudrig.services.apigateway.v2.state import DEPLOYMENT, HTTP, ROUTE, STAGE, WEBSOCKET, Api, Apis, Node, Snapshot

_NO_ROUTES = {
    WEBSOCKET: "At least one route is required before deploying the Api.",
    HTTP: "Unable to deploy API because no routes exist in this API",
}
"""So AWS says in aws/serverless-application-model#2512 and mach-composer/mach-composer-cli#42."""


class LiveStages(Protocol):
    """What puts the stages of one protocol in front of clients."""

    def serve(self, api: Api, snapshot: Snapshot | None, stage: Members) -> None:
        """Serve a snapshot (None: nothing is deployed yet) with the stage's settings of now."""
        ...

    def remove(self, api_id: str, stage_name: str) -> None:
        """The stage is no more."""
        ...


class StageControl:
    """Operations on Deployment and Stage."""

    def __init__(
        self,
        apis: Apis,
        clock: Clock,
        live: Mapping[str, LiveStages],
        account_settings: Callable[[Scope], Members],
    ) -> None:
        """`live` is by protocol. `account_settings` are those of the v1 control plane: logging needs a role there."""
        self._apis = apis
        self._clock = clock
        self._live = live
        self._account_settings = account_settings
        self.operations: Mapping[str, Operation] = {
            "CreateDeployment": self.create_deployment,
            "DeleteDeployment": self.delete_deployment,
            "CreateStage": self.create_stage,
            "UpdateStage": self.update_stage,
            "DeleteStage": self.delete_stage,
            "DeleteRouteSettings": self.delete_route_settings,
            "DeleteAccessLogSettings": self.delete_access_log_settings,
            "ResetAuthorizersCache": self.reset_authorizers_cache,
        }

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
        document = DEFAULTS[api.protocol][STAGE] | fixed | given(STAGE, "CreateStage", members)
        self._check(api, document, members)
        stage = api.of(STAGE)[members["StageName"]] = Node(document)
        self._refresh(api, stage)
        return stage.members

    def update_stage(self, caller: Caller, members: Members) -> Members:
        """Settings count at once; a `deploymentId` moves the stage, switching `autoDeploy` on deploys it."""
        api, stage = self._find(caller, members)
        document = merged(stage.members, given(STAGE, "UpdateStage", members))
        document["LastUpdatedDate"] = self._clock.utc()
        self._check(api, document, members)
        stage.members = document
        self._refresh(api, stage)
        return stage.members

    def delete_stage(self, caller: Caller, members: Members) -> Members:
        """Remove a stage; its clients are disconnected."""
        api, _ = self._find(caller, members)
        self.remove(api, members["StageName"])
        return {}

    def delete_route_settings(self, caller: Caller, members: Members) -> Members:
        """Take a route's own settings off a stage. Raises NotFoundException."""
        api, stage = self._find(caller, members)
        settings = dict(stage.members["RouteSettings"])
        if settings.pop(members["RouteKey"], None) is None:
            raise NotFoundException(f"Unable to find Route by key {members['RouteKey']} within the RouteSettings")
        stage.members = stage.members | {"RouteSettings": settings}
        self._serve(api, stage)
        return {}

    def delete_access_log_settings(self, caller: Caller, members: Members) -> Members:
        """Stop a stage's access log."""
        api, stage = self._find(caller, members)
        stage.members = {name: value for name, value in stage.members.items() if name != "AccessLogSettings"}
        self._serve(api, stage)
        return {}

    def reset_authorizers_cache(self, caller: Caller, members: Members) -> Members:
        """Forget what authorizers said: results are kept with what serves the stage, which is made anew."""
        self._serve(*self._find(caller, members))
        return {}

    def redeploy(self, api: Api) -> None:
        """Something of the API is different: redeploy the stages that deploy themselves."""
        for stage in api.of(STAGE).values():
            if stage.members["AutoDeploy"]:
                self._auto_deploy(api, stage)

    def remove(self, api: Api, name: str) -> None:
        """Take a stage away from the API and from its clients."""
        del api.of(STAGE)[name]
        self._live[api.protocol].remove(api.id, name)

    def _find(self, caller: Caller, members: Members) -> tuple[Api, Node]:
        api = self._apis.find(caller.scope, members["ApiId"])
        return api, api.find(STAGE, members["StageName"])

    def _check(self, api: Api, document: Members, members: Members) -> None:
        if document["AutoDeploy"] and members.get("DeploymentId"):
            raise BadRequestException("Deployment ID cannot be set on a stage that has autoDeploy enabled")
        RULES[api.protocol][STAGE](api, api, document)
        if api.protocol == WEBSOCKET:
            self._check_logging(api, document)

    def _check_logging(self, api: Api, stage: Members) -> None:
        """Raises BadRequestException: a log is asked for, and the account has no role to write it."""
        settings = (stage["DefaultRouteSettings"], *(stage.get("RouteSettings") or {}).values())
        levels = {each.get("LoggingLevel") or "OFF" for each in settings}
        check_logging_role(self._account_settings(api.scope), bool(stage.get("AccessLogSettings")) or levels != {"OFF"})

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
            raise BadRequestException(_NO_ROUTES[api.protocol])
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
        self._live[api.protocol].serve(api, snapshot, stage.members)
