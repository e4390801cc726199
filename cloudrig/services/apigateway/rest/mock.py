"""`MOCK` integrations: a request template names a status, the integration response for it makes the answer.

Source: AG `how-to-mock-integration.html`; CORS preflights are made of these (`how-to-cors.html`).
"""

from __future__ import annotations

import json
import re
from typing import Any

from multidict import CIMultiDict

from cloudrig.engine.messages import Response
from cloudrig.services.apigateway.backends import BackendAnswer
from cloudrig.services.apigateway.rest.answers import internal_error
from cloudrig.services.apigateway.rest.call import Call
from cloudrig.services.apigateway.rest.integration_responses import IntegrationResponses, request_body
from cloudrig.services.apigateway.rest.state import Method

_BARE_KEY = re.compile(r"([{,]\s*)([A-Za-z_]\w*)(\s*:)")
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")


class Mock:
    """Answers from its templates alone."""

    def __init__(self, method: Method) -> None:
        self._document = method.integration.document if method.integration else {}
        self._responses = IntegrationResponses(method)

    async def answer(self, call: Call) -> Response:
        status = _status(request_body(call, self._document).decode("utf-8", "replace"))
        return self._responses.respond(call, BackendAnswer(status, CIMultiDict(), b"", str(status)))


def _status(body: str) -> int:
    """The `statusCode` of a mock's request. Keys may be bare and commas trail, as the CDK and AWS's own samples do."""
    content: Any = None
    for text in (body, _TRAILING_COMMA.sub(r"\1", _BARE_KEY.sub(r'\1"\2"\3', body))):
        try:
            content = json.loads(text)
            break
        except (ValueError, RecursionError):
            continue
    status = content.get("statusCode") if isinstance(content, dict) else None
    if not isinstance(status, int) or isinstance(status, bool):
        raise internal_error()
    return status
