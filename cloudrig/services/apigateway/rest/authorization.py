"""Who may call a method: signed callers (AWS_IAM) and Lambda authorizers.

Sources: AG `permissions.html`, `apigateway-use-lambda-authorizer.html`, `api-gateway-lambda-authorizer-input.html`,
`api-gateway-lambda-authorizer-output.html`.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from cloudrig.engine.clock import Clock
from cloudrig.engine.credentials import Credentials
from cloudrig.engine.errors import ServiceError
from cloudrig.engine.interfaces import Invocation, Invoker
from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.policy import Decision, InvalidPolicy, evaluate
from cloudrig.services.apigateway.policy_conditions import Keys, request_keys
from cloudrig.services.apigateway.rest.answers import GatewayError
from cloudrig.services.apigateway.rest.authorizers import identity_sources, ttl_s
from cloudrig.services.apigateway.rest.call import Call
from cloudrig.services.apigateway.rest.lambda_proxy import INVOCATION_TIMEOUT_S, function_arn
from cloudrig.services.apigateway.rest.mappings import request_value
from cloudrig.services.apigateway.signatures import FALSE_SIGNATURE, SERVICE, Verdict, check_signature

_CACHED_RESULTS = 10_000
"""Results kept per authorizer and stage; the least recently used go first. AWS states no number."""

_REFUSALS: Mapping[Verdict, tuple[str, str]] = {
    Verdict.MISSING: ("MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token"),
    Verdict.OTHER_SERVICE: (
        "INVALID_SIGNATURE",
        f"Credential should be scoped to correct service: '{SERVICE}'.",
    ),
    Verdict.UNKNOWN_SESSION: ("ACCESS_DENIED", "The security token included in the request is invalid."),
    Verdict.FALSE: ("INVALID_SIGNATURE", FALSE_SIGNATURE),
}
"""Response type and text: AG `supported-gateway-response-types.html`, IAM's own words."""

_DENIED = "User is not authorized to access this resource"


class SignedCaller:
    """`AWS_IAM`: the request must bear a signature for `execute-api`, a true one where the rig knows the secret.

    Whose it is goes to the event.
    """

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    async def admit(self, call: Call) -> None:
        """Raises GatewayError (403)."""
        verdict = check_signature(call.request, self._credentials)
        if verdict is not Verdict.VALID:
            raise GatewayError(*_REFUSALS[verdict])
        caller = call.request.caller
        account = caller.scope.account
        call.identify(
            accountId=account,
            accessKey=caller.access_key,
            caller=account,
            user=account,
            userArn=caller.user_arn or f"arn:aws:iam::{account}:root",
        )


