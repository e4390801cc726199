"""Quick create: CreateApi with a target makes an integration, a route and a stage that belong to API Gateway.

Source: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html (`target`, `routeKey`, `credentialsArn`)
"""

from __future__ import annotations

from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.errors import BadRequestException
from cloudrig.services.apigateway.v2.state import WEBSOCKET

_MEMBERS = ("CredentialsArn", "RouteKey", "Target")


def split_target(document: Members) -> tuple[Members, Members]:
    """An API's own members, and those that quick create is told."""
    target = {name: document[name] for name in _MEMBERS if document.get(name)}
    return {name: value for name, value in document.items() if name not in _MEMBERS}, target


def check_target_given(protocol: str, target: Members) -> None:
    """Raises BadRequestException."""
    if target and protocol == WEBSOCKET:
        raise BadRequestException(f"{next(iter(target))} is supported for HTTP APIs only")


def quick_integration(target: Members) -> Members:
    """CreateIntegration's members for a target: the ARN of a function, or a URL."""
    uri = target.get("Target", "")
    credentials = {"CredentialsArn": target["CredentialsArn"]} if target.get("CredentialsArn") else {}
    if uri.startswith("arn:"):
        return {"IntegrationType": "AWS_PROXY", "IntegrationUri": uri, "PayloadFormatVersion": "2.0"} | credentials
    return {"IntegrationType": "HTTP_PROXY", "IntegrationUri": uri, "IntegrationMethod": "ANY"} | credentials
