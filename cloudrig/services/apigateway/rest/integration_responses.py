"""Integration responses: a back end's answer becomes the method's.

Used by the integrations that are no proxies. Source: AG `api-gateway-integration-settings-integration-response.html`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from multidict import CIMultiDict

from cloudrig.engine.messages import Members, Response
from cloudrig.services.apigateway.rest.answers import GatewayError, add_header, internal_error
from cloudrig.services.apigateway.rest.call import Call
from cloudrig.services.apigateway.rest.mappings import BackendAnswer, response_value
from cloudrig.services.apigateway.rest.state import Method

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class IntegrationResponse:
    """One way to answer. `headers` are names and mapping sources; `declared`: its method response exists."""

    pattern: re.Pattern[str] | None
    status: int
    headers: tuple[tuple[str, str], ...]
    templates: Mapping[str, str]
    declared: bool


class IntegrationResponses:
    """All ways of one method."""

    def __init__(self, method: Method) -> None:
        responses = method.integration.responses if method.integration else {}
        self._responses = [_compiled(response, method) for _, response in sorted(responses.items())]

    def respond(self, call: Call, answer: BackendAnswer) -> Response:
        """Raises GatewayError (500): nothing selected, or a response that the method does not have."""
        chosen = self._select(answer.selector)
        if not chosen.declared:  # "Output mapping refers to an invalid method response" in AWS's logs
            raise internal_error()
        headers: CIMultiDict[str] = CIMultiDict()
        for name, source in chosen.headers:
            value = response_value(call, answer, source)
            if value is not None:
                add_header(headers, name, value)
        content_type, template = _template(call, chosen.templates)
        headers.setdefault("Content-Type", content_type)
        return Response(chosen.status, template.encode() if template else answer.body, headers)

    def _select(self, selector: str | None) -> IntegrationResponse:
        for response in self._responses:
            if response.pattern is not None and selector is not None and response.pattern.fullmatch(selector):
                return response
        for response in self._responses:
            if response.pattern is None:
                return response
        raise GatewayError("API_CONFIGURATION_ERROR", "Internal server error")


def _compiled(response: Members, method: Method) -> IntegrationResponse:
    pattern = response.get("selectionPattern")
    parameters = response.get("responseParameters") or {}
    return IntegrationResponse(
        re.compile(pattern, re.DOTALL) if pattern else None,
        int(response["statusCode"]),
        tuple((name.removeprefix("method.response.header."), source) for name, source in parameters.items()),
        response.get("responseTemplates") or {},
        response["statusCode"] in method.responses,
    )


def _template(call: Call, templates: Mapping[str, str]) -> tuple[str, str]:
    """The template for what the client accepts, that for JSON, or the first; empty ones pass the body through."""
    accepted = (call.request.headers.get("Accept") or "").partition(",")[0].partition(";")[0].strip()
    for media_type in (accepted, JSON):
        if media_type in templates:
            return media_type, templates[media_type]
    return next(iter(templates.items()), (JSON, ""))


def request_body(call: Call, document: Members) -> bytes:
    """What an integration is sent: the template of the content type, or the request's own body.

    Raises GatewayError (415) where no template fits and the passthrough behavior forbids the body.
    Source: AG `integration-passthrough-behaviors.html`.
    """
    templates: Mapping[str, str] = document.get("requestTemplates") or {}
    content_type = call.request.headers.get("Content-Type") or JSON
    template = templates.get(content_type.partition(";")[0].strip())
    if template is not None:
        return template.encode()
    behavior = document.get("passthroughBehavior")
    if behavior == "NEVER" or (behavior == "WHEN_NO_TEMPLATES" and templates):
        raise GatewayError("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type")
    return call.request.body
