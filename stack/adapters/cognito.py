"""Cognito user pools and their app clients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, cast

from stack.adapters.base import STACK_TAG, Adapter, ignored
from stack.plan import Changes, Observed
from stack.references import known
from stack.user_pools import UserPool, UserPoolClient

if TYPE_CHECKING:
    from types_boto3_cognito_idp.literals import ExplicitAuthFlowsTypeType
    from types_boto3_cognito_idp.type_defs import (
        AccountRecoverySettingTypeTypeDef,
        PasswordPolicyTypeTypeDef,
        UserPoolPolicyTypeTypeDef,
        UserPoolTypeTypeDef,
    )

_RECOVERY: Final[AccountRecoverySettingTypeTypeDef] = {
    "RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]
}


class UserPools(Adapter[UserPool]):
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html"""

    def observe(self, resource: UserPool) -> Observed | None:
        """The pool of this name that carries the stack's tag; names need not be unique."""
        found = self._find(resource)
        if found is None:
            return None
        policy = cast("dict[str, object]", found.get("Policies", {}).get("PasswordPolicy", {}))
        # A switch that was never said (Terraform leaves out what is off) may be left out of the answer too.
        aspects = {"password policy": {name: policy.get(name, False) for name in _policy_names(resource)}}
        return Observed(aspects, self._attributes(found["Id"]))

    def apply(self, resource: UserPool, observed: Observed | None, changes: Changes) -> Mapping[str, str]:
        """Make the pool, or change its policy; UpdateUserPool resets what it is not told, so it is told all."""
        if observed is not None:
            self.clients.cognito.update_user_pool(
                UserPoolId=observed.attributes["id"],
                Policies=_policies(resource),
                AutoVerifiedAttributes=["email"],
                AccountRecoverySetting=_RECOVERY,
                UserPoolTags=self.context.tags,
            )
            return observed.attributes
        made = self.clients.cognito.create_user_pool(
            PoolName=resource.name,
            Policies=_policies(resource),
            AutoVerifiedAttributes=["email"],
            UsernameConfiguration={"CaseSensitive": False},
            Schema=[{"Name": "email", "AttributeDataType": "String", "Required": True, "Mutable": True}],
            AccountRecoverySetting=_RECOVERY,
            UserPoolTags=self.context.tags,
        )
        return self._attributes(made["UserPool"]["Id"])

    def delete(self, resource: UserPool, observed: Observed) -> None:
        """Remove the pool with its users."""
        with ignored("ResourceNotFoundException"):
            self.clients.cognito.delete_user_pool(UserPoolId=observed.attributes["id"])

    def _find(self, pool: UserPool) -> UserPoolTypeTypeDef | None:
        for page in self.clients.cognito.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": 60}):
            for each in page.get("UserPools", []):
                if each.get("Name") == pool.name:
                    found = self.clients.cognito.describe_user_pool(UserPoolId=each["Id"])["UserPool"]
                    if found.get("UserPoolTags", {}).get(STACK_TAG) == self.context.stack:
                        return found
        return None

    def _attributes(self, pool_id: str) -> dict[str, str]:
        addresses = self.context.addresses
        return {
            "id": pool_id,
            "arn": self.context.arn("cognito-idp", f"userpool/{pool_id}"),
            # What tokens say, wherever they were issued.
            "issuer": f"https://cognito-idp.{self.context.region}.amazonaws.com/{pool_id}",
            "keys_url": addresses.user_pool_keys_url(pool_id),
            "endpoint": addresses.user_pools_url(),
        }


class UserPoolClients(Adapter[UserPoolClient]):
    """https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html"""

    def observe(self, resource: UserPoolClient) -> Observed | None:
        """The pool's client of this name."""
        client_id = self._find(resource)
        if client_id is None:
            return None
        answer = self.clients.cognito.describe_user_pool_client(UserPoolId=resource.user_pool_id, ClientId=client_id)
        found = answer["UserPoolClient"]
        return Observed(
            {
                "flows": sorted(found.get("ExplicitAuthFlows", [])),
                "token validity": found.get("IdTokenValidity"),
                "existence errors": found.get("PreventUserExistenceErrors"),
            },
            {"id": client_id},
        )

    def apply(self, resource: UserPoolClient, observed: Observed | None, changes: Changes) -> Mapping[str, str]:
        """Make or update the client."""
        flows = cast("list[ExplicitAuthFlowsTypeType]", resource.aspects()["flows"])
        if observed is not None:
            self.clients.cognito.update_user_pool_client(
                UserPoolId=resource.user_pool_id,
                ClientId=observed.attributes["id"],
                ClientName=resource.name,
                ExplicitAuthFlows=flows,
                PreventUserExistenceErrors="ENABLED",
                IdTokenValidity=resource.token_ttl_s,
                AccessTokenValidity=resource.token_ttl_s,
                TokenValidityUnits={"IdToken": "seconds", "AccessToken": "seconds"},
            )
            return observed.attributes
        made = self.clients.cognito.create_user_pool_client(
            UserPoolId=resource.user_pool_id,
            ClientName=resource.name,
            GenerateSecret=False,
            ExplicitAuthFlows=flows,
            PreventUserExistenceErrors="ENABLED",
            IdTokenValidity=resource.token_ttl_s,
            AccessTokenValidity=resource.token_ttl_s,
            TokenValidityUnits={"IdToken": "seconds", "AccessToken": "seconds"},
        )
        return {"id": made["UserPoolClient"]["ClientId"]}

    def delete(self, resource: UserPoolClient, observed: Observed) -> None:
        """Remove the client."""
        with ignored("ResourceNotFoundException"):
            self.clients.cognito.delete_user_pool_client(
                UserPoolId=resource.user_pool_id, ClientId=observed.attributes["id"]
            )

    def _find(self, client: UserPoolClient) -> str | None:
        if not known(client.user_pool_id):
            return None
        pages = self.clients.cognito.get_paginator("list_user_pool_clients").paginate(UserPoolId=client.user_pool_id)
        found = (each for page in pages for each in page.get("UserPoolClients", []))
        return next((each["ClientId"] for each in found if each.get("ClientName") == client.name), None)


def _policy_names(pool: UserPool) -> list[str]:
    return list(cast("dict[str, object]", pool.aspects()["password policy"]))


def _policies(pool: UserPool) -> UserPoolPolicyTypeTypeDef:
    return {"PasswordPolicy": cast("PasswordPolicyTypeTypeDef", pool.aspects()["password policy"])}
