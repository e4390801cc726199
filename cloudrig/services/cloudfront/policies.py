"""Response headers policies and cache policies, which the upstream has not: kept here, by id.

Sources: https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateResponseHeadersPolicy.html,
.../API_CreateCachePolicy.html
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cloudrig.engine.clock import Clock
from cloudrig.engine.errors import OperationNotImplemented, ServiceError
from cloudrig.engine.messages import Members
from cloudrig.services.cloudfront import errors
from cloudrig.services.cloudfront.managed import CACHE_POLICIES, RESPONSE_HEADERS_POLICIES

MAX_ITEMS = 100


@dataclass(frozen=True)
class Kind:
    """One kind of policy: the name that its operations, members and errors are made with."""

    name: str
    not_found: type[ServiceError]
    exists: type[ServiceError]
    in_use: type[ServiceError]
    not_built: tuple[str, ...]
    """Members of the configuration that the rig does not act on."""


RESPONSE_HEADERS = Kind(
    "ResponseHeadersPolicy",
    errors.NoSuchResponseHeadersPolicy,
    errors.ResponseHeadersPolicyAlreadyExists,
    errors.ResponseHeadersPolicyInUse,
    ("CorsConfig", "ServerTimingHeadersConfig"),
)
CACHE = Kind("CachePolicy", errors.NoSuchCachePolicy, errors.CachePolicyAlreadyExists, errors.CachePolicyInUse, ())


@dataclass(frozen=True)
class Policy:
    id: str
    config: Members
    modified: datetime
    managed: bool = False
    etag: str = field(default_factory=lambda: f"E{secrets.token_hex(6).upper()}")


class Policies:
    """All policies of one kind."""

    def __init__(self, kind: Kind, managed: Mapping[str, Members], clock: Clock) -> None:
        self.kind = kind
        self._clock = clock
        self._by_id = {each: Policy(each, config, clock.utc(), managed=True) for each, config in managed.items()}

    def config(self, policy_id: str) -> Members:
        """Empty where there is no such policy."""
        policy = self._by_id.get(policy_id)
        return policy.config if policy else {}

    def get(self, policy_id: str) -> Policy:
        """Raises the kind's `not_found`."""
        if policy_id not in self._by_id:
            raise self.kind.not_found("The specified policy does not exist.")
        return self._by_id[policy_id]

    def create(self, config: Members) -> Policy:
        """Raises the kind's `exists`: the name is taken; OperationNotImplemented, InvalidArgument."""
        self._check(config)
        policy = Policy(str(uuid.uuid4()), config, self._clock.utc())
        self._by_id[policy.id] = policy
        return policy

    def update(self, policy_id: str, config: Members, etag: str | None) -> Policy:
        """Raises what `create` and `matching` do."""
        self.matching(policy_id, etag)
        self._check(config, but=policy_id)
        policy = self._by_id[policy_id] = Policy(policy_id, config, self._clock.utc())
        return policy

    def delete(self, policy_id: str, etag: str | None) -> None:
        self.matching(policy_id, etag)
        del self._by_id[policy_id]

    def matching(self, policy_id: str, etag: str | None) -> Policy:
        """A policy of one's own, in the version that one knows.

        Raises:
            the kind's `not_found`; IllegalUpdate: AWS manages it; InvalidIfMatchVersion, PreconditionFailed.
        """
        policy = self.get(policy_id)
        if policy.managed:
            raise errors.IllegalUpdate("The specified policy is managed by AWS.")
        if etag is None:
            raise errors.InvalidIfMatchVersion("The If-Match version is missing or not valid for the resource.")
        if etag != policy.etag:
            raise errors.PreconditionFailed("The request failed because it didn't meet the preconditions.")
        return policy

    def page(self, marker: str, kind: str | None) -> Members:
        """A page of the list, managed ones first; `kind` is `managed`, `custom` or None for both."""
        found = [each for each in self._by_id.values() if kind in (None, _type(each))]
        start = next((place for place, each in enumerate(found) if each.id == marker), 0)
        shown, rest = found[start : start + MAX_ITEMS], found[start + MAX_ITEMS :]
        page: Members = {
            "MaxItems": MAX_ITEMS,
            "Quantity": len(shown),
            "Items": [{"Type": _type(each), self.kind.name: self.document(each)} for each in shown],
        }
        return {**page, "NextMarker": rest[0].id} if rest else page

    def document(self, policy: Policy) -> dict[str, Any]:
        """As the API shows it."""
        return {"Id": policy.id, "LastModifiedTime": policy.modified, f"{self.kind.name}Config": policy.config}

    def _check(self, config: Members, but: str = "") -> None:
        name = config.get("Name")
        if not name:
            raise errors.InvalidArgument("The parameter Name is required.")
        for member in self.kind.not_built:
            if config.get(member):
                raise OperationNotImplemented(f"cloudrig does not implement {member} of a {self.kind.name}")
        if any(each.config["Name"] == name and each.id != but for each in self._by_id.values()):
            raise self.kind.exists(f"A policy with the name {name} already exists.")


def response_headers_policies(clock: Clock) -> Policies:
    return Policies(RESPONSE_HEADERS, RESPONSE_HEADERS_POLICIES, clock)


def cache_policies(clock: Clock) -> Policies:
    return Policies(CACHE, CACHE_POLICIES, clock)


def _type(policy: Policy) -> str:
    return "managed" if policy.managed else "custom"
