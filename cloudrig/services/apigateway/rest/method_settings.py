"""Method settings of a stage: per method (`~1pets/GET`) or for all of them (`*/*`).

The keys are those of patch paths, slashes still escaped: GetStage shows them so, and Terraform looks for what it wrote
(https://docs.aws.amazon.com/cli/latest/reference/apigateway/update-stage.html, examples).

Throttling is enforced where the rig's is on; settings of what is not built (the cache) may only say that it
stays off.
Source: https://docs.aws.amazon.com/apigateway/latest/api/API_MethodSetting.html; defaults recorded on AWS in
LocalStack's snapshots.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.errors import BadRequestException
from cloudrig.services.apigateway.execution_logs import LEVELS
from cloudrig.services.apigateway.observation import Detail
from cloudrig.services.apigateway.rest.patch import Patch, Rule
from cloudrig.services.apigateway.throttling import Limits

ALL_METHODS = "*/*"
_DEFAULTS: Members = {
    "metricsEnabled": False,
    "dataTraceEnabled": False,
    "throttlingBurstLimit": 5000,
    "throttlingRateLimit": 10000.0,
    "cachingEnabled": False,
    "cacheTtlInSeconds": 300,
    "cacheDataEncrypted": False,
    "requireAuthorizationForCacheControl": True,
    "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
}
_UNLIMITED = -1
"""What Terraform writes for no limit."""


def _boolean(value: str) -> bool:
    return value.lower() == "true"


def _level(value: str) -> str:
    if value not in LEVELS:
        raise BadRequestException(f"Invalid logging level specified. Valid options are {', '.join(LEVELS)}")
    return value


SETTINGS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "metrics/enabled": ("metricsEnabled", _boolean),
    "logging/dataTrace": ("dataTraceEnabled", _boolean),
    "logging/loglevel": ("loggingLevel", _level),
    "throttling/burstLimit": ("throttlingBurstLimit", int),
    "throttling/rateLimit": ("throttlingRateLimit", float),
    "caching/ttlInSeconds": ("cacheTtlInSeconds", int),
    "caching/enabled": ("cachingEnabled", _boolean),
    "caching/dataEncrypted": ("cacheDataEncrypted", _boolean),
    "caching/requireAuthorizationForCacheControl": ("requireAuthorizationForCacheControl", _boolean),
    "caching/unauthorizedCacheControlHeaderStrategy": ("unauthorizedCacheControlHeaderStrategy", str),
}
"""Path → member, and how its text is read. Those of the cache are kept, and nothing is cached."""


def throttle(stage: Members, resource_path: str, http_method: str) -> Limits | None:
    """What the stage sets for a method; None where it sets nothing."""
    own = _settings(stage, resource_path, http_method)
    if own is None:
        return None
    limits = Limits(own["throttlingRateLimit"], own["throttlingBurstLimit"])
    defaults = Limits(_DEFAULTS["throttlingRateLimit"], _DEFAULTS["throttlingBurstLimit"])
    return None if limits == defaults or _UNLIMITED in (limits.rate, limits.burst) else limits


def detail(stage: Members, resource_path: str, http_method: str) -> Detail:
    """How closely the stage watches a method."""
    own = _settings(stage, resource_path, http_method) or {}
    level, data_trace = own.get("loggingLevel") or "OFF", bool(own.get("dataTraceEnabled"))
    return Detail(level, data_trace, bool(own.get("metricsEnabled")))


def wants_logs(stage: Members) -> bool:
    """Whether any method of a stage has an execution log."""
    settings = (stage.get("methodSettings") or {}).values()
    return any((each.get("loggingLevel") or "OFF") != "OFF" for each in settings)


def _settings(stage: Members, resource_path: str, http_method: str) -> Members | None:
    settings: Members = stage.get("methodSettings") or {}
    escaped = resource_path.replace("~", "~0").replace("/", "~1")
    own = settings.get(f"{escaped}/{http_method}") or settings.get(f"{escaped.removeprefix('~1')}/{http_method}")
    return own or settings.get(ALL_METHODS)


def rules() -> dict[str, Rule]:
    """The patch rules of a stage for its method settings."""
    return {"/*/*": Rule(_remove, ("add", "replace", "remove"))} | {
        f"/*/*/{path}": _setting(*setting) for path, setting in SETTINGS.items()
    }


def _setting(member: str, convert: Callable[[str], Any]) -> Rule:
    def apply(document: Members, patch: Patch) -> None:
        try:
            value = convert(patch.value or "")
        except ValueError:
            raise BadRequestException(f"Invalid value for {patch.path}: {patch.value}") from None
        settings = document["methodSettings"]
        settings[_key(patch)] = {**_DEFAULTS, **settings.get(_key(patch), {}), member: value}

    return Rule(apply, ("add", "replace"))


def _remove(document: Members, patch: Patch) -> None:
    if patch.op != "remove":
        raise BadRequestException(f"Invalid patch path {patch.path}")
    if _key(patch) not in document["methodSettings"]:
        raise BadRequestException(
            f"Cannot remove method setting {_key(patch)} because there is no method setting for this method "
        )
    del document["methodSettings"][_key(patch)]


def _key(patch: Patch) -> str:
    return "/".join(patch.path.split("/")[1:3])
