"""From an integration's documents to what answers for a route."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from cloudrig.engine.messages import Members
from cloudrig.engine.names import Arn
from cloudrig.services.apigateway.aws_services import aws_endpoint
from cloudrig.services.apigateway.websocket.integrations.base import PRINCIPAL, Integration, Target
from cloudrig.services.apigateway.websocket.integrations.http import HttpIntegration
from cloudrig.services.apigateway.websocket.integrations.lambda_custom import LambdaCustom
from cloudrig.services.apigateway.websocket.integrations.lambda_proxy import LambdaProxy
from cloudrig.services.apigateway.websocket.integrations.mappings import compile_parameters
from cloudrig.services.apigateway.websocket.integrations.mock import MockIntegration
from cloudrig.services.apigateway.websocket.integrations.responses import compile_responses
from cloudrig.services.apigateway.websocket.integrations.templates import compile_request

_LAMBDA_URI = re.compile(
    r"arn:aws[\w-]*:apigateway:[\w-]+:lambda:path/2015-03-31/functions/(?P<function>.+)/invocations"
)
_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")


def compile_integration(
    document: Members,
    responses: Iterable[Members],
    *,
    api_id: str,
    source_arn: str,
    variables: Mapping[str, str],
    declared: Collection[str],
) -> Integration | None:
    """The integration of a route on a stage; None where its URI leads nowhere.

    `source_arn` is what the function's policy must allow, `declared` are the route's request parameters.
    """
    kind = document["IntegrationType"]
    if kind == "MOCK":
        return MockIntegration(compile_request(document), compile_responses(responses))
    timeout_s = document["TimeoutInMillis"] / 1000
    uri = with_stage_variables(document.get("IntegrationUri", ""), variables)
    parameters = document.get("RequestParameters")
    service = aws_endpoint(uri, Arn.parse(source_arn).account, parameters) if kind == "AWS" else None
    function = function_arn(document.get("IntegrationUri", ""), variables)
    target = Target(function, source_arn, timeout_s, principal(document.get("CredentialsArn"))) if function else None
    if kind.startswith("HTTP") or service is not None:
        is_proxy = kind == "HTTP_PROXY"
        return HttpIntegration(
            method=document.get("IntegrationMethod") or "POST",
            uri=uri if service is None else service.path,
            api_id=api_id,
            timeout_s=timeout_s,
            parameters=compile_parameters(parameters, declared),
            request=None if is_proxy else compile_request(document),
            responses=None if is_proxy else compile_responses(responses),
            service=service,
            role_arn=document.get("CredentialsArn"),
            function=target if service is not None else None,
        )
    if target is None:
        return None
    if kind == "AWS_PROXY":
        return LambdaProxy(target)
    return LambdaCustom(target, compile_request(document), compile_responses(responses))


def with_stage_variables(text: str, variables: Mapping[str, str]) -> str:
    """Put in `${stageVariables.name}`; unknown ones are empty."""
    return _STAGE_VARIABLE.sub(lambda found: variables.get(found[1], ""), text)


def function_arn(uri: str, variables: Mapping[str, str]) -> str | None:
    """The function of an integration or authorizer URI, stage variables put in; None where there is none."""
    found = _LAMBDA_URI.fullmatch(with_stage_variables(uri, variables))
    return found["function"] if found else None


def is_lambda_uri(uri: str) -> bool:
    return _LAMBDA_URI.fullmatch(uri) is not None


def principal(credentials_arn: str | None) -> str | None:
    """As whom API Gateway invokes: not at all where there is a role of the integration's own."""
    return None if credentials_arn else PRINCIPAL
