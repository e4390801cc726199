"""`AWS_PROXY` integrations: one request, one invocation.

Sources: AG `set-up-lambda-proxy-integrations.html`; events recorded on AWS in LocalStack's snapshots.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import time
from collections.abc import Mapping
from typing import Any

from cloudrig.engine.errors import AccessDenied, ServiceError
from cloudrig.engine.interfaces import Invocation, Invoker
from cloudrig.engine.messages import Members, Response
from cloudrig.services.apigateway.backends import error_message
from cloudrig.services.apigateway.execution_logs import trace_answer, trace_invocation
from cloudrig.services.apigateway.rest.answers import (
    INTERNAL_ERROR,
    GatewayError,
    internal_error,
    misconfigured,
    proxy_response,
    timed_out,
)
from cloudrig.services.apigateway.rest.call import Call

INVOCATION_TIMEOUT_S = 29.0

_FUNCTION = re.compile(r"arn:aws:apigateway:[^:]+:lambda:path/+2015-03-31/functions/(.+)/invocations")
_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))
_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")


def with_stage_variables(text: str, variables: Mapping[str, str] | None) -> str:
    """Fill in `${stageVariables.name}`; unknown ones are empty."""
    return _STAGE_VARIABLE.sub(lambda found: (variables or {}).get(found[1], ""), text)


def function_arn(uri: str, variables: Mapping[str, str] | None) -> str | None:
    """The function in an integration's URI; None where it names none."""
    found = _FUNCTION.fullmatch(with_stage_variables(uri, variables))
    return found[1] if found else None


class Target:
    """The function behind an integration, and how API Gateway may call it."""

    def __init__(
        self, document: Members, variables: Mapping[str, str] | None, source_arn: str, invoker: Invoker
    ) -> None:
        """`source_arn` holds `{}` for the method of the request."""
        self._invoker = invoker
        self._function = function_arn(document["uri"], variables) if document.get("httpMethod") == "POST" else None
        self._source_arn = source_arn
        # a role of the integration's own stands for the permission that the function's policy would have to give
        self._principal = None if document.get("credentials") else "apigateway.amazonaws.com"
        self._timeout_s = document["timeoutInMillis"] / 1000

    async def check(self, call: Call) -> None:
        """Raises GatewayError (500) where the function may not be invoked, or the URI or method can never work."""
        if self._function is None:
            raise internal_error()
        try:
            await self._invoker.check(self._function, principal=self._principal, source_arn=self._source(call))
        except ServiceError as error:
            raise _not_invoked(error) from None

    async def invoke(self, call: Call, event: bytes) -> Invocation:
        """Raises GatewayError: 500 where the function is not invoked, 504 where it takes too long."""
        if self._function is None:
            raise internal_error()
        source_arn = self._source(call)
        if call.trace is not None:
            trace_invocation(call.trace, self._function, call.request_id, source_arn, event)
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout_s):
                result = await self._invoker.invoke(
                    self._function, event, principal=self._principal, source_arn=source_arn
                )
        except TimeoutError:
            raise timed_out() from None
        except ServiceError as error:
            raise _not_invoked(error) from None
        if call.trace is not None:
            headers = {"Content-Type": "application/json", "Content-Length": str(len(result.payload))}
            trace_answer(call.trace, 200, time.perf_counter() - started, headers, result.payload)
        return result

    def _source(self, call: Call) -> str:
        return self._source_arn.replace("{}", call.request.method, 1)


def _not_invoked(error: ServiceError) -> GatewayError:
    if error.code == AccessDenied.code:
        return misconfigured("Invalid permissions on Lambda function")
    return internal_error()


class LambdaProxy:
    """Invokes a function with the request as its event and answers what it returns."""

    def __init__(self, target: Target) -> None:
        self._target = target

    async def answer(self, call: Call) -> Response:
        result = await self._target.invoke(call, proxy_event(call))
        if result.function_error is not None:
            message = error_message(result.payload)
            told = f"Lambda execution failed with status 200 due to customer function error: {message}."
            raise GatewayError("DEFAULT_5XX", INTERNAL_ERROR, 502, told=told)
        response = proxy_response(result.payload, call.accepts_bytes)
        response.headers["X-Amzn-Trace-Id"] = call.trace_root
        return response


def proxy_event(call: Call) -> bytes:
    """The event of a proxy integration. Empty collections are null."""
    headers, query = call.headers, call.query
    body, encoded = _event_body(call)
    endpoint = call.endpoint
    event: dict[str, Any] = {
        "resource": endpoint.resource_path if endpoint else None,
        "path": call.event_path,
        "httpMethod": call.request.method,
        "headers": {name: values[-1] for name, values in headers.items()} or None,
        "multiValueHeaders": headers or None,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": call.path_parameters or None,
        "stageVariables": call.stage.variables,
        "requestContext": call.context(),
        "body": body,
        "isBase64Encoded": encoded,
    }
    return _ENCODER.encode(event).encode("utf-8", "replace")


def _event_body(call: Call) -> tuple[str | None, bool]:
    body = call.request.body
    if not body:
        return None, False
    if call.stage.binary_types and call.stage.is_binary(call.request.headers.get("Content-Type")):
        return base64.b64encode(body).decode(), True
    return body.decode("utf-8", "replace"), False
