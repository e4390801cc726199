"""Patch operations on stages of REST APIs.

Source: https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateStage-Patch
"""

from __future__ import annotations

import re

from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.errors import BadRequestException
from cloudrig.services.apigateway.rest import canary
from cloudrig.services.apigateway.rest.method_settings import SETTINGS, rules
from cloudrig.services.apigateway.rest.patch import Patch, PatchTable, Rule, boolean, map_entry, text

_VARIABLE_NAME = re.compile(r"[a-zA-Z0-9_]+")
_VARIABLE_VALUE = re.compile(r"[A-Za-z0-9\-._~:/?#&=,]+")


def check_variable(name: str, value: str) -> None:
    """Source: AG `amazon-api-gateway-using-stage-variables.html`."""
    if not _VARIABLE_NAME.fullmatch(name):
        raise BadRequestException(f"Invalid stage variable name {name}: only alphanumeric characters and underscores")
    if not _VARIABLE_VALUE.fullmatch(value):
        raise BadRequestException(
            f"Invalid stage variable value: {value}. Please use values with only alphanumeric characters and the "
            "symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','."
        )


def _variable(document: Members, patch: Patch) -> None:
    if patch.op != "remove":
        check_variable(patch.key, patch.value or "")
    _VARIABLES.apply(document, patch)


def _no_access_log(document: Members, patch: Patch) -> None:
    document.pop("accessLogSettings", None)


def _access_log(member: str) -> Rule:
    def apply(document: Members, patch: Patch) -> None:
        document["accessLogSettings"] = {**(document.get("accessLogSettings") or {}), member: patch.value or ""}

    return Rule(apply, ("add", "replace"))


def patch_stage(document: Members, operations: list[Members]) -> Members:
    """As `PatchTable.apply`, with the text that AWS has for stages only."""
    try:
        return _STAGE.apply(document, operations)
    except BadRequestException as error:
        path = error.message.removeprefix("Invalid patch path ")
        if path == error.message:
            raise
        raise BadRequestException(f"Invalid method setting path: {path}. Must be one of: [{_STAGE_PATHS}]") from None


_VARIABLES = map_entry("variables", lambda value: value or "")
_STAGE_PATHS = (
    "/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, "
    "/accessLogSettings/destinationArn, /accessLogSettings/format, "
    + ", ".join(f"/{{resourcePath}}/{{httpMethod}}/{setting}" for setting in SETTINGS)
    + ", "
    + ", ".join(f"/*/*/{setting}" for setting in SETTINGS)
    + ", /variables/{variable_name}, /tracingEnabled"
)

_STAGE = PatchTable(
    {
        "/deploymentId": Rule(canary.promoted_deployment, ("replace", "copy")),
        "/description": text("description"),
        "/documentationVersion": text("documentationVersion"),
        "/variables": Rule(canary.promoted_variables, ("copy",)),
        "/variables/*": Rule(_variable, ("add", "replace", "remove")),
        "/tracingEnabled": boolean("tracingEnabled"),
        "/cacheClusterEnabled": boolean("cacheClusterEnabled"),
        "/cacheClusterSize": text("cacheClusterSize"),
        "/clientCertificateId": text("clientCertificateId", ops=("replace", "remove")),
        "/accessLogSettings": Rule(_no_access_log, ("remove",)),
        "/accessLogSettings/destinationArn": _access_log("destinationArn"),
        "/accessLogSettings/format": _access_log("format"),
        **canary.rules(),
        **rules(),
    }
)
