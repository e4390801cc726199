"""DynamoDB's and DynamoDB Streams' errors, with the namespaces their `__type` has on the wire.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
"""

from __future__ import annotations

from cloudrig.engine.errors import ServiceError

_NAMESPACE = "com.amazonaws.dynamodb.v20120810#"


class ValidationException(ServiceError):
    code = "com.amazon.coral.validate#ValidationException"
    status = 400


class SerializationException(ServiceError):
    code = "com.amazon.coral.service#SerializationException"
    status = 400


class UnknownOperationException(ServiceError):
    """DynamoDB has no such operation."""

    code = "com.amazon.coral.service#UnknownOperationException"
    status = 400


class AccessDeniedException(ServiceError):
    code = "com.amazon.coral.service#AccessDeniedException"
    status = 400


class ResourceNotFoundException(ServiceError):
    code = _NAMESPACE + "ResourceNotFoundException"
    status = 400


class TableNotFoundException(ServiceError):
    code = _NAMESPACE + "TableNotFoundException"
    status = 400


class PolicyNotFoundException(ServiceError):
    code = _NAMESPACE + "PolicyNotFoundException"
    status = 400


class TrimmedDataAccessException(ServiceError):
    code = _NAMESPACE + "TrimmedDataAccessException"
    status = 400


class ExpiredIteratorException(ServiceError):
    code = _NAMESPACE + "ExpiredIteratorException"
    status = 400


class InternalServerError(ServiceError):
    """Something went wrong that is not the caller's fault; SDKs try again."""

    code = _NAMESPACE + "InternalServerError"
    status = 500


class RequestEntityTooLargeException(ServiceError):
    """The body is larger than 16 MB (unverified: the code AWS gives it)."""

    code = "com.amazon.coral.service#RequestEntityTooLargeException"
    status = 413


class Refused(Exception):
    """dynoxide answered an engine's own request with an error; `body` is its JSON, in AWS's form already."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(body.decode("utf-8", "replace"))
        self.status = status
        self.body = body
