"""Canary releases: a stage sends a share of its requests to another deployment, with variables of its own.

Source: AG `canary-release.html`, https://docs.aws.amazon.com/apigateway/latest/api/API_CanarySettings.html
"""

from __future__ import annotations

import random

from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.errors import BadRequestException
from cloudrig.services.apigateway.rest.patch import Patch, Rule
from cloudrig.services.apigateway.rest.state import RestApi, Stage

MEMBER = "canarySettings"
_DEFAULTS: Members = {"percentTraffic": 0.0, "useStageCache": False}


def canary_settings(given: Members, deployment_id: str | None) -> Members:
    """Settings as they are kept. Raises BadRequestException: no percentage."""
    settings = {**_DEFAULTS, "deploymentId": deployment_id, **given}
    if not 0 <= settings["percentTraffic"] <= 100:
        raise BadRequestException("Invalid canary percentTraffic: it must be between 0.0 and 100.0")  # unverified text
    return {name: value for name, value in settings.items() if value is not None}


def with_canary(api: RestApi, stage: Stage) -> Stage:
    """The stage, its canary made anew of its settings. Raises BadRequestException: its deployment does not exist."""
    settings = stage.document.get(MEMBER)
    stage.canary = None
    if settings and settings.get("deploymentId"):
        deployment = api.deployments.get(settings["deploymentId"])
        if deployment is None:
            raise BadRequestException("Deployment id does not exist")  # unverified text
        variables = (stage.document.get("variables") or {}) | (settings.get("stageVariableOverrides") or {})
        stage.canary = Stage(stage.document | {"variables": variables}, deployment)
    return stage


def drawn(stage: Stage) -> Stage:
    """The stage itself or its canary, by chance."""
    if stage.canary is None:
        return stage
    share: float = stage.document[MEMBER]["percentTraffic"]
    return stage.canary if random.random() * 100 < share else stage  # noqa: S311  no secret


# --- patches --------------------------------------------------------------------------------------------------------


def rules() -> dict[str, Rule]:
    """The patch rules of a stage for its canary, and for its promotion (`copy`)."""
    return {
        "/canarySettings": Rule(_remove, ("remove",)),
        "/canarySettings/deploymentId": Rule(_deployment, ("replace", "copy")),
        "/canarySettings/percentTraffic": Rule(_percent, ("add", "replace")),
        "/canarySettings/useStageCache": Rule(_use_cache, ("add", "replace")),
        "/canarySettings/stageVariableOverrides": Rule(_no_overrides, ("remove",)),
        "/canarySettings/stageVariableOverrides/*": Rule(_override, ("add", "replace", "remove")),
    }


def promoted_deployment(document: Members, patch: Patch) -> None:
    """`/deploymentId`: a value, or the canary's by `copy`."""
    if patch.op == "copy":
        _check_source(patch, "/canarySettings/deploymentId")
        document["deploymentId"] = (document.get(MEMBER) or {}).get("deploymentId")
    else:
        document["deploymentId"] = patch.value


def promoted_variables(document: Members, patch: Patch) -> None:
    """`copy` of the canary's variables over the stage's."""
    _check_source(patch, "/canarySettings/stageVariableOverrides")
    overrides = (document.get(MEMBER) or {}).get("stageVariableOverrides") or {}
    document["variables"] = (document.get("variables") or {}) | overrides


def _check_source(patch: Patch, path: str) -> None:
    if patch.source != path:
        raise BadRequestException(f"Invalid copy source {patch.source}: it must be {path}")  # unverified text


def _settings(document: Members) -> Members:
    settings: Members = document.setdefault(MEMBER, dict(_DEFAULTS))
    return settings


def _remove(document: Members, _patch: Patch) -> None:
    document.pop(MEMBER, None)


def _deployment(document: Members, patch: Patch) -> None:
    if patch.op == "copy":
        _check_source(patch, "/deploymentId")
    _settings(document)["deploymentId"] = document.get("deploymentId") if patch.op == "copy" else patch.value


def _percent(document: Members, patch: Patch) -> None:
    try:
        percent = float(patch.value or "")
    except ValueError:
        raise BadRequestException(f"Invalid value for {patch.path}: {patch.value}") from None
    document[MEMBER] = canary_settings(_settings(document) | {"percentTraffic": percent}, None)


def _use_cache(document: Members, patch: Patch) -> None:
    _settings(document)["useStageCache"] = (patch.value or "").lower() == "true"


def _no_overrides(document: Members, _patch: Patch) -> None:
    _settings(document).pop("stageVariableOverrides", None)


def _override(document: Members, patch: Patch) -> None:
    overrides = dict(_settings(document).get("stageVariableOverrides") or {})
    if patch.op == "remove":
        overrides.pop(patch.key, None)
    else:
        overrides[patch.key] = patch.value or ""
    _settings(document)["stageVariableOverrides"] = overrides
