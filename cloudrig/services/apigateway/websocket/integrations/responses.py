"""Integration responses: what a back end's answer becomes on its way to the client.

Key `$default`, or a pattern between slashes matched on the error message (Lambda) or the status (HTTP, MOCK).
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-responses.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.backends import BackendAnswer
from cloudrig.services.apigateway.websocket.integrations.base import RouteCall
from cloudrig.services.apigateway.websocket.integrations.mappings import response_value
from cloudrig.services.apigateway.websocket.integrations.templates import (
    DEFAULT_KEY,
    Templates,
    answer_sources,
    compile_templates,
)
from cloudrig.services.apigateway.websocket.proxy_response import ProxyResponse

_HEADER_TARGET = re.compile(r"(?:method|route)\.response\.header\.(.+)")


@dataclass(frozen=True, slots=True)
class IntegrationResponse:
    """One way to answer; `pattern` None is `$default`. `headers` are names and mapping sources."""

    pattern: re.Pattern[str] | None
    templates: Templates
    headers: tuple[tuple[str, str], ...]

    def respond(self, call: RouteCall, answer: BackendAnswer) -> ProxyResponse:
        template = self.templates.pick(answer_sources(call, answer))
        body = self.templates.apply(call, answer.body, template)
        values = ((name, response_value(call, answer, source)) for name, source in self.headers)
        headers = {name: value for name, value in values if value is not None}
        return ProxyResponse(answer.status, body.decode("utf-8", "replace"), headers)


@dataclass(frozen=True, slots=True)
class Responses:
    """All of an integration's."""

    all: tuple[IntegrationResponse, ...]

    def respond(self, call: RouteCall, answer: BackendAnswer) -> ProxyResponse:
        """The answer by the response it selects. Unverified: one that selects none passes as it is."""
        chosen = self._select(answer.selector)
        if chosen is None:
            return ProxyResponse(answer.status, answer.body.decode("utf-8", "replace"))
        return chosen.respond(call, answer)

    def _select(self, selector: str | None) -> IntegrationResponse | None:
        for response in self.all:
            if response.pattern is not None and selector is not None and response.pattern.fullmatch(selector):
                return response
        return next((response for response in self.all if response.pattern is None), None)


def compile_responses(documents: Iterable[Members]) -> Responses:
    return Responses(tuple(_compiled(document) for document in documents))


def _compiled(document: Members) -> IntegrationResponse:
    key = document["IntegrationResponseKey"]
    pattern = None if key == DEFAULT_KEY else re.compile(key[1:-1], re.DOTALL)
    targets = ((_HEADER_TARGET.fullmatch(target), source) for target, source in _parameters(document))
    headers = tuple((target[1].lower(), source) for target, source in targets if target)
    return IntegrationResponse(pattern, compile_templates(document, "ResponseTemplates"), headers)


def _parameters(document: Members) -> Iterable[tuple[str, str]]:
    return (document.get("ResponseParameters") or {}).items()
