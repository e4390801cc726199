"""`AWS_PROXY`: the function gets the event, and what it returns is the answer."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from cloudrig.services.apigateway.websocket.integrations.base import (
    BAD_GATEWAY,
    Backends,
    RouteCall,
    Target,
    internal_failure,
)
from cloudrig.services.apigateway.websocket.proxy_response import MalformedResponse, ProxyResponse, parse_proxy_response

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LambdaProxy:
    """Implements `base.Integration`."""

    target: Target

    async def answer(self, call: RouteCall, backends: Backends) -> ProxyResponse:
        """Fails with 502 where the function fails or its answer is malformed."""
        result = await self.target.invoke(call, backends, call.encoded())
        if result.function_error is not None:
            raise internal_failure(BAD_GATEWAY)
        try:
            return parse_proxy_response(result.payload)
        except MalformedResponse as malformed:
            target = self.target
            log.warning(
                "%s answered %s with a malformed response: %s", target.function_arn, target.source_arn, malformed
            )
            raise internal_failure(BAD_GATEWAY) from None
