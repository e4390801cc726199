"""Canary releases: a stage sends a share of its requests to another deployment, with variables of its own.

Sources: AG `canary-release.html`, https://docs.aws.amazon.com/apigateway/latest/api/API_CanarySettings.html; texts
recorded on AWS in LocalStack's snapshots.
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
            raise BadRequestException("Deployment id does not exist")
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
        "/canarySettings": Rule(_remove, ("add", "replace", "remove")),
        "/canarySettings/deploymentId": Rule(_deployment, ("add", "replace", "copy")),
        "/canarySettings/percentTraffic": Rule(_percent, ("add", "replace")),
        "/canarySettings/useStageCache": Rule(_use_cache, ("add", "replace")),
        "/canarySettings/stageVariableOverrides": Rule(_all_overrides, ("add", "replace", "remove", "copy")),
        "/canarySettings/stageVariableOverrides/*": Rule(_override, ("add", "replace", "remove")),
    }


def promoted_deployment(document: Members, patch: Patch) -> None:
    """`/deploymentId`: a value, or the canary's by `copy`."""
    if patch.op == "copy":
        document["deploymentId"] = _source(document, patch, "/canarySettings/deploymentId")["deploymentId"]
    else:
        document["deploymentId"] = patch.value


def promoted_variables(document: Members, patch: Patch) -> None:
    """`copy` of the canary's variables over the stage's."""
    overrides = _source(document, patch, "/canarySettings/stageVariableOverrides").get("stageVariableOverrides")
    document["variables"] = (document.get("variables") or {}) | (overrides or {})


def _source(document: Members, patch: Patch, path: str) -> Members:
    """The canary's settings, where they are to be copied from `path`."""
    if patch.source != path:
        raise _bad_copy(patch)
    settings: Members | None = document.get(MEMBER)
    if settings is None:
        raise BadRequestException("Promotion not available. Canary does not exist.")
    return settings


def _bad_copy(patch: Patch) -> BadRequestException:
    return BadRequestException(
        f"Invalid copy operation with path: {patch.path} and from {patch.source}. Valid copy:path are [/deploymentId, "
        "/variables] and valid copy:from are [/canarySettings/deploymentId, /canarySettings/stageVariableOverrides]"
    )


def _settings(document: Members) -> Members:
    """The canary's settings; one that any of them makes begins on the stage's own deployment."""
    settings: Members = document.setdefault(MEMBER, {**_DEFAULTS, "deploymentId": document["deploymentId"]})
    return settings


def _remove(document: Members, patch: Patch) -> None:
    if patch.op != "remove":
        raise BadRequestException(f"Invalid patch path {patch.path}")
    document.pop(MEMBER, None)


def _deployment(document: Members, patch: Patch) -> None:
    if patch.op == "copy":
        raise _bad_copy(patch)
    if patch.op == "add":
        raise BadRequestException(f"Invalid add operation with path: {patch.path}")
    _settings(document)["deploymentId"] = patch.value


def _percent(document: Members, patch: Patch) -> None:
    try:
        percent = float(patch.value or "")
    except ValueError:
        raise BadRequestException(f"Invalid value for {patch.path}: {patch.value}") from None
    document[MEMBER] = canary_settings(_settings(document) | {"percentTraffic": percent}, None)


def _use_cache(document: Members, patch: Patch) -> None:
    _settings(document)["useStageCache"] = (patch.value or "").lower() == "true"


def _all_overrides(document: Members, patch: Patch) -> None:
    """They come and go one by one. AWS takes the path for one of method settings."""
    if patch.op == "copy":
        raise _bad_copy(patch)
    if patch.op != "remove":
        raise BadRequestException(f"Invalid patch path {patch.path}")
    raise BadRequestException(
        "Cannot remove method setting canarySettings/stageVariableOverrides because there is no method setting for "
        "this method "
    )


def _override(document: Members, patch: Patch) -> None:
    overrides = dict(_settings(document).get("stageVariableOverrides") or {})
    if patch.op == "remove":
        overrides.pop(patch.key, None)
    else:
        overrides[patch.key] = patch.value or ""
    _settings(document)["stageVariableOverrides"] = overrides
