"""Errors of the Lambda API. Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors"""

from __future__ import annotations

from typing import Any

from cloudrig.engine.errors import ServiceError


class LambdaError(ServiceError):
    """An error of the caller's making; Lambda says so in the member `Type`, which a few lack (None)."""

    def __init__(self, message: str = "", **members: Any) -> None:
        given = {"Type": "User", **members}
        super().__init__(message, **{name: value for name, value in given.items() if value is not None})


class ResourceNotFound(LambdaError):
    message_member = "Message"
    code = "ResourceNotFoundException"
    status = 404


class CodeSigningConfigNotFound(LambdaError):
    message_member = "Message"
    code = "CodeSigningConfigNotFoundException"
    status = 404


class ResourceConflict(LambdaError):
    code = "ResourceConflictException"
    status = 409


class InvalidParameterValue(LambdaError):
    code = "InvalidParameterValueException"
    status = 400


class InvalidRequestContent(LambdaError):
    code = "InvalidRequestContentException"
    status = 400


class PreconditionFailed(LambdaError):
    code = "PreconditionFailedException"
    status = 412


class ProvisionedConcurrencyConfigNotFound(LambdaError):
    code = "ProvisionedConcurrencyConfigNotFoundException"
    status = 404


class RequestEntityTooLarge(LambdaError):
    code = "RequestEntityTooLargeException"
    status = 413


def too_large(operation: str, limit_bytes: int) -> RequestEntityTooLarge:
    """For a request that is longer than its operation takes, told by Lambda's own name of the operation."""
    name = "InvokeFunction" if operation.startswith("Invoke") else operation
    return RequestEntityTooLarge(
        f"Request must be smaller than {limit_bytes} bytes for the {name} operation", Type=None
    )


class TooManyRequests(LambdaError):
    """A throttle; the member `Reason` says which limit was met."""

    code = "TooManyRequestsException"
    status = 429


class ServiceException(ServiceError):
    """The service cannot finish what it took on (it is closing, its disk is full)."""

    message_member = "Message"
    code = "ServiceException"
    status = 500
