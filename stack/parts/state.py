"""What is kept: tables, secrets, users."""

from __future__ import annotations

from stack.parts.part import Part, Parts, Properties
from stack.resources import Secret, Table
from stack.user_pools import UserPool, UserPoolClient


def table(table: Table) -> Parts:
    keys = [table.hash_key, *([table.range_key] if table.range_key else []), *(each.hash_key for each in table.indexes)]
    properties: Properties = {
        "TableName": table.name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in dict.fromkeys(keys)],
        "KeySchema": _key_schema(table.hash_key, table.range_key),
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": table.point_in_time_recovery},
    }
    if table.indexes:
        properties["GlobalSecondaryIndexes"] = [
            {
                "IndexName": each.name,
                "KeySchema": _key_schema(each.hash_key),
                "Projection": {"ProjectionType": "ALL"},
            }
            for each in table.indexes
        ]
    if table.stream_view:
        properties["StreamSpecification"] = {"StreamViewType": table.stream_view}
    if table.ttl_attribute:
        properties["TimeToLiveSpecification"] = {"AttributeName": table.ttl_attribute, "Enabled": True}
    yield Part("table", table.id, properties)


def _key_schema(hash_key: str, range_key: str = "") -> list[Properties]:
    keys = [(hash_key, "HASH"), (range_key, "RANGE")]
    return [{"AttributeName": name, "KeyType": kind} for name, kind in keys if name]


def secret(secret: Secret) -> Parts:
    yield Part("secret", secret.id, {"Name": secret.name, "Type": "SecureString"})


def user_pool(pool: UserPool) -> Parts:
    properties = {
        "UserPoolName": pool.name,
        "Policies": {"PasswordPolicy": pool.aspects()["password policy"]},
        "AutoVerifiedAttributes": ["email"],
        "UsernameConfiguration": {"CaseSensitive": False},
        "Schema": [{"Name": "email", "AttributeDataType": "String", "Required": True, "Mutable": True}],
        "AccountRecoverySetting": {"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
    }
    yield Part("userpool", pool.id, properties)


def user_pool_client(client: UserPoolClient) -> Parts:
    properties = {
        "UserPoolId": client.user_pool_id,
        "ClientName": client.name,
        "GenerateSecret": False,
        "ExplicitAuthFlows": client.aspects()["flows"],
        "PreventUserExistenceErrors": "ENABLED",
        "IdTokenValidity": client.token_ttl_s,
        "AccessTokenValidity": client.token_ttl_s,
        "TokenValidityUnits": {"IdToken": "seconds", "AccessToken": "seconds"},
    }
    yield Part("poolclient", client.id, properties)
