"""Errors of CloudFront that the rig finds itself.

Source: https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_Operations.html, each operation's page.
"""

from cloudrig.engine.errors import ServiceError


class MalformedInput(ServiceError):
    code = "MalformedInput"
    status = 400


class InvalidArgument(ServiceError):
    code = "InvalidArgument"
    status = 400


class InvalidIfMatchVersion(ServiceError):
    code = "InvalidIfMatchVersion"
    status = 400


class PreconditionFailed(ServiceError):
    code = "PreconditionFailed"
    status = 412


class IllegalUpdate(ServiceError):
    code = "IllegalUpdate"
    status = 400


class DistributionNotDisabled(ServiceError):
    code = "DistributionNotDisabled"
    status = 409


class NoSuchResponseHeadersPolicy(ServiceError):
    code = "NoSuchResponseHeadersPolicy"
    status = 404


class ResponseHeadersPolicyAlreadyExists(ServiceError):
    code = "ResponseHeadersPolicyAlreadyExists"
    status = 409


class ResponseHeadersPolicyInUse(ServiceError):
    code = "ResponseHeadersPolicyInUse"
    status = 409


class NoSuchCachePolicy(ServiceError):
    code = "NoSuchCachePolicy"
    status = 404


class CachePolicyAlreadyExists(ServiceError):
    code = "CachePolicyAlreadyExists"
    status = 409


class CachePolicyInUse(ServiceError):
    code = "CachePolicyInUse"
    status = 409
