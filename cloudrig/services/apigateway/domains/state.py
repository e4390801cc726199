"""Custom domain names and their mappings, which both control planes show in their own ways.

A mapping's key is what follows the domain in a URL (`orders/v1`, or nothing); of several that fit, the longest counts.
Requests are told to be for a domain by their `Host`.
Sources: AG `how-to-custom-domains.html`, `rest-api-mappings.html`, `websocket-api-custom-domain-names.html`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cloudrig.engine import names
from cloudrig.engine.interfaces import Mounted
from cloudrig.engine.messages import Members
from cloudrig.engine.names import Scope
from cloudrig.services.apigateway.errors import ConflictException, NotFoundException

REST = "REST"
"""Kind of the APIs that are no protocol of v2's. WebSocket APIs share a domain name with no other kind."""


@dataclass(frozen=True, slots=True)
class ApiMapping:
    """`key` is without slashes at its ends; empty is the domain itself. `kind` is the API's."""

    api_id: str
    stage: str
    key: str
    kind: str
    id: str = field(default_factory=names.short_id)


@dataclass(slots=True)
class DomainName:
    """One domain name. `document` has what was given, under v1's names (`regionalCertificateArn`, `securityPolicy`)."""

    name: str
    scope: Scope
    document: Members
    mappings: dict[str, ApiMapping] = field(default_factory=dict)
    gateway_id: str = field(default_factory=names.api_id)

    def mapping(self, mapping_id: str) -> ApiMapping:
        """Raises NotFoundException."""
        if mapping_id not in self.mappings:
            raise NotFoundException("Invalid API mapping identifier specified")
        return self.mappings[mapping_id]

    def by_key(self, key: str) -> ApiMapping:
        """Raises NotFoundException."""
        found = next((mapping for mapping in self.mappings.values() if mapping.key == key), None)
        if found is None:
            raise NotFoundException("Invalid base path mapping identifier specified")
        return found

    def put(self, mapping: ApiMapping, key_name: str = "Base path") -> ApiMapping:
        """Keep a mapping under its id. Raises ConflictException: another one has its key."""
        if any(other.key == mapping.key and other.id != mapping.id for other in self.mappings.values()):
            raise ConflictException(f"{key_name} already exists for this domain name")
        self.mappings[mapping.id] = mapping
        return mapping

    def fitting(self, path: str) -> ApiMapping | None:
        """The mapping with the longest key that a raw path begins with."""
        fit = [mapping for mapping in self.mappings.values() if _begins_with(path, mapping.key)]
        return max(fit, key=lambda mapping: len(mapping.key), default=None)


@dataclass(frozen=True, slots=True)
class Mapped(Mounted):
    """A request that came by a custom domain: `key` is the API (empty where no mapping fits), `path` begins with the
    stage, `base` is the mapping's key as a path. `host` is the domain as the client addressed it, with its port.
    `kind` is the API's.
    """

    host: str = ""
    kind: str = ""


class DomainNames:
    """All domain names of a rig; a name exists once."""

    def __init__(self) -> None:
        self._names: dict[str, DomainName] = {}

    def add(self, domain: DomainName) -> None:
        """Raises ConflictException."""
        if domain.name in self._names:
            raise ConflictException("The domain name you provided already exists.")
        self._names[domain.name] = domain

    def find(self, scope: Scope, name: str) -> DomainName:
        """Raises NotFoundException."""
        domain = self._names.get(name.lower())
        if domain is None or domain.scope != scope:
            raise NotFoundException("Invalid domain name identifier specified")
        return domain

    def remove(self, domain: DomainName) -> None:
        del self._names[domain.name]

    def all(self, scope: Scope) -> list[DomainName]:
        return [domain for domain in self._names.values() if domain.scope == scope]

    def resolve(self, host: str, path: str) -> Mapped | None:
        """Where a request goes, by its host and raw path; None for hosts that are no domain name of anybody's."""
        if not self._names:
            return None
        domain = self._names.get(host) or self._names.get(f"*.{host.partition('.')[2]}")
        if domain is None:
            return None
        mapping = domain.fitting(path)
        if mapping is None:
            return Mapped("", path, host=host)
        base = f"/{mapping.key}" if mapping.key else ""
        rest = f"/{mapping.stage}{path[len(base) :]}"
        return Mapped(mapping.api_id, rest, base, host=host, kind=mapping.kind)


def _begins_with(path: str, key: str) -> bool:
    return not key or path == f"/{key}" or path.startswith(f"/{key}/")
