"""`AWS` with a Lambda function: its event is what the message maps to, its output is mapped back.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass

from multidict import CIMultiDict

from cloudrig.services.apigateway.backends import BackendAnswer, error_message
from cloudrig.services.apigateway.websocket.integrations.base import (
    BAD_GATEWAY,
    Backends,
    RouteCall,
    Target,
    internal_failure,
)
from cloudrig.services.apigateway.websocket.integrations.responses import Responses
from cloudrig.services.apigateway.websocket.integrations.templates import RequestMapping
from cloudrig.services.apigateway.websocket.proxy_response import ProxyResponse

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LambdaCustom:
    """Implements `base.Integration`."""

    target: Target
    request: RequestMapping
    responses: Responses

    async def answer(self, call: RouteCall, backends: Backends) -> ProxyResponse:
        payload = _event(self.request.body(call), self.target.source_arn)
        result = await self.target.invoke(call, backends, payload)
        failed = result.function_error is not None
        status = BAD_GATEWAY if failed else 200  # unverified: what `$connect` refuses with
        selector = error_message(result.payload) if failed else None
        answer = BackendAnswer(status, CIMultiDict(), result.payload, selector)
        return self.responses.respond(call, answer)


def _event(payload: bytes, source_arn: str) -> bytes:
    """JSON as it is, nothing as `{}`. What is no JSON cannot be an event: the call fails."""
    try:
        json.loads(payload or b"{}")
    except (ValueError, RecursionError):
        log.warning("%s maps to what is no JSON", source_arn)
        raise internal_failure() from None
    return payload or b"{}"
