"""Operations of apigateway (v1) on domain names and base path mappings.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_DomainName.html, API_BasePathMapping.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import unquote

from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.wire import Operation
from cloudrig.services.apigateway.domains.control_v2 import HOSTED_ZONE, KindOf, checked_mapping
from cloudrig.services.apigateway.domains.state import ApiMapping, DomainName, DomainNames
from cloudrig.services.apigateway.errors import BadRequestException
from cloudrig.services.apigateway.rest.errors import not_built
from cloudrig.services.apigateway.rest.paging import page
from cloudrig.services.apigateway.rest.patch import PatchTable, refused, text

NO_PATH = "(none)"
"""The base path of the domain itself."""

_NOT_BUILT = ("mutualTlsAuthentication", "ownershipVerificationCertificateArn", "policy", "certificateBody")


class DomainsV1:
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
            "CreateBasePathMapping": self.create_base_path_mapping,
            "GetBasePathMapping": self.get_base_path_mapping,
            "GetBasePathMappings": self.get_base_path_mappings,
            "UpdateBasePathMapping": self.update_base_path_mapping,
            "DeleteBasePathMapping": self.delete_base_path_mapping,
        }

    def create_domain_name(self, caller: Caller, members: Members) -> Members:
        """Raises BadRequestException (as AWS: a dot is needed), OperationNotImplemented (mutual TLS, uploads)."""
        if not members["domainName"]:
            raise BadRequestException("No Domain Name specified")
        for member in _NOT_BUILT:
            if members.get(member):
                raise not_built(f"{member} of domain names")
        document = {name: value for name, value in members.items() if name != "domainName"}
        domain = DomainName(members["domainName"].lower(), caller.scope, document)
        self._domains.add(domain)
        return _described(domain)

    def get_domain_names(self, caller: Caller, members: Members) -> Members:
        return page([_described(domain) for domain in self._domains.all(caller.scope)], members)

    def update_domain_name(self, caller: Caller, members: Members) -> Members:
        domain = self._domain(caller, members)
        domain.document = _DOMAIN.apply(domain.document, members.get("patchOperations"))
        return _described(domain)

    def delete_domain_name(self, caller: Caller, members: Members) -> Members:
        self._domains.remove(self._domain(caller, members))
        return {}

    def create_base_path_mapping(self, caller: Caller, members: Members) -> Members:
        """Put a stage of an API under a path of a domain name.

        Raises NotFoundException, ConflictException; BadRequestException where no stage is named: AWS would take the
        stage from the URL then.
        """
        domain = self._domain(caller, members)
        if not members.get("stage"):
            raise not_built("base path mappings without a stage")
        key = _key(members.get("basePath"))
        return _mapping(domain.put(checked_mapping(self._kind_of, domain, members["restApiId"], members["stage"], key)))

    def get_base_path_mapping(self, caller: Caller, members: Members) -> Members:
        return _mapping(self._mapped(caller, members)[1])

    def get_base_path_mappings(self, caller: Caller, members: Members) -> Members:
        mappings = self._domain(caller, members).mappings.values()
        return page([_mapping(mapping) for mapping in mappings], members)

    def update_base_path_mapping(self, caller: Caller, members: Members) -> Members:
        domain, before = self._mapped(caller, members)
        changed = _MAPPING.apply(_mapping(before), members.get("patchOperations"))
        key = _key(changed["basePath"])
        after = checked_mapping(self._kind_of, domain, changed["restApiId"], changed["stage"], key, before)
        return _mapping(domain.put(replace(after, id=before.id)))

    def delete_base_path_mapping(self, caller: Caller, members: Members) -> Members:
        domain, mapping = self._mapped(caller, members)
        del domain.mappings[mapping.id]
        return {}

    def _domain(self, caller: Caller, members: Members) -> DomainName:
        return self._domains.find(caller.scope, members["domainName"])

    def _mapped(self, caller: Caller, members: Members) -> tuple[DomainName, ApiMapping]:
        domain = self._domain(caller, members)
        return domain, domain.by_key(_key(members["basePath"]))


def _key(base_path: str | None) -> str:
    path = unquote(base_path or "")
    return "" if path == NO_PATH else path


def _described(domain: DomainName) -> Members:
    return {
        "tags": {},
        "securityPolicy": "TLS_1_2",
        "endpointConfiguration": {"types": ["REGIONAL"], "ipAddressType": "ipv4"},
        **domain.document,
        "domainName": domain.name,
        "domainNameArn": f"arn:aws:apigateway:{domain.scope.region}::/domainnames/{domain.name}",
        "domainNameStatus": "AVAILABLE",
        "regionalDomainName": f"d-{domain.gateway_id}.execute-api.{domain.scope.region}.amazonaws.com",
        "regionalHostedZoneId": HOSTED_ZONE,
    }


def _mapping(mapping: ApiMapping) -> Members:
    return {"basePath": mapping.key or NO_PATH, "restApiId": mapping.api_id, "stage": mapping.stage}


_DOMAIN = PatchTable(
    {
        "/certificateArn": text("certificateArn"),
        "/certificateName": text("certificateName"),
        "/regionalCertificateArn": text("regionalCertificateArn"),
        "/regionalCertificateName": text("regionalCertificateName"),
        "/securityPolicy": text("securityPolicy"),
        "/mutualTlsAuthentication/truststoreUri": refused(lambda: not_built("mutual TLS of domain names")),
    }
)

_MAPPING = PatchTable(
    {
        "/basePath": text("basePath"),
        "/restapiId": text("restApiId"),
        "/restApiId": text("restApiId"),
        "/stage": text("stage"),
    }
)
