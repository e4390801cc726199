"""Errors of Cognito user pools that the rig finds itself.

Source: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/CommonErrors.html and each
operation's page.
"""

from cloudrig.engine.errors import ServiceError


class CognitoError(ServiceError):
    status = 400


class CodeMismatchException(CognitoError):
    code = "CodeMismatchException"


class ExpiredCodeException(CognitoError):
    code = "ExpiredCodeException"


class InvalidParameterException(CognitoError):
    code = "InvalidParameterException"


class NotAuthorizedException(CognitoError):
    code = "NotAuthorizedException"


class UsernameExistsException(CognitoError):
    code = "UsernameExistsException"
