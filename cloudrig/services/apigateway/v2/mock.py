"""MOCK integrations: the request template says the status, the integration response of that status the body.

Templates are static text here; the control plane refuses those with VTL in them.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.v2.selection import Expression, compile_expression

DEFAULT_KEY = "$default"


@dataclass(frozen=True, slots=True)
class Templates:
    """Static templates by key, and the expression that picks one; `$default` stands in for a key that is not there."""

    selection: Expression
    by_key: Mapping[str, str]

    def pick(self, body: Any) -> str | None:
        key = self.selection.evaluate({"request.body": body})
        return self.by_key.get(key, self.by_key.get(DEFAULT_KEY))


@dataclass(frozen=True, slots=True)
class MockIntegration:
    """`responses`: a pattern of statuses (None is `$default`) and the templates of the body."""

    request: Templates
    responses: tuple[tuple[re.Pattern[str] | None, Templates], ...]

    def answer(self, body: Any) -> tuple[int, str] | None:
        """Status and body; None where no template yields a status, which AWS answers as an internal error."""
        status = _status(self.request.pick(body))
        if status is None:
            return None
        templates = self._response(str(status))
        return status, (templates.pick(body) or "") if templates else ""

    def _response(self, status: str) -> Templates | None:
        for pattern, templates in self.responses:
            if pattern is not None and pattern.fullmatch(status):
                return templates
        return next((templates for pattern, templates in self.responses if pattern is None), None)


def mock_integration(integration: Members, responses: tuple[Members, ...]) -> MockIntegration:
    """Compile the documents of an integration and its responses."""
    return MockIntegration(
        request=_templates(integration, "RequestTemplates"),
        responses=tuple((_pattern(r["IntegrationResponseKey"]), _templates(r, "ResponseTemplates")) for r in responses),
    )


def _templates(document: Members, member: str) -> Templates:
    expression = document.get("TemplateSelectionExpression") or "\\$default"
    return Templates(compile_expression(expression), document.get(member) or {})


def _pattern(key: str) -> re.Pattern[str] | None:
    return None if key == DEFAULT_KEY else re.compile(key[1:-1])


def _status(template: str | None) -> int | None:
    try:
        content = json.loads(template or "")
    except ValueError:
        return None
    status = content.get("statusCode") if isinstance(content, dict) else None
    return status if isinstance(status, int) else None
