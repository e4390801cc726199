"""`AWS` integrations with a Lambda function: its event is what the request maps to, its output is mapped back.

Integration responses are chosen by matching their patterns on the `errorMessage` of a failed invocation.
Source: AG `set-up-lambda-custom-integrations.html`, `handle-errors-in-lambda-integration.html`.
"""

from __future__ import annotations

import json

from multidict import CIMultiDict

from cloudrig.engine.interfaces import Invocation
from cloudrig.engine.messages import Response
from cloudrig.services.apigateway.backends import BackendAnswer, error_message
from cloudrig.services.apigateway.rest.answers import internal_error
from cloudrig.services.apigateway.rest.call import Call
from cloudrig.services.apigateway.rest.integration_responses import IntegrationResponses, request_body
from cloudrig.services.apigateway.rest.lambda_proxy import Target
from cloudrig.services.apigateway.rest.state import Method


class LambdaCustom:
    """Invokes a function with the mapped body as its event and maps what it returns."""

    def __init__(self, method: Method, target: Target) -> None:
        self._document = method.integration.document if method.integration else {}
        self._responses = IntegrationResponses(method)
        self._target = target

    async def answer(self, call: Call) -> Response:
        body = request_body(call, self._document)
        result = await self._target.invoke(call, _event(body))
        answer = BackendAnswer(200, CIMultiDict(), result.payload, _selector(result))
        response = self._responses.respond(call, answer)
        response.headers["X-Amzn-Trace-Id"] = call.trace_root
        return response


def _event(body: bytes) -> bytes:
    """JSON as it is; nothing becomes `{}`; what is no JSON makes the invocation fail, as on AWS."""
    if not body:
        return b"{}"
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        raise internal_error() from None
    return body


def _selector(result: Invocation) -> str | None:
    """The error message of a failed function; a successful one has nothing to match, and gets the default."""
    return None if result.function_error is None else error_message(result.payload)
