"""`MOCK`: the request template says the status, the integration response of that status the body.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from multidict import CIMultiDict

from cloudrig.services.apigateway.backends import BackendAnswer
from cloudrig.services.apigateway.mock_status import mock_status
from cloudrig.services.apigateway.websocket.integrations.base import Backends, RouteCall, internal_failure
from cloudrig.services.apigateway.websocket.integrations.responses import Responses
from cloudrig.services.apigateway.websocket.integrations.templates import RequestMapping
from cloudrig.services.apigateway.websocket.proxy_response import ProxyResponse

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MockIntegration:
    """Implements `base.Integration`: answers from its templates alone."""

    request: RequestMapping
    responses: Responses

    async def answer(self, call: RouteCall, backends: Backends) -> ProxyResponse:
        status = mock_status(self.request.body(call).decode("utf-8", "replace"))
        if status is None:
            log.warning("the request template of a MOCK of %s gives no statusCode", call.context["apiId"])
            raise internal_failure()
        return self.responses.respond(call, BackendAnswer(status, CIMultiDict(), b"", str(status)))
