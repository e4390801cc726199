"""Distributions as the upstream holds them: read when one is first needed, and again after a change."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from cloudrig.engine.interfaces import Upstream
from cloudrig.engine.messages import Members
from cloudrig.engine.names import Scope


@dataclass(frozen=True)
class Distribution:
    """`domain` is `d111111abcdef8.cloudfront.net`."""

    id: str
    domain: str
    config: Members


class Distributions:
    """Those of the default account; CloudFront has no regions."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._found: dict[str, Distribution] | None = None
        self._changes = 0
        self._reading = asyncio.Lock()

    def changed(self) -> None:
        """Read them again before the next answer."""
        self._found = None
        self._changes += 1

    async def find(self, key: str) -> Distribution | None:
        """By id, or by the first label of the domain or an alternate name; hosts are in lower case."""
        async with self._reading:
            found = self._found
            if found is None:
                changes, found = self._changes, await self._read()
                if changes == self._changes:  # what was read across a change may be of before it
                    self._found = found
            return found.get(key.lower())

    async def uses(self, policy_id: str) -> bool:
        """Whether a behaviour of any distribution names the policy."""
        found = await self._read()
        behaviours = (each for distribution in found.values() for each in _behaviours(distribution.config))
        return any(policy_id in (each.get("ResponseHeadersPolicyId"), each.get("CachePolicyId")) for each in behaviours)

    async def _read(self) -> dict[str, Distribution]:
        found: dict[str, Distribution] = {}
        listed = (await self._call("list_distributions"))["DistributionList"].get("Items") or []
        for each in listed:
            config = (await self._call("get_distribution_config", Id=each["Id"]))["DistributionConfig"]
            distribution = Distribution(each["Id"], each["DomainName"], config)
            found[each["Id"].lower()] = distribution
            found[each["DomainName"].partition(".")[0].lower()] = distribution
        return found

    async def _call(self, operation: str, **members: Any) -> dict[str, Any]:
        return await self._upstream.call("cloudfront", operation, Scope(), **members)


def _behaviours(config: Members) -> list[Members]:
    return [config["DefaultCacheBehavior"], *(config.get("CacheBehaviors", {}).get("Items") or [])]
