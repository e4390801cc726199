"""VPC links: of REST APIs to a network load balancer (v1), of HTTP APIs into subnets (v2).

There is no VPC on a machine. A REST API's integration over a link goes straight to the address that its URI names;
those of HTTP APIs name a listener or a service, behind which there is nothing, and are refused (`v2/checks.py`).
Sources: https://docs.aws.amazon.com/apigateway/latest/api/API_VpcLink.html,
https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/vpclinks.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cloudrig.engine import names
from cloudrig.engine.clock import Clock
from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.names import Scope
from cloudrig.engine.wire import Operation
from cloudrig.services.apigateway.errors import BadRequestException, NotFoundException
from cloudrig.services.apigateway.rest.paging import page
from cloudrig.services.apigateway.rest.patch import PatchTable, text
from cloudrig.services.apigateway.v2 import documents

_READY = "VPC link is ready to route traffic"  # unverified text


@dataclass(slots=True)
class VpcLink:
    """`document` is in v1's or v2's form, but for `tags`."""

    scope: Scope
    id: str
    document: Members


class VpcLinks:
    """The links of one control plane, of all accounts."""

    def __init__(self) -> None:
        self._links: dict[str, VpcLink] = {}

    def add(self, scope: Scope, link_id: str, document: Members) -> VpcLink:
        link = self._links[link_id] = VpcLink(scope, link_id, document)
        return link

    def find(self, scope: Scope, link_id: str) -> VpcLink:
        """Raises NotFoundException."""
        link = self._links.get(link_id)
        if link is None or link.scope != scope:
            raise NotFoundException("Invalid Vpc Link identifier specified")  # unverified text
        return link

    def remove(self, link: VpcLink) -> Members:
        del self._links[link.id]
        return {}

    def all(self, scope: Scope) -> list[VpcLink]:
        return [link for link in self._links.values() if link.scope == scope]


class LinksV1:
    """Operations of apigateway."""

    def __init__(self, links: VpcLinks) -> None:
        self._links = links
        self.operations: Mapping[str, Operation] = {
            "CreateVpcLink": self.create_vpc_link,
            "GetVpcLink": lambda caller, members: _shown(self._find(caller, members)),
            "GetVpcLinks": lambda caller, members: page([_shown(one) for one in links.all(caller.scope)], members),
            "UpdateVpcLink": self.update_vpc_link,
            "DeleteVpcLink": lambda caller, members: links.remove(self._find(caller, members)),
        }

    def create_vpc_link(self, caller: Caller, members: Members) -> Members:
        """It is there at once, where AWS takes minutes. Raises BadRequestException: not exactly one target."""
        if len(members["targetArns"]) != 1:
            raise BadRequestException("A VPC link has exactly one target ARN")  # unverified text
        return _shown(self._links.add(caller.scope, names.api_id()[:6], dict(members)))

    def update_vpc_link(self, caller: Caller, members: Members) -> Members:
        link = self._find(caller, members)
        link.document = _LINK.apply(link.document, members.get("patchOperations"))
        return _shown(link)

    def _find(self, caller: Caller, members: Members) -> VpcLink:
        return self._links.find(caller.scope, members["vpcLinkId"])


class LinksV2:
    """Operations of apigatewayv2."""

    def __init__(self, links: VpcLinks, clock: Clock) -> None:
        self._links = links
        self._clock = clock
        self.operations: Mapping[str, Operation] = {
            "CreateVpcLink": self.create_vpc_link,
            "GetVpcLink": lambda caller, members: _shown_v2(self._find(caller, members)),
            "GetVpcLinks": lambda caller, members: documents.page(
                [_shown_v2(one) for one in links.all(caller.scope)], members
            ),
            "UpdateVpcLink": self.update_vpc_link,
            "DeleteVpcLink": lambda caller, members: links.remove(self._find(caller, members)),
        }

    def create_vpc_link(self, caller: Caller, members: Members) -> Members:
        document = {
            "CreatedDate": self._clock.utc().replace(microsecond=0),
            "Name": members["Name"],
            "SecurityGroupIds": members.get("SecurityGroupIds") or [],
            "SubnetIds": members["SubnetIds"],
            "tags": members.get("Tags") or {},
        }
        return _shown_v2(self._links.add(caller.scope, names.api_id()[:6], document))

    def update_vpc_link(self, caller: Caller, members: Members) -> Members:
        """Only the name can be changed."""
        link = self._find(caller, members)
        link.document = link.document | {"Name": members.get("Name") or link.document["Name"]}
        return _shown_v2(link)

    def _find(self, caller: Caller, members: Members) -> VpcLink:
        return self._links.find(caller.scope, members["VpcLinkId"])


def _shown(link: VpcLink) -> Members:
    return {"tags": {}, **link.document, "id": link.id, "status": "AVAILABLE", "statusMessage": _READY}


def _shown_v2(link: VpcLink) -> Members:
    shown = {name: value for name, value in link.document.items() if name != "tags"}
    status = {"VpcLinkStatus": "AVAILABLE", "VpcLinkStatusMessage": _READY, "VpcLinkVersion": "V2"}
    return {**shown, **status, "VpcLinkId": link.id, "Tags": link.document["tags"]}


_LINK = PatchTable({"/name": text("name"), "/description": text("description")})
