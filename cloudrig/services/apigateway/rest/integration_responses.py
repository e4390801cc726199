"""Integration responses: a back end's answer becomes the method's.

Used by the integrations that are no proxies. Source: AG `api-gateway-integration-settings-integration-response.html`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from multidict import CIMultiDict

from cloudrig.engine.messages import Members, Response
from cloudrig.services.apigateway.backends import BackendAnswer
from cloudrig.services.apigateway.content import Untransformable, leaves_as_bytes, transformed
from cloudrig.services.apigateway.rest.answers import GatewayError, add_header, internal_error, misconfigured
from cloudrig.services.apigateway.rest.call import Call
from cloudrig.services.apigateway.rest.mappings import response_value
from cloudrig.services.apigateway.rest.state import Method
from cloudrig.services.apigateway.rest.templates import render_request, render_response
from cloudrig.services.apigateway.vtl import velocity

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class IntegrationResponse:
    """One way to answer. `headers` are names and mapping sources; `declared`: its method response exists."""

    pattern: re.Pattern[str] | None
    status: int
    headers: tuple[tuple[str, str], ...]
    templates: Mapping[str, str]
    handling: str | None
    declared: bool


class IntegrationResponses:
    """All ways of one method."""

    def __init__(self, method: Method) -> None:
        responses = method.integration.responses if method.integration else {}
        self._responses = [_compiled(response, method) for _, response in sorted(responses.items())]

    def respond(self, call: Call, answer: BackendAnswer) -> Response:
        """Raises GatewayError (500): nothing selected, or a response that the method does not have."""
        chosen = self._select(answer)
        if not chosen.declared:
            raise misconfigured(f"Output mapping refers to an invalid method response: {chosen.status}")
        headers: CIMultiDict[str] = CIMultiDict()
        for name, source in chosen.headers:
            value = response_value(call, answer, source)
            if value is not None:
                add_header(headers, name, value)
        content_type, template = _template(call, chosen.templates)
        headers.setdefault("Content-Type", content_type)
        response = Response(chosen.status, _body(call, answer, template, chosen.handling), headers)
        return _overridden(call, response)

    def _select(self, answer: BackendAnswer) -> IntegrationResponse:
        """Of several that match a status that of the status itself (measured: ministackorg/ministack#1756)."""
        selector = answer.selector
        fitting = [
            response
            for response in self._responses
            if response.pattern is not None and selector is not None and response.pattern.fullmatch(selector)
        ]
        if fitting:
            return next((response for response in fitting if str(response.status) == selector), fitting[0])
        for response in self._responses:
            if response.pattern is None:
                return response
        problem = "No match for output mapping and no default output mapping configured. Endpoint Response Status Code:"
        raise misconfigured(f"{problem} {answer.status}")


def _compiled(response: Members, method: Method) -> IntegrationResponse:
    pattern = response.get("selectionPattern")
    parameters = response.get("responseParameters") or {}
    return IntegrationResponse(
        re.compile(pattern, re.DOTALL) if pattern else None,
        int(response["statusCode"]),
        tuple((name.removeprefix("method.response.header."), source) for name, source in parameters.items()),
        response.get("responseTemplates") or {},
        response.get("contentHandling"),
        response["statusCode"] in method.responses,
    )


def _template(call: Call, templates: Mapping[str, str]) -> tuple[str, str]:
    """The template for what the client accepts, that for JSON, or the first; empty ones pass the body through."""
    accepted = (call.request.headers.get("Accept") or "").partition(",")[0].partition(";")[0].strip()
    for media_type in (accepted, JSON):
        if media_type in templates:
            return media_type, templates[media_type]
    return next(iter(templates.items()), (JSON, ""))


def _body(call: Call, answer: BackendAnswer, template: str, handling: str | None) -> bytes:
    """A back end's body as the client gets it; empty templates pass it through. Raises GatewayError (500).

    Without content handling it is bytes where the first type that the client accepts is a binary one.
    """
    content_type = answer.headers.get("Content-Type")
    binary = content_type is not None and call.stage.is_binary(content_type)
    render = functools.partial(render_response, call, template) if template else None
    return _transformed(answer.body, binary, leaves_as_bytes(handling, call.accepts_bytes), render)


def _transformed(body: bytes, binary: bool, to_bytes: bool, render: Callable[[str], str] | None) -> bytes:
    try:
        return transformed(body, binary, to_bytes, render)
    except Untransformable:
        raise misconfigured("Unable to transform the payload") from None


def _overridden(call: Call, response: Response) -> Response:
    """The response with what templates set in `$context.responseOverride`. Raises GatewayError (500): no status."""
    override = call.overrides["responseOverride"]
    for name, value in override["header"].items():
        response.headers.popall(name, None)
        add_header(response.headers, name, velocity.as_text(value))
    if "status" in override:
        status = velocity.as_text(override["status"])
        if not status.isdecimal() or not 200 <= int(status) <= 599:
            raise internal_error()
        response.status = int(status)
    return response


def request_body(call: Call, document: Members) -> bytes:
    """What an integration is sent: what the template of the content type makes of the body, or the body itself.

    Raises GatewayError: 415 where no template fits and the passthrough behavior forbids the body, 400 or 500 where the
    template fails, 500 for bytes that a template should transform and for text that should be base64.
    Source: AG `integration-passthrough-behaviors.html`.
    """
    template = _request_template(call, document)
    render = functools.partial(render_request, call, template) if template is not None else None
    binary = call.stage.is_binary(call.request.headers.get("Content-Type"))
    to_bytes = leaves_as_bytes(document.get("contentHandling"), binary)
    return _transformed(call.request.body, binary, to_bytes, render)


def _request_template(call: Call, document: Members) -> str | None:
    templates: Mapping[str, str] = document.get("requestTemplates") or {}
    content_type = call.request.headers.get("Content-Type") or JSON
    template = templates.get(content_type.partition(";")[0].strip())
    behavior = document.get("passthroughBehavior")
    if template is None and (behavior == "NEVER" or (behavior == "WHEN_NO_TEMPLATES" and templates)):
        raise GatewayError("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type")
    return template
