"""Answers of the gateway: from a Lambda proxy integration's output, and where the gateway itself ends a request.

Sources: AG `set-up-lambda-proxy-integrations.html` (output format), `api-gateway-known-issues.html` (remapped headers),
`supported-gateway-response-types.html`; recorded answers in LocalStack's AWS snapshots.
"""

from __future__ import annotations

import base64
import binascii
import functools
import json
import re
from collections.abc import Mapping
from typing import Any

from multidict import CIMultiDict

from cloudrig.engine.messages import Response
from cloudrig.services.apigateway.rest.call import Call
from cloudrig.services.apigateway.rest.gateway_responses import effective, uncustomised
from cloudrig.services.apigateway.rest.mappings import request_value

INTERNAL_ERROR = "Internal server error"

_ERROR_TYPES: Mapping[str, str] = {
    "ACCESS_DENIED": "AccessDeniedException",
    "API_CONFIGURATION_ERROR": "InternalServerErrorException",
    "AUTHORIZER_CONFIGURATION_ERROR": "AuthorizerConfigurationException",
    "AUTHORIZER_FAILURE": "AuthorizerConfigurationException",
    "BAD_REQUEST_BODY": "BadRequestException",
    "BAD_REQUEST_PARAMETERS": "BadRequestException",
    "DEFAULT_4XX": "ForbiddenException",
    "DEFAULT_5XX": "InternalServerErrorException",
    "EXPIRED_TOKEN": "ExpiredTokenException",
    "INTEGRATION_FAILURE": "InternalServerErrorException",
    "INTEGRATION_TIMEOUT": "InternalServerErrorException",
    "INVALID_API_KEY": "ForbiddenException",
    "INVALID_SIGNATURE": "InvalidSignatureException",
    "MISSING_AUTHENTICATION_TOKEN": "MissingAuthenticationTokenException",
    "QUOTA_EXCEEDED": "LimitExceededException",
    "REQUEST_TOO_LARGE": "RequestTooLargeException",  # unverified
    "THROTTLED": "TooManyRequestsException",
    "UNAUTHORIZED": "UnauthorizedException",
    "UNSUPPORTED_MEDIA_TYPE": "BadRequestException",  # unverified
}


class GatewayError(Exception):
    """The gateway ends the request with the gateway response of a type.

    `message` None is JSON's null. `status` is for `DEFAULT_4XX` and `DEFAULT_5XX`, which have none unless customised.
    `key` is the member that bears the message while the response is not customised. `told` goes to the execution log.
    """

    def __init__(
        self,
        response_type: str,
        message: str | None,
        status: int = 500,
        key: str = "message",
        told: str = "Execution failed due to an internal error",
    ) -> None:
        super().__init__(message)
        self.response_type = response_type
        self.message = message
        self.status = status
        self.key = key
        self.told = told


def internal_error(status: int = 500) -> GatewayError:
    """500: the gateway's or the API's fault; 502: the integration's answer is no good."""
    return GatewayError("DEFAULT_5XX", INTERNAL_ERROR, status)


def misconfigured(problem: str, status: int = 500) -> GatewayError:
    """An internal error whose cause the API's owner can read in the execution log."""
    told = f"Execution failed due to configuration error: {problem}"
    return GatewayError("DEFAULT_5XX", INTERNAL_ERROR, status, told=told)


def malformed() -> GatewayError:
    """502: what a function returned is no response."""
    return misconfigured("Malformed Lambda proxy response", 502)


def timed_out() -> GatewayError:
    text = "Endpoint request timed out"
    return GatewayError("INTEGRATION_TIMEOUT", text, told="Execution failed due to a timeout error")


def request_too_large() -> GatewayError:
    return GatewayError("REQUEST_TOO_LARGE", "Request Too Long")


_LINE_BREAKS = str.maketrans("", "", "\r\n\0")
"""What must not get into a header's value."""

# --- gateway responses ----------------------------------------------------------------------------------------------


def gateway_response(call: Call, error: GatewayError) -> Response:
    """Render an error as the stage's API has customised it."""
    document = effective(call.stage.api, error.response_type)
    status = document.get("statusCode") or error.status
    headers = CIMultiDict({"x-amzn-ErrorType": _ERROR_TYPES.get(error.response_type, "InternalServerErrorException")})
    for parameter, source in document["responseParameters"].items():
        value = request_value(call, source)
        if value is not None:
            headers[parameter.removeprefix("gatewayresponse.header.")] = value.translate(_LINE_BREAKS)
    content_type, template = _template(call, document["responseTemplates"])
    headers.setdefault("Content-Type", content_type)
    own = document == uncustomised(error.response_type)
    body = _plain_body(error) if own else template_text(call, template, error)
    return Response(int(status), body.encode(), headers)


