"""From the members of CreateFunction and UpdateFunctionConfiguration to settings, checked as Lambda checks them.

What would change how a function behaves and is not built is refused by name, never ignored.
Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cloudrig.engine.errors import OperationNotImplemented, ValidationError
from cloudrig.engine.messages import Members
from cloudrig.services.lambda_.errors import InvalidParameterValue
from cloudrig.services.lambda_.state import Logging, Settings
from cloudrig.services.lambda_.variables import RESERVED_VARIABLES

MAX_TIMEOUT_S = 900
MAX_MEMORY_MB = 10_240
MAX_EPHEMERAL_MB = 10_240
MAX_ENVIRONMENT_BYTES = 4096

_UNCONFIGURABLE = (
    "Lambda was unable to configure your environment variables because the environment variables you have provided "
)
_SNAP_START = re.compile(r"python3\.(?:1[2-9]|[2-9]\d)$")
"""Runtimes that have SnapStart, out of those that are built."""
_PLAIN = {
    "Role": "role",
    "Handler": "handler",
    "Runtime": "runtime",
    "Description": "description",
    "Timeout": "timeout_s",
    "MemorySize": "memory_mb",
}


def new_settings(members: Members) -> Settings:
    """Settings of a new function. Raises InvalidParameterValue, ValidationError, OperationNotImplemented."""
    if members.get("PackageType", "Zip") != "Zip" or "ImageUri" in members["Code"]:
        raise OperationNotImplemented("cloudrig runs functions from zip archives; container images are not built")
    if not members.get("Runtime") or not members.get("Handler"):
        raise InvalidParameterValue(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages."
        )
    return changed_settings(Settings(members["Role"], members["Handler"], members["Runtime"]), members)


def changed_settings(settings: Settings, members: Members) -> Settings:
    """Settings with what `members` give put in place. Raises as `new_settings`."""
    _refuse_unbuilt(members)
    changes: dict[str, Any] = {name: members[member] for member, name in _PLAIN.items() if member in members}
    if "Environment" in members:
        changes["environment"] = _variables(members["Environment"].get("Variables") or {})
    if "EphemeralStorage" in members:
        changes["ephemeral_mb"] = members["EphemeralStorage"]["Size"]
    if "Architectures" in members:
        changes["architectures"] = tuple(members["Architectures"])
    if "TracingConfig" in members:
        changes["tracing"] = members["TracingConfig"].get("Mode", "PassThrough")
    if "LoggingConfig" in members:
        changes["logging"] = _logging(settings.logging, members["LoggingConfig"])
    if "SnapStart" in members:
        changes["snap_start"] = members["SnapStart"].get("ApplyOn") == "PublishedVersions"
    if "DeadLetterConfig" in members:
        changes["dead_letter_arn"] = members["DeadLetterConfig"].get("TargetArn") or None
    changes["shown"] = {**settings.shown, **_shown(members)}
    changed = replace(settings, **changes)
    if changed.snap_start and not _SNAP_START.match(changed.runtime):
        raise InvalidParameterValue(f"{changed.runtime} is not supported for SnapStart enabled functions.")
    _check_most("timeout", changed.timeout_s, MAX_TIMEOUT_S)
    _check_most("memorySize", changed.memory_mb, MAX_MEMORY_MB)
    _check_most("ephemeralStorage.size", changed.ephemeral_mb, MAX_EPHEMERAL_MB)
    return changed


def _logging(before: Logging, members: Members) -> Logging:
    """What is given, and the rest as before: recorded in LocalStack's AWS-validated snapshots (`TestLoggingConfig`).

    Raises InvalidParameterValue for levels of a log in text; its wording is unverified.
    """
    group, log_format = members.get("LogGroup") or before.group, members.get("LogFormat", before.format)
    application, system = members.get("ApplicationLogLevel"), members.get("SystemLogLevel")
    if log_format != "Text":
        return Logging(group, log_format, application or before.application_level, system or before.system_level)
    if application or system:
        raise InvalidParameterValue("ApplicationLogLevel and SystemLogLevel require LogFormat JSON.")
    return Logging(group)


def _check_most(name: str, value: int, most: int) -> None:
    """Limits that the service model gives wider, for kinds of functions that are not built."""
    if value > most:
        raise ValidationError(
            f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
            f"Member must have value less than or equal to {most}"
        )


def _shown(members: Members) -> dict[str, object]:
    """What has no effect on a local function and is shown as it was given."""
    shown: dict[str, object] = {}
    if "VpcConfig" in members:
        given = members["VpcConfig"]
        subnets, groups = given.get("SubnetIds", []), given.get("SecurityGroupIds", [])
        shown["VpcConfig"] = {
            "SubnetIds": subnets,
            "SecurityGroupIds": groups,
            "VpcId": "",
            "Ipv6AllowedForDualStack": given.get("Ipv6AllowedForDualStack", False),
        }
    if "KMSKeyArn" in members:
        shown["KMSKeyArn"] = members["KMSKeyArn"] or None
    return shown


def _variables(variables: Mapping[str, str]) -> dict[str, str]:
    reserved = sorted(RESERVED_VARIABLES & variables.keys())
    if reserved:
        raise InvalidParameterValue(
            f"{_UNCONFIGURABLE}contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    text = json.dumps(dict(variables), separators=(",", ":"), ensure_ascii=False)
    if len(text.encode()) > MAX_ENVIRONMENT_BYTES:
        raise InvalidParameterValue(f"{_UNCONFIGURABLE}exceeded the 4KB limit. String measured: {text}")
    return dict(variables)


def _refuse_unbuilt(members: Members) -> None:
    asked = {
        "FileSystemConfigs": members.get("FileSystemConfigs"),
        "ImageConfig": members.get("ImageConfig"),
        "CapacityProviderConfig": members.get("CapacityProviderConfig"),
        "DurableConfig": members.get("DurableConfig"),
        "TenancyConfig": members.get("TenancyConfig"),
        "RuntimeConfig": members.get("RuntimeConfig"),
        "AcceleratorConfig": members.get("AcceleratorConfig"),
    }
    for name, wanted in asked.items():
        if wanted:
            raise OperationNotImplemented(f"cloudrig does not implement {name} of Lambda functions")
