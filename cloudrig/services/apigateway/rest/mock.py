"""`MOCK` integrations: a request template names a status, the integration response for it makes the answer.

Source: AG `how-to-mock-integration.html`; CORS preflights are made of these (`how-to-cors.html`).
"""

from __future__ import annotations

from multidict import CIMultiDict

from cloudrig.engine.messages import Response
from cloudrig.services.apigateway.backends import BackendAnswer
from cloudrig.services.apigateway.mock_status import mock_status
from cloudrig.services.apigateway.rest.answers import internal_error, misconfigured
from cloudrig.services.apigateway.rest.call import Call
from cloudrig.services.apigateway.rest.integration_responses import IntegrationResponses, request_body
from cloudrig.services.apigateway.rest.state import Method


class Mock:
    """Answers from its templates alone."""

    def __init__(self, method: Method) -> None:
        self._document = method.integration.document if method.integration else {}
        self._responses = IntegrationResponses(method)

    async def answer(self, call: Call) -> Response:
        status = mock_status(request_body(call, self._document).decode("utf-8", "replace"))
        if status is None:
            raise misconfigured("statusCode should be an integer which defined in request template")
        return self._responses.respond(call, BackendAnswer(status, CIMultiDict(), b"", str(status)))


class Broken:
    """What stands for an integration that cannot work."""

    async def answer(self, call: Call) -> Response:
        raise internal_error()
