"""Lambda authorizers of HTTP APIs, in payload formats 1.0 and 2.0, with policies or simple responses.

Results are kept by the values of the identity sources, for all routes that ask the authorizer.
Source: AG `http-api-lambda-authorizer.html`.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from typing import Any

from cloudrig.engine.clock import Clock
from cloudrig.engine.errors import ServiceError
from cloudrig.engine.interfaces import Invocation, Invoker
from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.http_api.call import Call
from cloudrig.services.apigateway.http_api.errors import forbidden, internal_error, unauthorized
from cloudrig.services.apigateway.http_api.events import encode, request_context_1, request_context_2, request_parts
from cloudrig.services.apigateway.http_api.transforms import Outgoing
from cloudrig.services.apigateway.policy import Decision, InvalidPolicy, evaluate
from cloudrig.services.apigateway.policy_conditions import request_keys

TIMEOUT_S = 10.0
"""Source: AG `limits.html` (Lambda authorizer timeout of HTTP APIs)."""
UNAUTHORIZED = "Unauthorized"  # unverified for HTTP APIs: a function that fails with this text makes it a 401
_CACHED_RESULTS = 10_000
"""Results kept per authorizer and stage; the least recently used go first. AWS states no number."""


class LambdaAuthorizer:
    """One authorizer of one stage. A result is the function's output, parsed."""

    def __init__(
        self, document: Members, function_arn: str | None, source_arn: str, invoker: Invoker, clock: Clock
    ) -> None:
        self._function_arn = function_arn
        self._source_arn = source_arn
        self._principal = None if document.get("AuthorizerCredentialsArn") else "apigateway.amazonaws.com"
        self._format = document["AuthorizerPayloadFormatVersion"]
        self._simple = bool(document.get("EnableSimpleResponses"))
        self._sources = [source.removeprefix("$") for source in document.get("IdentitySource") or ()]
        self._ttl_s: int = document.get("AuthorizerResultTtlInSeconds") or 0
        self._invoker = invoker
        self._clock = clock
        self._results: OrderedDict[tuple[str, ...], tuple[float, Members]] = OrderedDict()

    async def admit(self, call: Call) -> None:
        """Raises Refused: 401 without an identity, 403 without an allow, 500 where the function is no good."""
        identity = self._identity(call)
        result = self._kept(identity)
        if result is None:
            result = _parsed(await self._ask(call, identity))
            self._check(result)
            self._keep(identity, result)
        if not self._allows(call, result):
            raise forbidden("the authorizer does not allow it")
        told = result.get("context") or {}
        if not self._simple and result.get("principalId") is not None and self._format == "1.0":
            told = {**told, "principalId": result["principalId"]}
        call.authorizer = {"lambda": told or None}

    def _identity(self, call: Call) -> tuple[str, ...]:
        found = tuple(value for source in self._sources if (value := call.value(source)))
        if len(found) < len(self._sources):
            raise unauthorized("an identity source is missing")
        return found

    def _kept(self, identity: tuple[str, ...]) -> Members | None:
        entry = self._results.get(identity)
        if entry is None or entry[0] <= self._clock.now():
            return None
        self._results.move_to_end(identity)
        return entry[1]

    def _keep(self, identity: tuple[str, ...], result: Members) -> None:
        if self._ttl_s > 0:
            self._results[identity] = self._clock.now() + self._ttl_s, result
            if len(self._results) > _CACHED_RESULTS:
                self._results.popitem(last=False)

    async def _ask(self, call: Call, identity: tuple[str, ...]) -> Invocation:
        event = _event_1(call, identity) if self._format == "1.0" else _event_2(call, identity)
        if self._function_arn is None:
            raise internal_error("the authorizer's URI names no function")
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await self._invoker.invoke(
                    self._function_arn, encode(event), principal=self._principal, source_arn=self._source_arn
                )
        except (TimeoutError, ServiceError) as error:
            raise internal_error(f"the authorizer cannot be asked: {error}") from None

    def _check(self, result: Members) -> None:
        """Raises Refused (500): neither a policy nor, where that is enabled, a simple response."""
        context = result.get("context")
        if context is not None and not isinstance(context, dict):
            raise internal_error("the authorizer's context is no object")
        if self._simple and not isinstance(result.get("isAuthorized"), bool):
            raise internal_error("the authorizer's output has no isAuthorized")
        if not self._simple and not isinstance(result.get("principalId"), str):
            raise internal_error("the authorizer's output has no principalId")

    def _allows(self, call: Call, result: Members) -> bool:
        if self._simple:
            return result["isAuthorized"] is True
        keys = request_keys(call.request, self._clock.utc())
        try:
            return evaluate(result.get("policyDocument"), route_arn(call), keys) is Decision.ALLOWED
        except InvalidPolicy as error:
            raise internal_error(f"the authorizer's policy is invalid: {error}") from None


def route_arn(call: Call) -> str:
    """`arn:aws:execute-api:{region}:{account}:{apiId}/{stage}/{METHOD}/{path}`, which policies are about."""
    stage = call.stage
    return stage.scope.arn("execute-api", f"{stage.api_id}/{stage.name}/{call.request.method}{call.path}")


def _parsed(answer: Invocation) -> Members:
    try:
        output: Any = json.loads(answer.payload)
    except (ValueError, RecursionError):
        output = None
    if answer.function_error is not None:
        if isinstance(output, dict) and output.get("errorMessage") == UNAUTHORIZED:
            raise unauthorized("the authorizer says Unauthorized")
        raise internal_error("the authorizer failed")
    if not isinstance(output, dict):
        raise internal_error("the authorizer's output is no object")
    return output


def _event_2(call: Call, identity: tuple[str, ...]) -> dict[str, Any]:
    event: dict[str, Any] = {
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": route_arn(call),
        "identitySource": list(identity) or None,
        "routeKey": call.route_key,
        **request_parts(call, _unchanged(call)),
        "requestContext": request_context_2(call, call.event_path),
        "pathParameters": dict(call.path_parameters) or None,
        "stageVariables": dict(call.stage.variables) or None,
    }
    return {name: value for name, value in event.items() if value is not None}


def _event_1(call: Call, identity: tuple[str, ...]) -> dict[str, Any]:
    """Empty collections are empty objects here."""
    return {
        "version": "1.0",
        "type": "REQUEST",
        "methodArn": route_arn(call),
        "identitySource": ",".join(identity),
        "authorizationToken": ",".join(identity),
        "resource": call.resource,
        "path": call.event_path,
        "httpMethod": call.request.method,
        "headers": {name: values[-1] for name, values in call.headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in call.query.items()},
        "pathParameters": dict(call.path_parameters),
        "stageVariables": dict(call.stage.variables),
        "requestContext": request_context_1(call, call.event_path),
    }


def _unchanged(call: Call) -> Outgoing:
    return Outgoing(call.event_path, call.request.query, call.query, call.headers)
