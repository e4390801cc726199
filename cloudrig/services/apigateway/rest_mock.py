"""`MOCK` integrations: a request template names a status, the integration response for it makes the answer.

Source: AG `how-to-mock-integration.html`; CORS preflights are made of these (`how-to-cors.html`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from multidict import CIMultiDict

from cloudrig.engine.messages import Members, Response
from cloudrig.services.apigateway.rest_answers import GatewayError, add_header, internal_error, request_value
from cloudrig.services.apigateway.rest_call import Call
from cloudrig.services.apigateway.state_v1 import Method

_BARE_KEY = re.compile(r"([{,]\s*)([A-Za-z_]\w*)(\s*:)")


@dataclass(frozen=True, slots=True)
class MockResponse:
    """One integration response: `headers` are names and mapping sources."""

    pattern: re.Pattern[str] | None
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    declared: bool


class Mock:
    """Answers from its templates alone."""

    def __init__(self, method: Method) -> None:
        integration = method.integration
        document = integration.document if integration else {}
        self._templates: Mapping[str, str] = document.get("requestTemplates") or {}
        self._passthrough = document.get("passthroughBehavior")
        responses = integration.responses if integration else {}
        self._responses = [_compiled(response, method) for _, response in sorted(responses.items())]

    async def answer(self, call: Call) -> Response:
        response = self._select(str(_status(self._body(call))))
        if not response.declared:  # "Output mapping refers to an invalid method response" in AWS's logs
            raise internal_error()
        headers: CIMultiDict[str] = CIMultiDict()
        for name, source in response.headers:
            value = request_value(call, source)
            if value is not None:
                add_header(headers, name, value)
        headers.setdefault("Content-Type", "application/json")
        return Response(response.status, response.body, headers)

    def _body(self, call: Call) -> str:
        """What the integration is given: the template of the content type, or the request's own body."""
        content_type = call.request.headers.get("Content-Type") or "application/json"
        template = self._templates.get(content_type.partition(";")[0].strip())
        if template is not None:
            return template
        if self._passthrough == "NEVER" or (self._passthrough == "WHEN_NO_TEMPLATES" and self._templates):
            raise GatewayError("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type")
        return call.request.body.decode("utf-8", "replace")

    def _select(self, status: str) -> MockResponse:
        for response in self._responses:
            if response.pattern is not None and response.pattern.fullmatch(status):
                return response
        for response in self._responses:
            if response.pattern is None:
                return response
        raise GatewayError("API_CONFIGURATION_ERROR", "Internal server error")


def _compiled(response: Members, method: Method) -> MockResponse:
    pattern = response.get("selectionPattern")
    parameters = response.get("responseParameters") or {}
    templates = response.get("responseTemplates") or {}
    template = templates.get("application/json") or next(iter(templates.values()), None)
    return MockResponse(
        re.compile(pattern) if pattern else None,
        int(response["statusCode"]),
        tuple(
            (name.removeprefix("method.response.header."), source)
            for name, source in parameters.items()
            if not source.startswith("integration.")  # a mock has neither headers nor a body to map
        ),
        (template or "").encode(),
        response["statusCode"] in method.responses,
    )


def _status(body: str) -> int:
    """The `statusCode` of a mock's request, whose keys may be bare, as the CDK writes them."""
    content: Any = None
    for text in (body, _BARE_KEY.sub(r'\1"\2"\3', body)):
        try:
            content = json.loads(text)
            break
        except (ValueError, RecursionError):
            continue
    status = content.get("statusCode") if isinstance(content, dict) else None
    if not isinstance(status, int) or isinstance(status, bool):
        raise internal_error()
    return status
