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
from cloudrig.services.apigateway.rest.canary import canary_settings, with_canary
from cloudrig.services.apigateway.rest.client_certificates import find_certificate
from cloudrig.services.apigateway.rest.method_settings import wants_logs
from cloudrig.services.apigateway.rest.paging import page
from cloudrig.services.apigateway.rest.patch import PatchTable, text
from cloudrig.services.apigateway.rest.stage_patches import check_variable, patch_stage
from cloudrig.services.apigateway.rest.state import Deployment, RestApi, RestState, Stage

_STAGE_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_OF_DEPLOYMENTS = ("variables", "cacheClusterEnabled", "cacheClusterSize", "tracingEnabled")
"""What CreateDeployment says about its stage, beside a description and a canary."""
_DEFAULT_CACHE_SIZE = "0.5"
_DEPLOYMENT = PatchTable({"/description": text("description")}, listing=True)


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
            "FlushStageCache": self.flush_stage_cache,
        }

    # deployments

    def create_deployment(self, caller: Caller, members: Members) -> Members:
        """Freeze the API as it is; with `stageName`, point that stage at it, making it when it is missing.

        With `canarySettings` the stage stays where it is, and its canary gets the deployment.

        Raises:
            BadRequestException: no methods, or one without an integration; a canary of a stage that is not there.
        """
        api = self._state.api(caller.scope, members["restApiId"])
        _check_deployable(api)
        document = {"description": members["description"]} if "description" in members else {}
        deployment = Deployment(names.short_id()[:6], self._now(), api.snapshot(), document)
        if members.get("canarySettings"):
            stage = _canary_stage(api, members.get("stageName"))
            settings = canary_settings(members["canarySettings"], deployment.id)
            api.deployments[deployment.id] = deployment
            stage.document = stage.document | {"canarySettings": settings, "lastUpdatedDate": self._now()}
            with_canary(api, stage)
            return _described(deployment)
        staged = self._stage_of_deployment(api, members)
        api.deployments[deployment.id] = deployment
        if staged is not None:
            api.stages[staged["stageName"]] = with_canary(api, Stage(staged, deployment))
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
        stages = [one for stage in api.stages.values() for one in (stage, stage.canary) if one is not None]
        if any(stage.deployment is deployment for stage in stages):
            raise BadRequestException("Active stages pointing to this deployment must be moved or deleted")
        del api.deployments[deployment.id]
        return {}

    # stages

    def create_stage(self, caller: Caller, members: Members) -> Members:
        api = self._state.api(caller.scope, members["restApiId"])
        if members["stageName"] in api.stages:
            raise ConflictException("Stage already exists")
        if members["deploymentId"] not in api.deployments:
            raise BadRequestException("Deployment id does not exist")
        skipped = ("restApiId", "deploymentId")
        document = self._new_stage({name: value for name, value in members.items() if name not in skipped})
        stage = with_canary(api, Stage(document, api.deployments[members["deploymentId"]]))
        api.stages[members["stageName"]] = stage
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
        document = patch_stage(stage.members(), members.get("patchOperations") or [])
        self._check_logging(caller, document)
        if document.get("clientCertificateId"):
            find_certificate(self._state, caller.scope, document["clientCertificateId"])
        deployment = api.deployments.get(document.pop("deploymentId"))
        if deployment is None:
            raise BadRequestException("Deployment id does not exist")
        changed = _with_cache(document) | {"lastUpdatedDate": self._now()}
        stage.canary = with_canary(api, Stage(changed, deployment)).canary
        stage.document, stage.deployment = changed, deployment
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

    def flush_stage_cache(self, caller: Caller, members: Members) -> Members:
        """There is nothing in it."""
        self._state.api(caller.scope, members["restApiId"]).stage(members["stageName"])
        return {}

    def _stage_of_deployment(self, api: RestApi, members: Members) -> Members | None:
        """The document of the stage that CreateDeployment names; None when it names none."""
        name = members.get("stageName")
        if not name:
            return None
        given = {key: members[key] for key in _OF_DEPLOYMENTS if members.get(key)}
        if members.get("stageDescription"):
            given["description"] = members["stageDescription"]
        if name not in api.stages:
            return self._new_stage({"stageName": name, **given})
        _check_stage(given)
        return _with_cache(api.stages[name].document | given) | {"lastUpdatedDate": self._now()}

    def _new_stage(self, given: Members) -> Members:
        if not _STAGE_NAME.fullmatch(given["stageName"]):
            raise BadRequestException("Stage name only allows a-zA-Z0-9_")
        _check_stage(given)
        created = self._now()
        if given.get("canarySettings"):
            given = given | {"canarySettings": canary_settings(given["canarySettings"], None)}
        return _with_cache(
            {
                "cacheClusterEnabled": False,
                "methodSettings": {},
                "tracingEnabled": False,
                **given,
                "createdDate": created,
                "lastUpdatedDate": created,
            }
        )

    def _check_logging(self, caller: Caller, stage: Members) -> None:
        """Raises BadRequestException: half a setting, or a log without a role in the account to write it."""
        access = stage.get("accessLogSettings")
        if access:
            check_settings(access)
        settings = self._state.account(caller.scope).settings
        check_logging_role(settings, bool(access) or wants_logs(stage))

    def _now(self) -> datetime:
        return self._clock.utc().replace(microsecond=0)


def _canary_stage(api: RestApi, name: str | None) -> Stage:
    problem = None
    if not name:
        shown = "null" if name is None else name
        problem = f"Non null and non empty stageName must be provided for canary deployment. Provided value is {shown}"
    elif name not in api.stages:
        problem = f"Stage {name} must already be created before making a canary release deployment"
    if problem is not None:
        raise BadRequestException(f"Invalid deployment content specified.{problem}")
    return api.stages[name or ""]


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
    for name, value in (given.get("variables") or {}).items():
        check_variable(name, value)


def _with_cache(document: Members) -> Members:
    """The state of the cache cluster. It is kept, and nothing is cached."""
    if not document.get("cacheClusterEnabled"):
        return document | {"cacheClusterStatus": "NOT_AVAILABLE"}
    size = document.get("cacheClusterSize") or _DEFAULT_CACHE_SIZE
    return document | {"cacheClusterStatus": "AVAILABLE", "cacheClusterSize": size}
