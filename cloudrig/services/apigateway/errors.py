"""Errors of the apigatewayv2 control plane and of the `@connections` API, named as AWS names them, and refusals.

Source: botocore `apigatewayv2/2018-11-29` and `apigatewaymanagementapi/2018-11-29` service models.
"""

from __future__ import annotations

from cloudrig.engine.errors import ServiceError


class NotFoundException(ServiceError):
    """The API, or something below it, does not exist for this account and region."""

    code = "NotFoundException"
    status = 404


class BadRequestException(ServiceError):
    """The input is incomplete or breaks a rule."""

    code = "BadRequestException"
    status = 400


class ConflictException(ServiceError):
    """The request contradicts what is there: a key taken, a resource still in use."""

    code = "ConflictException"
    status = 409


class ForbiddenException(ServiceError):
    """The caller may not, or the URL belongs to another API or stage than the connection."""

    code = "ForbiddenException"
    status = 403


class MissingAuthenticationTokenException(ServiceError):
    """A call that must be signed was not."""

    code = "MissingAuthenticationTokenException"
    status = 403


class InvalidSignatureException(ServiceError):
    """The signature is for another service."""

    code = "InvalidSignatureException"
    status = 403


class GoneException(ServiceError):
    """The connection is closed, was never there, or is not established yet."""

    code = "GoneException"
    status = 410


class LimitExceededException(ServiceError):
    """The client does not read what it is sent: its buffer is full."""

    code = "LimitExceededException"
    status = 429


class PayloadTooLargeException(ServiceError):
    """A message for a client is larger than 128 KB."""

    code = "PayloadTooLargeException"
    status = 413


class Refused(Exception):
    """What the WebSocket data plane answers a client by itself: a handshake with `status`, a message with a frame.

    `message` goes into the gateway's own body or frame; `body` is sent instead where a function gave one.
    """

    def __init__(self, status: int, message: str = "", body: str | None = None) -> None:
        super().__init__(message or body)
        self.status = status
        self.message = message
        self.body = body
