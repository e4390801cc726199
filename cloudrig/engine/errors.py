"""Errors that a client of the rig sees, in AWS's own codes. Raised where found, rendered once in `wire.py`."""

from __future__ import annotations

from typing import Any, ClassVar


class ServiceError(Exception):
    """An error answer of an AWS service.

    `code` and `status` belong to the class; `message` and the optional modelled members (`limitType`, `Type`,
    `Reason`, …) to the occurrence. Subclasses are named after the AWS exception and live in each service's `errors.py`.
    """

    code: ClassVar[str] = "InternalFailure"
    status: ClassVar[int] = 500
    message_member: ClassVar[str] = "message"
    """What the service model calls the member with the text; `Message` for some."""

    def __init__(self, message: str = "", **members: Any) -> None:
        super().__init__(message)
        self.message = message
        self.members = members


class OperationNotImplemented(ServiceError):
    """The operation exists on AWS and is not built here; the message names it."""

    code = "NotImplemented"
    status = 501


class SerializationError(ServiceError):
    """The body is not what the protocol says: no JSON, not an object, a member of another type."""

    code = "SerializationException"
    status = 400


class ValidationError(ServiceError):
    """A member breaks a constraint of the service model (missing, too long, not in the enum, pattern)."""

    code = "ValidationException"
    status = 400


class RequestEntityTooLarge(ServiceError):
    """The body is longer than the operation takes."""

    code = "RequestEntityTooLargeException"
    status = 413


class AccessDenied(ServiceError):
    """The caller, or the service acting for it, lacks a permission."""

    code = "AccessDeniedException"
    status = 403


class UpstreamUnavailable(ServiceError):
    """The upstream (moto, LocalStack, …) did not answer; the message says which and what to look at."""

    code = "ServiceUnavailable"
    status = 503
