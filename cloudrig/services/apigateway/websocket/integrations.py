"""Calls a route's integration and tells how it went: an answer, or one of the failures that clients can tell apart."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from cloudrig.engine.errors import ServiceError
from cloudrig.engine.interfaces import Invoker
from cloudrig.services.apigateway.errors import Refused
from cloudrig.services.apigateway.v2.mock import MockIntegration
from cloudrig.services.apigateway.websocket.live import LambdaIntegration, LiveRoute
from cloudrig.services.apigateway.websocket.proxy_response import MalformedResponse, ProxyResponse, parse_proxy_response

log = logging.getLogger(__name__)

BAD_GATEWAY = 502
NOT_INVOKED_STATUS = 500  # unverified: the handshake's status when API Gateway may not, or cannot, invoke the function
TIMEOUT_STATUS = 504  # unverified on the handshake; the frame is captured

INTERNAL_ERROR = "Internal server error"
TIMED_OUT = "Endpoint request timed out"


class IntegrationFailure(Refused):
    """No usable answer. `status` is what a handshake is refused with, `message` what a frame says."""


async def call_integration(invoker: Invoker, route: LiveRoute, event: bytes, body: Any) -> ProxyResponse:
    """The integration's answer to an event; `body` is the message as JSON, for template selection.

    Raises IntegrationFailure: 500 when the function could not be invoked, 502 when it failed or its answer is
    malformed, 504 after the integration's timeout.
    """
    match route.integration:
        case LambdaIntegration() as integration:
            return await _invoke(invoker, integration, route.source_arn, event)
        case MockIntegration() as mock:
            answer = mock.answer(body)
            if answer is not None:
                return ProxyResponse(*answer)
    log.warning("route %s has no usable integration", route.source_arn)
    raise IntegrationFailure(NOT_INVOKED_STATUS, INTERNAL_ERROR)


async def _invoke(invoker: Invoker, integration: LambdaIntegration, source_arn: str, event: bytes) -> ProxyResponse:
    try:
        async with asyncio.timeout(integration.timeout_s):
            answer = await invoker.invoke(
                integration.function_arn, event, principal=integration.principal, source_arn=source_arn
            )
    except TimeoutError:
        raise IntegrationFailure(TIMEOUT_STATUS, TIMED_OUT) from None
    except ServiceError as error:
        log.warning("%s could not invoke %s: %s", source_arn, integration.function_arn, error)
        raise IntegrationFailure(NOT_INVOKED_STATUS, INTERNAL_ERROR) from None
    if answer.function_error is not None:
        raise IntegrationFailure(BAD_GATEWAY, INTERNAL_ERROR)
    try:
        return parse_proxy_response(answer.payload)
    except MalformedResponse as malformed:
        log.warning("%s answered %s with a malformed response: %s", integration.function_arn, source_arn, malformed)
        raise IntegrationFailure(BAD_GATEWAY, INTERNAL_ERROR) from None
