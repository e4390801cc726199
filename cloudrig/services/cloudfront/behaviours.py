"""Which behaviour of a distribution answers a path, and for how long an answer is kept. Pure.

Sources: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html,
.../Expiration.html#ExpirationDownloadDist
"""

from __future__ import annotations

import re
from typing import Any

from cloudrig.engine.messages import Members

_AGE = re.compile(r"(?:^|[,\s])(s-maxage|max-age)=\"?(\d+)")


def behaviour_of(config: Members, path: str) -> Members:
    """The first whose path pattern the path matches, or the default one."""
    behaviours = config.get("CacheBehaviors", {}).get("Items") or []
    for behaviour in behaviours:
        if _matches(behaviour["PathPattern"], path):
            found: Members = behaviour
            return found
    default: Members = config["DefaultCacheBehavior"]
    return default


def origin_of(config: Members, behaviour: Members) -> Members:
    """The origin that a behaviour names."""
    origins: list[Members] = config["Origins"]["Items"]
    return next(each for each in origins if each["Id"] == behaviour["TargetOriginId"])


def error_page(config: Members, status: int) -> Members:
    """The custom error response for a status; empty where there is none."""
    responses: list[Members] = config.get("CustomErrorResponses", {}).get("Items") or []
    return next((each for each in responses if each["ErrorCode"] == status), {})


def lifetime_s(cache_control: str, limits: Members) -> float:
    """How long an answer may be kept.

    Args:
        cache_control: what the origin said.
        limits: `MinTTL`, `DefaultTTL`, `MaxTTL` of the cache policy, or of the behaviour itself.
    """
    least: float = limits.get("MinTTL") or 0
    most: float = limits.get("MaxTTL", 31_536_000)
    said = cache_control.lower()
    if any(word in said for word in ("no-cache", "no-store", "private")):
        return least
    ages = {name: float(value) for name, value in _AGE.findall(said)}
    default_s: float = limits.get("DefaultTTL", 86_400)
    wanted = ages.get("s-maxage", ages.get("max-age", default_s))
    return min(max(wanted, least), most)


def allowed_methods(behaviour: Members) -> list[str]:
    methods: Any = behaviour.get("AllowedMethods", {}).get("Items")
    return methods or ["GET", "HEAD"]


def _matches(pattern: str, path: str) -> bool:
    """`*` stands for any characters, `?` for one; a slash before the pattern may be left out."""
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern.lstrip("/"))
    return re.fullmatch("".join(parts), path.lstrip("/"), re.DOTALL) is not None
