"""Control plane of REST APIs: deployments and the stages that point at them.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_Deployment.html, API_Stage.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from cloudrig.engine import names
from cloudrig.engine.clock import Clock
from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.wire import Operation
from cloudrig.services.apigateway.access_logs import check_settings
from cloudrig.services.apigateway.errors import BadRequestException, ConflictException
from cloudrig.services.apigateway.observation import check_logging_role
from cloudrig.services.apigateway.rest.errors import not_built
from cloudrig.services.apigateway.rest.method_settings import SETTINGS, rules, wants_logs
from cloudrig.services.apigateway.rest.paging import page
from cloudrig.services.apigateway.rest.patch import Patch, PatchTable, Rule, map_entry, refused, text
from cloudrig.services.apigateway.rest.state import Deployment, RestApi, RestState, Stage

_STAGE_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_VARIABLE_NAME = re.compile(r"[a-zA-Z0-9_]+")
_VARIABLE_VALUE = re.compile(r"[A-Za-z0-9\-._~:/?#&=,]+")
_STAGE_NOT_BUILT = {
    "cacheClusterEnabled": "the cache of stages",
    "canarySettings": "canary releases",
    "tracingEnabled": "X-Ray tracing",
}


class DeploymentControl:
    """Operations on Deployment and Stage."""

    def __init__(self, state: RestState, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self.operations: Mapping[str, Operation] = {
            "CreateDeployment": self.create_deployment,
            "GetDeployment": self.get_deployment,
            "GetDeployments": self.get_deployments,
            "UpdateDeployment": self.update_deployment,
            "DeleteDeployment": self.delete_deployment,
            "CreateStage": self.create_stage,
            "GetStage": self.get_stage,
            "GetStages": self.get_stages,
            "UpdateStage": self.update_stage,
            "DeleteStage": self.delete_stage,
            "FlushStageAuthorizersCache": self.flush_stage_authorizers_cache,
        }

    # deployments

    def create_deployment(self, caller: Caller, members: Members) -> Members:
        """Freeze the API as it is; with `stageName`, point that stage at it, making it when it is missing.

        Raises:
            BadRequestException: no methods, or one without an integration.
        """
        api = self._state.api(caller.scope, members["restApiId"])
        _check_deployable(api)
        stage = self._stage_of_deployment(api, members)
        document = {"description": members["description"]} if "description" in members else {}
        deployment = Deployment(names.short_id()[:6], self._now(), api.snapshot(), document)
        api.deployments[deployment.id] = deployment
        if stage is not None:
            api.stages[stage["stageName"]] = Stage(stage, deployment)
        return _described(deployment)

    def get_deployment(self, caller: Caller, members: Members) -> Members:
        deployment = self._state.api(caller.scope, members["restApiId"]).deployment(members["deploymentId"])
        summary = {"apiSummary": _summary(deployment.api)} if "apisummary" in members.get("embed", ()) else {}
        return _described(deployment) | summary

    def get_deployments(self, caller: Caller, members: Members) -> Members:
        api = self._state.api(caller.scope, members["restApiId"])
        return page([_described(deployment) for deployment in api.deployments.values()], members)

    def update_deployment(self, caller: Caller, members: Members) -> Members:
        api = self._state.api(caller.scope, members["restApiId"])
        before = api.deployment(members["deploymentId"])
        document = _DEPLOYMENT.apply(before.document, members.get("patchOperations"))
        after = Deployment(before.id, before.created, before.api, document)
        api.deployments[before.id] = after
        for stage in api.stages.values():
            if stage.deployment is before:
                stage.deployment = after
        return _described(after)

    def delete_deployment(self, caller: Caller, members: Members) -> Members:
        api = self._state.api(caller.scope, members["restApiId"])
        deployment = api.deployment(members["deploymentId"])
        if any(stage.deployment is deployment for stage in api.stages.values()):
            raise BadRequestException("Active stages pointing to this deployment must be moved or deleted")
        del api.deployments[deployment.id]
        return {}

    # stages

    def create_stage(self, caller: Caller, members: Members) -> Members:
        api = self._state.api(caller.scope, members["restApiId"])
        if members["stageName"] in api.stages:
            raise ConflictException("Stage already exists")
        if members["deploymentId"] not in api.deployments:
            raise BadRequestException("Deployment id does not exist")  # unverified text
        skipped = ("restApiId", "deploymentId")
        document = self._new_stage({name: value for name, value in members.items() if name not in skipped})
        api.stages[members["stageName"]] = stage = Stage(document, api.deployments[members["deploymentId"]])
        return stage.members()

    def get_stage(self, caller: Caller, members: Members) -> Members:
        return self._state.api(caller.scope, members["restApiId"]).stage(members["stageName"]).members()

    def get_stages(self, caller: Caller, members: Members) -> Members:
        api = self._state.api(caller.scope, members["restApiId"])
        wanted = members.get("deploymentId")
        return {"item": [s.members() for s in api.stages.values() if wanted in (None, s.deployment.id)]}

    def update_stage(self, caller: Caller, members: Members) -> Members:
        api = self._state.api(caller.scope, members["restApiId"])
        stage = api.stage(members["stageName"])
        document = _patch_stage(stage.members(), members.get("patchOperations") or [])
        self._check_logging(caller, document)
        deployment = api.deployments.get(document.pop("deploymentId"))
        if deployment is None:
            raise BadRequestException("Deployment id does not exist")  # unverified text
        stage.document = document | {"lastUpdatedDate": self._now()}
        stage.deployment = deployment
        return stage.members()

    def delete_stage(self, caller: Caller, members: Members) -> Members:
        api = self._state.api(caller.scope, members["restApiId"])
        api.stage(members["stageName"])
        del api.stages[members["stageName"]]
        return {}

    def flush_stage_authorizers_cache(self, caller: Caller, members: Members) -> Members:
        """Results of authorizers live with the compiled stage, which a new document makes the data plane drop."""
        stage = self._state.api(caller.scope, members["restApiId"]).stage(members["stageName"])
        stage.document = dict(stage.document)
        return {}

    def _stage_of_deployment(self, api: RestApi, members: Members) -> Members | None:
        """The document of the stage that CreateDeployment names; None when it names none."""
        name = members.get("stageName")
        if not name:
            return None
        given = {key: members[key] for key in ("variables", *_STAGE_NOT_BUILT) if members.get(key)}
        if members.get("stageDescription"):
            given["description"] = members["stageDescription"]
        if name not in api.stages:
            return self._new_stage({"stageName": name, **given})
        _check_stage(given)
        return api.stages[name].document | given | {"lastUpdatedDate": self._now()}

    def _new_stage(self, given: Members) -> Members:
        if not _STAGE_NAME.fullmatch(given["stageName"]):
            raise BadRequestException("Stage name only allows a-zA-Z0-9_-")  # unverified text
        _check_stage(given)
        created = self._now()
        return {
            "cacheClusterEnabled": False,
            "cacheClusterStatus": "NOT_AVAILABLE",
            "methodSettings": {},
            "tracingEnabled": False,
            **given,
            "createdDate": created,
            "lastUpdatedDate": created,
        }

    def _check_logging(self, caller: Caller, stage: Members) -> None:
        """Raises BadRequestException: half a setting, or a log without a role in the account to write it."""
        access = stage.get("accessLogSettings")
        if access:
            check_settings(access)
        settings = self._state.account(caller.scope).settings
        check_logging_role(settings, bool(access) or wants_logs(stage))

    def _now(self) -> datetime:
        return self._clock.utc().replace(microsecond=0)


def _described(deployment: Deployment) -> Members:
    return {"id": deployment.id, "createdDate": deployment.created, **deployment.document}


def _summary(api: RestApi) -> Members:
    return {
        resource.path: {
            name: {key: method.document.get(key) for key in ("authorizationType", "apiKeyRequired")}
            for name, method in resource.methods.items()
        }
        for resource in api.resources.values()
        if resource.methods
    }


def _check_deployable(api: RestApi) -> None:
    methods = [method for resource in api.resources.values() for method in resource.methods.values()]
    if not methods:
        raise BadRequestException("The REST API doesn't contain any methods")
    if any(method.integration is None for method in methods):
        raise BadRequestException("No integration defined for method")


def _check_stage(given: Members) -> None:
    for name, feature in _STAGE_NOT_BUILT.items():
        if given.get(name):
            raise not_built(feature)
    for name, value in (given.get("variables") or {}).items():
        _check_variable(name, value)


def _check_variable(name: str, value: str) -> None:
    """Source: AG `amazon-api-gateway-using-stage-variables.html`."""
    if not _VARIABLE_NAME.fullmatch(name):
        raise BadRequestException(f"Invalid stage variable name {name}: only alphanumeric characters and underscores")
    if not _VARIABLE_VALUE.fullmatch(value):
        raise BadRequestException(
            f"Invalid stage variable value: {value}. Please use values with only alphanumeric characters and the "
            "symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','."
        )


# --- patches --------------------------------------------------------------------------------------------------------


def _variable(document: Members, patch: Patch) -> None:
    if patch.op != "remove":
        _check_variable(patch.key, patch.value or "")
    _VARIABLES.apply(document, patch)


def _no_access_log(document: Members, patch: Patch) -> None:
    document.pop("accessLogSettings", None)


def _access_log(member: str) -> Rule:
    def apply(document: Members, patch: Patch) -> None:
        document["accessLogSettings"] = {**(document.get("accessLogSettings") or {}), member: patch.value or ""}

    return Rule(apply, ("add", "replace"))


def _patch_stage(document: Members, operations: list[Members]) -> Members:
    """As `PatchTable.apply`, with the text that AWS has for stages only."""
    try:
        return _STAGE.apply(document, operations)
    except BadRequestException as error:
        path = error.message.removeprefix("Invalid patch path ")
        if path == error.message:
            raise
        raise BadRequestException(f"Invalid method setting path: {path}. Must be one of: [{_STAGE_PATHS}]") from None


_OFF = frozenset({None, "", "false", "OFF"})
_VARIABLES = map_entry("variables", lambda value: value or "")
_STAGE_PATHS = (
    "/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, "
    "/accessLogSettings/destinationArn, /accessLogSettings/format, "
    + ", ".join(f"/{{resourcePath}}/{{httpMethod}}/{setting}" for setting in SETTINGS)
    + ", "
    + ", ".join(f"/*/*/{setting}" for setting in SETTINGS)
    + ", /variables/{variable_name}, /tracingEnabled"
)

_DEPLOYMENT = PatchTable({"/description": text("description")}, listing=True)

_STAGE = PatchTable(
    {
        "/deploymentId": text("deploymentId"),
        "/description": text("description"),
        "/variables/*": Rule(_variable, ("add", "replace", "remove")),
        "/tracingEnabled": refused(lambda: not_built("X-Ray tracing"), unless=_OFF),
        "/cacheClusterEnabled": refused(lambda: not_built("the cache of stages"), unless=_OFF),
        "/cacheClusterSize": refused(lambda: not_built("the cache of stages")),
        "/clientCertificateId": refused(lambda: not_built("client certificates"), unless=_OFF),
        "/accessLogSettings": Rule(_no_access_log, ("remove",)),
        "/accessLogSettings/destinationArn": _access_log("destinationArn"),
        "/accessLogSettings/format": _access_log("format"),
        **rules(),
    }
)
