"""What the rules of WebSocket and HTTP APIs have in common.

A rule takes the API, the node the document hangs under and the document as it would be stored; it raises what AWS
answers, or OperationNotImplemented for what cloudrig would otherwise ignore.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from cloudrig.engine.errors import OperationNotImplemented
from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.access_logs import check_settings
from cloudrig.services.apigateway.errors import BadRequestException, NotFoundException
from cloudrig.services.apigateway.v2.state import DEPLOYMENT, INTEGRATION, ROUTE, Api, Kind, Node

Rule = Callable[[Api, Node, Members], None]

MAX_STAGE_VARIABLES = 100

_HTTP_URI = re.compile(r"https?://\S+|\S*\$\{stageVariables\.\w+\}\S*")
_VARIABLE_NAME = re.compile(r"\w{1,64}", re.ASCII)
_VARIABLE_VALUE = re.compile(r"[A-Za-z0-9\-._~:/?#&=,]{1,512}")


def anything(_api: Api, _parent: Node, _document: Members) -> None:
    """The rule of documents in which nothing can be wrong."""


def taken(parent: Node, kind: Kind, document: Members, member: str) -> bool:
    """Whether another document of the kind has the same value."""
    return any(
        other[member] == document[member] and other.get(kind.id_member) != document.get(kind.id_member)
        for other in parent.documents(kind)
    )


def refuse(document: Members, *members: str) -> None:
    """Raises OperationNotImplemented where one of the members is given."""
    for member in members:
        if document.get(member):
            raise OperationNotImplemented(f"cloudrig does not implement {member}")


def check_connection(document: Members, max_timeout_ms: int) -> None:
    """How an integration's back end is reached, and how long it may take."""
    if document.get("ConnectionType") == "VPC_LINK":
        raise OperationNotImplemented("cloudrig does not implement ConnectionType VPC_LINK")
    refuse(document, "TlsConfig")
    if document["TimeoutInMillis"] > max_timeout_ms:
        raise BadRequestException(f"TimeoutInMillis is at most {max_timeout_ms} for APIs of this protocol")


def check_invocation(document: Members) -> None:
    """Functions are invoked by POST."""
    if document.get("IntegrationMethod", "POST") != "POST":
        raise BadRequestException("IntegrationMethod of a Lambda integration must be POST")


def check_http_backend(document: Members) -> None:
    """An address, into which stage variables may be put, and a method."""
    if not _HTTP_URI.fullmatch(document.get("IntegrationUri") or ""):
        raise BadRequestException("Invalid HTTP endpoint specified for URI")
    if not document.get("IntegrationMethod"):
        raise BadRequestException("HttpMethod is required for HTTP integrations")


def check_target(api: Api, target: str | None) -> None:
    """A route's target is `integrations/{id}`, of an integration of the API."""
    if not target:
        return
    prefix, _, integration_id = target.partition("/")
    if prefix != "integrations" or not integration_id:
        raise BadRequestException(f"The provided target is not valid: {target}")
    api.find(INTEGRATION, integration_id)


def check_stage(api: Api, document: Members) -> None:
    """What stages of both protocols have: variables, route settings, a deployment, an access log."""
    _check_variables(document.get("StageVariables") or {})
    if document.get("DeploymentId"):
        api.find(DEPLOYMENT, document["DeploymentId"])
    keys = {route["RouteKey"] for route in api.documents(ROUTE)}
    for key in document.get("RouteSettings") or {}:
        if key not in keys:
            raise NotFoundException(f"Unable to find Route by key {key} within the provided RouteSettings")
    refuse(document, "ClientCertificateId")
    access = document.get("AccessLogSettings")
    if access:
        check_settings({"destinationArn": access.get("DestinationArn"), "format": access.get("Format")})


def _check_variables(variables: dict[str, str]) -> None:
    if len(variables) > MAX_STAGE_VARIABLES:
        raise BadRequestException(f"A stage has at most {MAX_STAGE_VARIABLES} variables")
    for name, value in variables.items():
        if not _VARIABLE_NAME.fullmatch(name) or not _VARIABLE_VALUE.fullmatch(value):
            raise BadRequestException(f"Invalid stage variable {name}: names are \\w, values [A-Za-z0-9-._~:/?#&=,]+")