_SPACED = frozenset(
    {
        "API_CONFIGURATION_ERROR",
        "BAD_REQUEST_BODY",
        "BAD_REQUEST_PARAMETERS",
        "DEFAULT_5XX",
        "INTEGRATION_FAILURE",
        "INTEGRATION_TIMEOUT",
        "UNSUPPORTED_MEDIA_TYPE",
    }
)
"""Errors of the execution, which AWS writes with a space; those from before it (routes, keys, authorizers) have none.

Recorded: `{"message": "Internal server error"}` has 36 bytes. Others are as users of AWS quote them.
"""


def _plain_body(error: GatewayError) -> str:
    separators = (", ", ": ") if error.response_type in _SPACED else (",", ":")
    return json.dumps({error.key: error.message}, separators=separators)


def plain_error(status: int, message: str, error_type: str) -> Response:
    """For requests that reach no stage, and so no customised response."""
    headers = CIMultiDict({"x-amzn-ErrorType": error_type, "Content-Type": "application/json"})
    return Response(status, json.dumps({"message": message}, separators=(",", ":")).encode(), headers)


def _template(call: Call, templates: Mapping[str, str]) -> tuple[str, str]:
    for accepted in (call.request.headers.get("Accept") or "").split(","):
        media_type = accepted.partition(";")[0].strip()
        if media_type in templates:
            return media_type, templates[media_type]
    if "application/json" in templates or not templates:
        return "application/json", templates.get("application/json", "")
    return next(iter(templates.items()))


_REFERENCE = re.compile(r"\$(\{)?((?:context|stageVariables)(?:\.[A-Za-z_][\w-]*)+)(?(1)\})")


def template_text(call: Call, template: str, error: GatewayError) -> str:
    """A gateway response's template: text with references, of which unknown ones are empty."""
    details = {
        "context.error.message": error.message or "",
        "context.error.messageString": json.dumps(error.message),
        "context.error.responseType": error.response_type,
    }

    def value(found: re.Match[str]) -> str:
        name = found[2]
        return details[name] if name in details else request_value(call, name) or ""

    return _REFERENCE.sub(value, template)


# --- Lambda proxy output --------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_OUTPUT_KEYS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})
_REMAPPED_HEADERS = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "content-md5",
        "date",
        "expect",
        "host",
        "max-forwards",
        "proxy-authenticate",
        "server",
        "trailer",
        "upgrade",
        "user-agent",
        "www-authenticate",
    }
)


def proxy_response(payload: bytes, decode_body: bool) -> Response:
    """The response that a function's output describes.

    `decode_body`: whether the client gets a base64 body as bytes (it accepts one of the API's binary media types).
    Raises GatewayError (502): not an object, unknown keys, a bad status, a body that is no string, bad headers.
    """
    try:
        output = json.loads(payload)
    except (ValueError, RecursionError):
        raise malformed() from None
    if not isinstance(output, dict) or not output.keys() <= _OUTPUT_KEYS:
        raise malformed()
    encoded = output.get("isBase64Encoded")
    if encoded not in (None, True, False):
        raise malformed()
    body = _body(output.get("body"), bool(encoded) and decode_body)
    return Response(_status(output.get("statusCode")), body, _headers(output))


def _status(value: Any) -> int:
    """A final status: after an interim one (1xx) the client would go on waiting. Unverified: 502 for those."""
    if value is None:
        return 200
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 200 <= value <= 599:
        raise malformed()
    return value


def _body(value: Any, decode: bool) -> bytes:
    if value is None:
        return b""
    if not isinstance(value, str):
        raise malformed()
    if not decode:
        return value.encode("utf-8", "replace")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise misconfigured("Unable to base64 decode the body.") from None


def _headers(output: dict[str, Any]) -> CIMultiDict[str]:
    """`multiValueHeaders` and `headers` in one; a pair that is in both appears once."""
    headers: CIMultiDict[str] = CIMultiDict()
    for name, values in _mapping(output, "multiValueHeaders"):
        if not isinstance(values, list):
            raise malformed()
        for value in values:
            add_header(headers, name, _text(value))
    for name, value in _mapping(output, "headers"):
        text = _text(value)
        if text not in headers.getall(name, ()):
            add_header(headers, name, text)
    if "Content-Type" not in headers:
        headers["Content-Type"] = "application/json"
    return headers


@functools.lru_cache(maxsize=1024)
def _is_token(name: str) -> bool:
    return _TOKEN.fullmatch(name) is not None


def add_header(headers: CIMultiDict[str], name: str, value: str) -> None:
    """Add an integration's header as clients see it: renamed where the name is the gateway's own to use.

    Raises GatewayError (502) for a name that HTTP does not allow.
    """
    if not _is_token(name):
        raise malformed()
    lower = name.lower()
    if lower in _REMAPPED_HEADERS:
        name = f"x-amzn-Remapped-{name}"
    if lower != "transfer-encoding":
        headers.add(name, value.translate(_LINE_BREAKS))


def _mapping(output: dict[str, Any], key: str) -> list[tuple[str, Any]]:
    value = output.get(key)
    if value is None:
        return []
    if not isinstance(value, dict):
        raise malformed()
    return list(value.items())


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return json.dumps(value)
    raise malformed()
