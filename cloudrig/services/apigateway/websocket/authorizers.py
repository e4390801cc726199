"""REQUEST authorizers of `$connect`: who may open a connection, asked once per handshake and never cached.

What the authorizer says stays with the connection: it is in the event of `$connect`, of every message and of
`$disconnect`.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cloudrig.engine.errors import ServiceError
from cloudrig.engine.interfaces import Invocation, Invoker
from cloudrig.services.apigateway.errors import Refused
from cloudrig.services.apigateway.policy import Decision, InvalidPolicy, evaluate
from cloudrig.services.apigateway.policy_conditions import Keys

log = logging.getLogger(__name__)

TIMEOUT_S = 29.0  # unverified: AWS names no limit for authorizers of WebSocket APIs
MAX_RESULT_BYTES = 8 * 1024

UNAUTHORIZED = "Unauthorized"
NOT_AUTHORIZED = "User is not authorized to access this resource"
EXPLICIT_DENY = f"{NOT_AUTHORIZED} with an explicit deny"
INTERNAL_ERROR = "Internal server error"


class NotAuthorized(Refused):
    """The authorizer did not let the client in."""


@dataclass(frozen=True, slots=True)
class LiveAuthorizer:
    """An authorizer bound to a stage. `function_arn` is None where its URI leads nowhere.

    `identity` are its identity sources as place and name: `("header", "Authorization")`. `principal` is None where the
    authorizer has a role of its own to invoke the function with.
    """

    function_arn: str | None
    source_arn: str
    principal: str | None
    identity: tuple[tuple[str, str], ...]


def identity_source(text: str) -> tuple[str, str]:
    """`route.request.header.Auth` → `("header", "Auth")`; `stageVariables.a` and `context.b` likewise."""
    place, _, name = text.removeprefix("route.request.").partition(".")
    return place, name


async def authorize(
    invoker: Invoker, authorizer: LiveAuthorizer, event: dict[str, Any], keys: Keys
) -> tuple[dict[str, Any], str | None]:
    """Ask the authorizer about a handshake; what it said, as `requestContext.authorizer` shows it, and the API key
    that it named (`usageIdentifierKey`). `keys` are what its policy's Conditions see.

    `event` is what `events.authorizer_event` makes. Raises NotAuthorized: 401 when an identity source is missing (the
    function is not called) or the function fails with `Unauthorized`, 403 when its policy does not allow the
    `methodArn`, 500 for everything else.
    """
    if not all(_present(event, place, name) for place, name in authorizer.identity):
        raise NotAuthorized(401, UNAUTHORIZED)
    started = time.perf_counter()
    answer = await _invoke(invoker, authorizer, event)
    latency_ms = int((time.perf_counter() - started) * 1000)
    try:
        told, api_key = _authorized(answer, event["methodArn"], keys)
        return told | {"integrationLatency": latency_ms}, api_key
    except InvalidPolicy as invalid:
        log.warning("the authorizer %s gave an invalid answer: %s", authorizer.function_arn, invalid)
        raise NotAuthorized(500, INTERNAL_ERROR) from None


def _present(event: dict[str, Any], place: str, name: str) -> bool:
    """Whether an identity source has a value that is not empty; header names compare without case."""
    values: Mapping[str, Any] = {
        "header": {key.lower(): value for key, value in event["headers"].items()},
        "querystring": event["queryStringParameters"],
        "stageVariables": event["stageVariables"],
        "context": event["requestContext"],
    }[place]
    return bool(values.get(name.lower() if place == "header" else name))


async def _invoke(invoker: Invoker, authorizer: LiveAuthorizer, event: dict[str, Any]) -> bytes:
    try:
        if authorizer.function_arn is None:
            raise NotAuthorized(500, INTERNAL_ERROR)
        payload = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
        async with asyncio.timeout(TIMEOUT_S):
            answer = await invoker.invoke(
                authorizer.function_arn, payload, principal=authorizer.principal, source_arn=authorizer.source_arn
            )
    except (TimeoutError, ServiceError) as error:
        log.warning("the authorizer %s could not be asked: %s", authorizer.function_arn, error)
        raise NotAuthorized(500, INTERNAL_ERROR) from None
    if answer.function_error is not None:
        raise NotAuthorized(401, UNAUTHORIZED) if _says_unauthorized(answer) else NotAuthorized(500, INTERNAL_ERROR)
    return answer.payload


def _says_unauthorized(answer: Invocation) -> bool:
    content = _json(answer.payload)
    return isinstance(content, dict) and content.get("errorMessage") == UNAUTHORIZED


def _authorized(payload: bytes, method_arn: str, keys: Keys) -> tuple[dict[str, Any], str | None]:
    """Principal, context and API key out of an answer that allows. Raises NotAuthorized 403, InvalidPolicy."""
    answer = _json(payload)
    if not isinstance(answer, dict) or len(payload) > MAX_RESULT_BYTES:
        raise InvalidPolicy("the answer is no object of at most 8 KB")
    if not isinstance(answer.get("principalId"), str):
        raise InvalidPolicy("principalId is no text")
    context = _context(answer.get("context"))
    decision = evaluate(answer.get("policyDocument"), method_arn, keys)
    if decision is not Decision.ALLOWED:
        raise NotAuthorized(403, EXPLICIT_DENY if decision is Decision.DENIED else NOT_AUTHORIZED)
    api_key = answer.get("usageIdentifierKey")
    return {"principalId": answer["principalId"], **context}, api_key if isinstance(api_key, str) else None


def _context(context: Any) -> dict[str, str]:
    """Flat values only, as text. Text is captured for REST APIs, unverified for WebSocket APIs."""
    if context is None:
        return {}
    if not isinstance(context, dict):
        raise InvalidPolicy("context is no object")
    return {key: _text(value) for key, value in context.items() if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, bool | int | float):
        raise InvalidPolicy("context holds an object or a list")
    return json.dumps(value)


def _json(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None
