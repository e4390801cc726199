"""How each of AWS's protocols says no at the door.

Sources: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html, and for the JSON protocols
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
"""

from __future__ import annotations

import functools
from enum import StrEnum

from cloudrig.engine.errors import ServiceError
from cloudrig.engine.messages import Request, Response
from cloudrig.engine.wire import error_response


class Reason(StrEnum):
    MISSING = "missing"
    UNKNOWN_KEY = "unknown key"
    FALSE = "false"
    SKEWED = "skewed"
    EXPIRED = "expired"  # presigned, and its time is over
    DENIED = "denied"


_JSON = {
    Reason.MISSING: "MissingAuthenticationTokenException",
    Reason.UNKNOWN_KEY: "UnrecognizedClientException",
    Reason.FALSE: "InvalidSignatureException",
    Reason.SKEWED: "InvalidSignatureException",
    Reason.EXPIRED: "InvalidSignatureException",
    Reason.DENIED: "AccessDeniedException",
}
_QUERY = {
    Reason.MISSING: "MissingAuthenticationToken",
    Reason.UNKNOWN_KEY: "InvalidClientTokenId",
    Reason.FALSE: "SignatureDoesNotMatch",
    Reason.SKEWED: "SignatureDoesNotMatch",
    Reason.EXPIRED: "SignatureDoesNotMatch",
    Reason.DENIED: "AccessDenied",
}
_S3 = {
    Reason.MISSING: "AccessDenied",
    Reason.UNKNOWN_KEY: "InvalidAccessKeyId",
    Reason.FALSE: "SignatureDoesNotMatch",
    Reason.SKEWED: "RequestTimeTooSkewed",
    Reason.EXPIRED: "AccessDenied",
    Reason.DENIED: "AccessDenied",
}
_CODES = {"json": _JSON, "rest-json": _JSON, "query": _QUERY, "rest-xml": _S3}
_REST_JSON = frozenset({"lambda", "apigateway", "execute-api"})


def protocol_of(request: Request, service: str) -> str:
    """The protocol that a service is spoken to in; `service` is its signing name."""
    if "X-Amz-Target" in request.headers:
        return "json"
    if service in _REST_JSON:
        return "rest-json"
    form = request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")
    return "query" if form else "rest-xml"


def refusal(reason: Reason, message: str, request: Request, service: str) -> Response:
    """The answer to a request that does not get in."""
    protocol = protocol_of(request, service)
    status = 400 if protocol == "json" else 403
    return answer(_CODES[protocol][reason], status, message, protocol)


def answer(code: str, status: int, message: str, protocol: str) -> Response:
    """An error answer."""
    return error_response(_error(code, status)(message), protocol)


@functools.cache
def _error(code: str, status: int) -> type[ServiceError]:
    return type(code, (ServiceError,), {"code": code, "status": status})