class LambdaAuthorizer:
    """Asks a function, or its recent answer for the same identity, for a policy and applies it to the method."""

    def __init__(
        self, document: Members, invoker: Invoker, clock: Clock, source_arn: str, variables: dict[str, str] | None
    ) -> None:
        self._invoker = invoker
        self._clock = clock
        self._source_arn = source_arn
        self._function = function_arn(document["authorizerUri"], variables)
        self._principal = None if document.get("authorizerCredentials") else "apigateway.amazonaws.com"
        self._is_token = document["type"] == "TOKEN"
        self._sources = identity_sources(document)
        expression = document.get("identityValidationExpression")
        self._expression = re.compile(expression) if expression else None
        self._ttl_s = ttl_s(document)
        self._cache: OrderedDict[tuple[str, ...], tuple[float, Members]] = OrderedDict()

    async def admit(self, call: Call) -> None:
        """Raises GatewayError: 401 without an identity, 403 without an allow, 500 where the function is no good."""
        identity = self._identity(call)
        arn = method_arn(call)
        started = time.perf_counter()
        output = self._cached(identity)
        if output is None:
            output = await self._ask(call, identity, arn)
            self._remember(identity, output)
        _apply(output, arn, request_keys(call.request, self._clock.utc()))
        latency_ms = int((time.perf_counter() - started) * 1000)
        told = {**output["context"], "principalId": output["principalId"], "integrationLatency": latency_ms}
        call.authorize(told, output["usageIdentifierKey"])

    def _identity(self, call: Call) -> tuple[str, ...]:
        """The values of the identity sources. Raises GatewayError (401) when one is missing or ill-formed."""
        values = [request_value(call, source) for source in self._sources]
        found = tuple(value for value in values if value)
        if len(found) < len(values):
            raise GatewayError("UNAUTHORIZED", "Unauthorized")
        if self._expression is not None and self._is_token and not self._expression.fullmatch(found[0]):
            raise GatewayError("UNAUTHORIZED", "Unauthorized")
        return found

    async def _ask(self, call: Call, identity: tuple[str, ...], method_arn: str) -> Members:
        if self._is_token:
            event: Members = {"type": "TOKEN", "methodArn": method_arn, "authorizationToken": identity[0]}
        else:
            event = _request_event(call, method_arn)
        try:
            async with asyncio.timeout(INVOCATION_TIMEOUT_S):
                result = await self._invoker.invoke(
                    self._function or "",
                    json.dumps(event).encode(),
                    principal=self._principal,
                    source_arn=self._source_arn,
                )
        except TimeoutError:
            raise _failure() from None
        except ServiceError:
            raise _misconfigured() from None
        return _output(result)

    def _cached(self, identity: tuple[str, ...]) -> Members | None:
        entry = self._cache.get(identity)
        if entry is None or entry[0] <= self._clock.now():
            return None
        self._cache.move_to_end(identity)
        return entry[1]

    def _remember(self, identity: tuple[str, ...], output: Members) -> None:
        if self._ttl_s > 0:
            self._cache[identity] = self._clock.now() + self._ttl_s, output
            if len(self._cache) > _CACHED_RESULTS:
                self._cache.popitem(last=False)


def method_arn(call: Call) -> str:
    stage = call.stage
    return stage.api.scope.arn("execute-api", f"{stage.api_id}/{stage.name}/{call.request.method}{call.path}")


def _request_event(call: Call, method_arn: str) -> Members:
    """The event of a REQUEST authorizer; unlike in a proxy's, empty collections are empty objects."""
    headers, query, endpoint = call.headers, call.query, call.endpoint
    return {
        "type": "REQUEST",
        "methodArn": method_arn,
        "resource": endpoint.resource_path if endpoint else None,
        "path": call.event_path,
        "httpMethod": call.request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()},
        "multiValueQueryStringParameters": query,
        "pathParameters": call.path_parameters,
        "stageVariables": call.stage.variables or {},
        "requestContext": call.context(),
    }


def _output(result: Invocation) -> Members:
    """The function's output in one form. Raises GatewayError: 401 for the error text `Unauthorized`, 500 otherwise."""
    try:
        output = json.loads(result.payload)
    except (ValueError, RecursionError):
        output = None
    if result.function_error is not None:
        if isinstance(output, dict) and output.get("errorMessage") == "Unauthorized":
            raise GatewayError("UNAUTHORIZED", "Unauthorized")
        raise _failure()
    if not isinstance(output, dict) or not isinstance(output.get("principalId"), str):
        raise _misconfigured()
    return {
        "principalId": output["principalId"],
        "policyDocument": output.get("policyDocument"),
        "context": _context(output.get("context")),
        "usageIdentifierKey": output.get("usageIdentifierKey"),
    }


def _context(context: Any) -> dict[str, str]:
    """Values as text; nested ones make the output invalid."""
    if not isinstance(context or {}, dict):
        raise _misconfigured()
    for value in (context or {}).values():
        if isinstance(value, dict | list):
            raise _misconfigured()
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in (context or {}).items()
        if value is not None
    }


def _apply(output: Members, method_arn: str, keys: Keys) -> None:
    try:
        decision = evaluate(output["policyDocument"], method_arn, keys)
    except InvalidPolicy:
        raise _misconfigured() from None
    if decision is Decision.DENIED:
        raise GatewayError("ACCESS_DENIED", f"{_DENIED} with an explicit deny", key="Message")
    if decision is Decision.NOT_ALLOWED:
        raise GatewayError("ACCESS_DENIED", _DENIED, key="Message")


def _misconfigured() -> GatewayError:
    return GatewayError("AUTHORIZER_CONFIGURATION_ERROR", None)


def _failure() -> GatewayError:
    return GatewayError("AUTHORIZER_FAILURE", None)
