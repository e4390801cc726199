"""Mapping templates of WebSocket integrations: which one is picked, and what it makes of a message or an answer.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-data-transformations.html
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.backends import BackendAnswer
from cloudrig.services.apigateway.content import TO_BINARY, Untransformable, transformed
from cloudrig.services.apigateway.v2.selection import Expression, compile_expression
from cloudrig.services.apigateway.vtl.variables import Variables
from cloudrig.services.apigateway.vtl.velocity import InvalidTemplate, TemplateFailed, compile_template
from cloudrig.services.apigateway.websocket.integrations.base import (
    UNSUPPORTED,
    UNSUPPORTED_STATUS,
    IntegrationFailure,
    RouteCall,
    internal_failure,
)

log = logging.getLogger(__name__)

DEFAULT_KEY = "$default"


@dataclass(frozen=True, slots=True)
class Templates:
    """Templates by key, and the expression that picks one; `$default` stands in for a key that is not there."""

    selection: Expression
    by_key: Mapping[str, str]
    handling: str | None

    def pick(self, sources: Mapping[str, Any]) -> str | None:
        return self.by_key.get(self.selection.evaluate(sources), self.by_key.get(DEFAULT_KEY))

    def apply(self, call: RouteCall, body: bytes, template: str | None) -> bytes:
        """The body on the other side. Raises IntegrationFailure (500)."""
        render: Callable[[str], str] | None = functools.partial(_render, call, template) if template else None
        try:
            return transformed(body, False, self.handling == TO_BINARY, render)
        except (TemplateFailed, InvalidTemplate, Untransformable) as error:
            log.warning("a mapping template of %s failed: %s", call.context["apiId"], error)
            raise internal_failure() from None


@dataclass(frozen=True, slots=True)
class RequestMapping:
    """From a message to what its integration is sent. `passthrough`: what becomes of messages without a template."""

    templates: Templates
    passthrough: str

    def body(self, call: RouteCall) -> bytes:
        """Raises IntegrationFailure: 415 where no template fits and messages may not pass as they are, else 500.

        Source: AG `apigateway-websocket-api-integration-requests.html` (passthroughBehavior).
        """
        template = self.templates.pick({"request.body": call.body})
        strict = self.passthrough == "NEVER" or (self.passthrough == "WHEN_NO_TEMPLATES" and self.templates.by_key)
        if template is None and strict:
            raise IntegrationFailure(UNSUPPORTED_STATUS, UNSUPPORTED)
        return self.templates.apply(call, call.text.encode(errors="replace"), template)


def compile_templates(document: Members, member: str) -> Templates:
    """The templates of an integration (`RequestTemplates`) or integration response (`ResponseTemplates`)."""
    expression = document.get("TemplateSelectionExpression") or "\\$default"
    handling = document.get("ContentHandlingStrategy")
    return Templates(compile_expression(expression), document.get(member) or {}, handling)


def compile_request(document: Members) -> RequestMapping:
    passthrough = document.get("PassthroughBehavior") or "WHEN_NO_MATCH"
    return RequestMapping(compile_templates(document, "RequestTemplates"), passthrough)


def answer_sources(call: RouteCall, answer: BackendAnswer) -> dict[str, Any]:
    """What the expression of an integration response may refer to."""
    headers = {name.lower(): value for name, value in answer.headers.items()} | dict(answer.headers)
    return {
        "request.body": call.body,
        "integration.response.statuscode": str(answer.status),
        "integration.response.header": headers,
        "integration.response.multivalueheader": {name: answer.headers.getall(name) for name in headers},
    }


def _render(call: RouteCall, template: str, payload: str) -> str:
    variables = Variables(payload, call.context, call.variables, call.parameters())
    return variables.render(compile_template(template))
