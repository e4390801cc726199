"""Control plane of REST APIs: Lambda and Cognito authorizers.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_Authorizer.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cloudrig.engine import names
from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.wire import Operation
from cloudrig.services.apigateway.errors import BadRequestException, ConflictException, NotFoundException
from cloudrig.services.apigateway.rest.paging import page
from cloudrig.services.apigateway.rest.patch import PatchTable, converted, set_member, set_value, text
from cloudrig.services.apigateway.rest.state import RestApi, RestState
from cloudrig.services.apigateway.user_pools import POOL_ARN

DEFAULT_TTL_S = 300
MAX_TTL_S = 3600
_INVOCATION = re.compile(r"arn:[\w-]+:apigateway:[\w-]+:lambda:path/+2015-03-31/functions/.+/invocations")
_SOURCE = re.compile(r"method\.request\.(?:header|querystring)\.\S+|stageVariables\.\w+|context\.\S+")


class AuthorizerControl:
    """Operations on Authorizer."""

    def __init__(self, state: RestState) -> None:
        self._state = state
        self.operations: Mapping[str, Operation] = {
            "CreateAuthorizer": self.create_authorizer,
            "GetAuthorizer": self.get_authorizer,
            "GetAuthorizers": self.get_authorizers,
            "UpdateAuthorizer": self.update_authorizer,
            "DeleteAuthorizer": self.delete_authorizer,
        }

    def create_authorizer(self, caller: Caller, members: Members) -> Members:
        """A TOKEN, REQUEST or COGNITO_USER_POOLS authorizer.

        Raises:
            BadRequestException: no function or user pool, an identity source of the wrong form or number, a TTL over an
                hour.
            ConflictException: AWS's answer where the API is missing.
        """
        try:
            api = self._state.api(caller.scope, members["restApiId"])
        except NotFoundException:
            raise ConflictException(
                "Unable to complete operation due to concurrent modification. Please try again later."
            ) from None
        given = {name: value for name, value in members.items() if name != "restApiId"}
        auth_type = "cognito_user_pools" if members["type"] == "COGNITO_USER_POOLS" else "custom"
        document = {"id": names.api_id()[:6], "authType": auth_type}
        document |= given
        _check(document)
        api.authorizers[str(document["id"])] = document
        return document

    def get_authorizer(self, caller: Caller, members: Members) -> Members:
        return _authorizer(self._state.api(caller.scope, members["restApiId"]), members["authorizerId"])

    def get_authorizers(self, caller: Caller, members: Members) -> Members:
        return page(list(self._state.api(caller.scope, members["restApiId"]).authorizers.values()), members)

    def update_authorizer(self, caller: Caller, members: Members) -> Members:
        api = self._state.api(caller.scope, members["restApiId"])
        document = _authorizer(api, members["authorizerId"])
        document = _AUTHORIZER.apply(document, members.get("patchOperations"))
        _check(document)
        api.authorizers[members["authorizerId"]] = document
        return document

    def delete_authorizer(self, caller: Caller, members: Members) -> Members:
        api = self._state.api(caller.scope, members["restApiId"])
        authorizer = _authorizer(api, members["authorizerId"])
        for resource in api.resources.values():
            for http_method, method in resource.methods.items():
                if method.document.get("authorizerId") == authorizer["id"]:
                    raise ConflictException(
                        f"Cannot delete authorizer '{authorizer['name']}', is referenced in method: "
                        f"{http_method}/{resource.path}"
                    )
        del api.authorizers[authorizer["id"]]
        return {}


def _check_user_pools(document: Members) -> None:
    arns = document.get("providerARNs")
    if not arns:
        raise BadRequestException("Provider ARNs must be specified for Cognito User Pools authorizers")
    unfit = [arn for arn in arns if not POOL_ARN.fullmatch(arn)]
    if unfit:
        raise BadRequestException(f"ProviderARNs need to be valid Cognito Userpools. Invalid ARNs-\n{', '.join(unfit)}")


def identity_sources(document: Members) -> list[str]:
    """The mapping sources that identify a caller; of a TOKEN authorizer the one header."""
    given = document.get("identitySource")
    if not given:
        return ["method.request.header.Authorization"] if document["type"] == "TOKEN" else []
    return [source.strip() for source in given.split(",")]


def ttl_s(document: Members) -> int:
    """How long a result holds. One that was not given is not shown (recorded on AWS in LocalStack's snapshots)."""
    return int(document.get("authorizerResultTtlInSeconds", DEFAULT_TTL_S))


def _authorizer(api: RestApi, authorizer_id: str) -> Members:
    if authorizer_id not in api.authorizers:
        raise NotFoundException("Invalid Authorizer identifier specified")
    return api.authorizers[authorizer_id]


def _check(document: Members) -> None:
    """Texts below those of the ARNs are unverified."""
    if document["type"] == "COGNITO_USER_POOLS":
        _check_user_pools(document)
    elif not _INVOCATION.fullmatch(document.get("authorizerUri") or ""):
        raise BadRequestException(
            f"Invalid Authorizer URI: {document.get('authorizerUri') or 'null'}. Authorizer URI should be a valid "
            "API Gateway ARN that represents a Lambda function invocation."
        )
    if not 0 <= ttl_s(document) <= MAX_TTL_S:
        raise BadRequestException(f"Authorizer result TTL must be between 0 and {MAX_TTL_S} seconds")
    sources = identity_sources(document)
    if not all(_SOURCE.fullmatch(source) for source in sources) or (document["type"] == "TOKEN" and len(sources) > 1):
        raise BadRequestException(f"Invalid identity source specified: {document['identitySource']}")
    if not sources and document["type"] == "REQUEST" and ttl_s(document) > 0:
        raise BadRequestException("Identity source is required when caching is enabled")
    try:
        re.compile(document.get("identityValidationExpression") or "")
    except re.error:
        raise BadRequestException("Invalid identity validation expression specified") from None


_AUTHORIZER = PatchTable(
    {
        "/name": text("name"),
        "/type": text("type"),
        "/authType": text("authType"),
        "/authorizerUri": text("authorizerUri"),
        "/providerARNs": set_value("providerARNs"),
        "/providerARNs/*": set_member("providerARNs"),
        "/authorizerCredentials": text("authorizerCredentials", ops=("replace", "remove")),
        "/identitySource": text("identitySource"),
        "/identityValidationExpression": text("identityValidationExpression"),
        "/authorizerResultTtlInSeconds": converted("authorizerResultTtlInSeconds", int, clearable=False),
    }
)
