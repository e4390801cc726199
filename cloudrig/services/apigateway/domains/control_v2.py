"""Operations of apigatewayv2 on domain names and API mappings.

Source: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/domainnames.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from cloudrig.engine.errors import OperationNotImplemented
from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.names import Scope
from cloudrig.engine.wire import Operation
from cloudrig.services.apigateway.domains.state import ApiMapping, DomainName, DomainNames
from cloudrig.services.apigateway.errors import BadRequestException, NotFoundException
from cloudrig.services.apigateway.v2.documents import page
from cloudrig.services.apigateway.v2.state import WEBSOCKET

HOSTED_ZONE = "Z1UJRXOUMOOFQ8"  # us-east-1's
MAX_KEY = 300

_KEY = re.compile(r"[A-Za-z0-9$\-_.+!*'()/]*")

KindOf = Callable[[Scope, str, str], str | None]
"""The kind of an account's API, where it has the stage; else None."""


class DomainsV2:
    """The operations, for the control plane's table."""

    def __init__(self, domains: DomainNames, kind_of: KindOf) -> None:
        self._domains = domains
        self._kind_of = kind_of
        self.operations: Mapping[str, Operation] = {
            "CreateDomainName": self.create_domain_name,
            "GetDomainName": lambda caller, members: _described(self._domain(caller, members)),
            "GetDomainNames": self.get_domain_names,
            "UpdateDomainName": self.update_domain_name,
            "DeleteDomainName": self.delete_domain_name,
            "CreateApiMapping": self.create_api_mapping,
            "GetApiMapping": self.get_api_mapping,
            "GetApiMappings": self.get_api_mappings,
            "UpdateApiMapping": self.update_api_mapping,
            "DeleteApiMapping": self.delete_api_mapping,
        }

    def create_domain_name(self, caller: Caller, members: Members) -> Members:
        """A domain name with one configuration. Raises ConflictException; OperationNotImplemented for mutual TLS."""
        domain = DomainName(members["DomainName"].lower(), caller.scope, {"tags": members.get("Tags") or {}})
        domain.document |= _configuration(members)
        self._domains.add(domain)
        return _described(domain)

    def get_domain_names(self, caller: Caller, members: Members) -> Members:
        return page([_described(domain) for domain in self._domains.all(caller.scope)], members)

    def update_domain_name(self, caller: Caller, members: Members) -> Members:
        domain = self._domain(caller, members)
        domain.document = domain.document | _configuration(members)
        return _described(domain)

    def delete_domain_name(self, caller: Caller, members: Members) -> Members:
        self._domains.remove(self._domain(caller, members))
        return {}

    def create_api_mapping(self, caller: Caller, members: Members) -> Members:
        """Put a stage of an API under a domain name.

        Raises:
            NotFoundException: no such domain name, API or stage.
            BadRequestException: a key of other characters; a WebSocket API beside another kind.
            ConflictException: the key is taken.
        """
        domain = self._domain(caller, members)
        mapping = self._checked(domain, members["ApiId"], members["Stage"], members.get("ApiMappingKey") or "")
        return _mapping(domain.put(mapping, "ApiMapping key"))

    def get_api_mapping(self, caller: Caller, members: Members) -> Members:
        return _mapping(self._domain(caller, members).mapping(members["ApiMappingId"]))

    def get_api_mappings(self, caller: Caller, members: Members) -> Members:
        return page([_mapping(mapping) for mapping in self._domain(caller, members).mappings.values()], members)

    def update_api_mapping(self, caller: Caller, members: Members) -> Members:
        domain = self._domain(caller, members)
        before = domain.mapping(members["ApiMappingId"])
        key, stage = members.get("ApiMappingKey", before.key), members.get("Stage", before.stage)
        after = self._checked(domain, members["ApiId"], stage, key or "", but=before)
        return _mapping(domain.put(replace(after, id=before.id), "ApiMapping key"))

    def delete_api_mapping(self, caller: Caller, members: Members) -> Members:
        domain = self._domain(caller, members)
        del domain.mappings[domain.mapping(members["ApiMappingId"]).id]
        return {}

    def _domain(self, caller: Caller, members: Members) -> DomainName:
        return self._domains.find(caller.scope, members["DomainName"])

    def _checked(
        self, domain: DomainName, api_id: str, stage: str, key: str, but: ApiMapping | None = None
    ) -> ApiMapping:
        return checked_mapping(self._kind_of, domain, api_id, stage, key, but)


def checked_mapping(
    kind_of: KindOf, domain: DomainName, api_id: str, stage: str, key: str, but: ApiMapping | None = None
) -> ApiMapping:
    """A mapping that may be put on a domain name, in place of `but`. Raises NotFoundException, BadRequestException."""
    kind = kind_of(domain.scope, api_id, stage)
    if kind is None:
        raise NotFoundException("Invalid API identifier or stage specified")
    key = key.strip("/")
    if len(key) > MAX_KEY or not _KEY.fullmatch(key):
        raise BadRequestException("An ApiMapping key may contain only letters, numbers and one of $-_.+!*'()")
    others = {mapping.kind for mapping in domain.mappings.values() if but is None or mapping.id != but.id}
    if others and (kind == WEBSOCKET) != (others == {WEBSOCKET}):
        raise BadRequestException(
            "Only WEBSOCKET protocol type APIs can be associated with each other on a domain name"
        )
    return ApiMapping(api_id, stage, key, kind)


def _configuration(members: Members) -> Members:
    """The one configuration under v1's names."""
    if members.get("MutualTlsAuthentication"):
        raise OperationNotImplemented("cloudrig does not implement MutualTlsAuthentication")
    configurations = members.get("DomainNameConfigurations") or []
    if len(configurations) != 1:
        raise BadRequestException("Invalid input. Expected one domain name configuration")  # floci-io/floci#2390
    given = configurations[0]
    names = {
        "CertificateArn": "regionalCertificateArn",
        "CertificateName": "regionalCertificateName",
        "SecurityPolicy": "securityPolicy",
    }
    document = {name: given[member] for member, name in names.items() if member in given}
    endpoint = given.get("EndpointType")
    return document | ({"endpointConfiguration": {"types": [endpoint]}} if endpoint else {})


def _described(domain: DomainName) -> Members:
    document = domain.document
    configuration = {
        "ApiGatewayDomainName": f"d-{domain.gateway_id}.execute-api.{domain.scope.region}.amazonaws.com",
        "CertificateArn": document.get("regionalCertificateArn"),
        "CertificateName": document.get("regionalCertificateName"),
        "DomainNameStatus": "AVAILABLE",
        "EndpointType": (document.get("endpointConfiguration") or {}).get("types", ["REGIONAL"])[0],
        "HostedZoneId": HOSTED_ZONE,
        "IpAddressType": "ipv4",
        "SecurityPolicy": document.get("securityPolicy", "TLS_1_2"),
    }
    return {
        "DomainName": domain.name,
        "ApiMappingSelectionExpression": "$request.basepath",
        "DomainNameArn": f"arn:aws:apigateway:{domain.scope.region}::/domainnames/{domain.name}",
        "DomainNameConfigurations": [{name: value for name, value in configuration.items() if value is not None}],
        "RoutingMode": "API_MAPPING_ONLY",
        "Tags": document.get("tags") or {},
    }


def _mapping(mapping: ApiMapping) -> Members:
    return {
        "ApiId": mapping.api_id,
        "ApiMappingId": mapping.id,
        "ApiMappingKey": mapping.key,
        "Stage": mapping.stage,
    }
