"""Authorizers in the control plane. Texts are those recorded on AWS in LocalStack's snapshots where there are any."""

from __future__ import annotations

from typing import Any

import pytest

from cloudrig.services.apigateway.errors import BadRequestException, ConflictException, NotFoundException
from cloudrig.services.apigateway.rest.authorizers import identity_sources
from tests.services.apigateway.rest.fakes import Api, Gateway, invocation_uri


@pytest.fixture
def api() -> Api:
    return Gateway().api()


def token(api: Api, **members: Any) -> Any:
    return api.call("CreateAuthorizer", **{"name": "a", "type": "TOKEN", "authorizerUri": invocation_uri(), **members})


def test_authorizer_lifecycle(api: Api) -> None:
    created = token(api)
    assert created["authType"] == "custom"
    assert "authorizerResultTtlInSeconds" not in created, "recorded from AWS in LocalStack's test snapshots"
    ids = {"authorizerId": created["id"]}
    operation = {"op": "replace", "path": "/authorizerResultTtlInSeconds", "value": "0"}
    changed = api.call("UpdateAuthorizer", **ids, patchOperations=[operation])
    assert changed["authorizerResultTtlInSeconds"] == 0
    assert api.call("GetAuthorizers")["items"] == [changed]
    api.call("DeleteAuthorizer", **ids)
    with pytest.raises(NotFoundException, match="Invalid Authorizer identifier specified"):
        api.call("GetAuthorizer", **ids)


def test_token_authorizers_read_authorization_unless_told_otherwise(api: Api) -> None:
    assert identity_sources(token(api)) == ["method.request.header.Authorization"]
    request = {"type": "REQUEST", "identitySource": "method.request.header.A, stageVariables.b"}
    assert identity_sources(request) == ["method.request.header.A", "stageVariables.b"]


def test_missing_api_is_a_conflict(api: Api) -> None:
    """So AWS answers, though reading authorizers of a missing API is a NotFoundException."""
    with pytest.raises(ConflictException, match="Unable to complete operation due to concurrent modification"):
        api.gateway.call("CreateAuthorizer", restApiId="x", name="a", type="TOKEN")
    with pytest.raises(NotFoundException, match="Invalid API identifier specified"):
        api.gateway.call("GetAuthorizers", restApiId="x")


@pytest.mark.parametrize(
    "members",
    [
        {"authorizerUri": None},
        {"authorizerResultTtlInSeconds": 3601},
        {"identitySource": "method.request.header.A,method.request.header.B"},
        {"identitySource": "$request.header.A"},
        {"type": "REQUEST"},
        {"identityValidationExpression": "("},
    ],
)
def test_invalid_authorizers(api: Api, members: dict[str, Any]) -> None:
    with pytest.raises(BadRequestException):
        token(api, **members)


def test_user_pools(api: Api) -> None:
    pool = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_abc"
    made = token(api, type="COGNITO_USER_POOLS", providerARNs=[pool])
    assert (made["authType"], made["providerARNs"]) == ("cognito_user_pools", [pool])
    for arns in ([], [pool, "arn:aws:iam::000000000000:role/r"]):
        with pytest.raises(BadRequestException):
            token(api, type="COGNITO_USER_POOLS", providerARNs=arns)


def test_custom_authorization_needs_an_authorizer(api: Api) -> None:
    with pytest.raises(BadRequestException, match="requires a valid authorizer"):
        api.method("GET", "/", authorizationType="CUSTOM")


def test_authorizer_in_use_stays(api: Api) -> None:
    created = token(api)
    api.method("GET", "/", authorizationType="CUSTOM", authorizerId=created["id"])
    with pytest.raises(ConflictException):
        api.call("DeleteAuthorizer", authorizerId=created["id"])


def test_authorizer_goes_with_another_authorization_type(api: Api) -> None:
    """UpdateMethod to NONE drops `authorizerId` (recorded on AWS)."""
    ids = api.method("GET", "/", authorizationType="CUSTOM", authorizerId=token(api)["id"])
    operation = {"op": "replace", "path": "/authorizationType", "value": "NONE"}
    assert "authorizerId" not in api.call("UpdateMethod", **ids, patchOperations=[operation])


def test_what_is_told_of_uris_and_uses(api: Api) -> None:
    """Worded as AWS told hashicorp/terraform-provider-aws#1757 and hashicorp/terraform#6731."""
    with pytest.raises(BadRequestException, match="Authorizer URI should be a valid API Gateway ARN that represents"):
        token(api, authorizerUri="arn:aws:lambda:us-east-1:000000000000:function:f")
    made = token(api)
    api.method("GET", "/test", authorizationType="CUSTOM", authorizerId=made["id"])
    told = f"Cannot delete authorizer '{made['name']}', is referenced in method: GET//test"
    with pytest.raises(ConflictException, match=told):
        api.call("DeleteAuthorizer", authorizerId=made["id"])


def test_pools_are_added_and_removed_by_value(api: Api) -> None:
    """As Terraform changes them: the ARN is the operation's value, not part of its path."""
    first, second = (f"arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_{one}" for one in "ab")
    made = token(api, type="COGNITO_USER_POOLS", providerARNs=[first])
    operations = [
        {"op": "add", "path": "/providerARNs", "value": second},
        {"op": "remove", "path": "/providerARNs", "value": first},
    ]
    changed = api.call("UpdateAuthorizer", authorizerId=made["id"], patchOperations=operations)
    assert changed["providerARNs"] == [second]
