from dataclasses import replace

from stack import Clients
from stack.adapters import Adapters
from stack.user_pools import UserPool, UserPoolClient
from tests.stack.adapters.bring import bring_about, remove
from tests.stack.fakes import Wire


def pool(prefix: str) -> UserPool:
    return UserPool(id="users", name=f"{prefix}-users")


def client(prefix: str, token_ttl_s: int = 3600) -> UserPoolClient:
    name = f"{prefix}-site"
    return UserPoolClient(id="site", name=name, user_pool_id="${userpool.users.id}", token_ttl_s=token_ttl_s)


def test_anybody_may_sign_up_with_a_name_in_any_case_and_an_address(
    adapters: Adapters, clients: Clients, prefix: str
) -> None:
    facts = bring_about(adapters, pool(prefix))
    pool_id = facts["userpool.users.id"]
    found = clients.cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    assert found["Policies"]["PasswordPolicy"]["MinimumLength"] == 8
    assert found["UsernameConfiguration"] == {"CaseSensitive": False}
    assert found["AutoVerifiedAttributes"] == ["email"]
    (email,) = [each for each in found["SchemaAttributes"] if each["Name"] == "email"]
    assert email["Required"] is True
    assert found["UserPoolTags"] == {"cloudrig:stack": prefix}
    assert facts["userpool.users.arn"] == found["Arn"]
    assert facts["userpool.users.issuer"] == f"https://cognito-idp.us-east-1.amazonaws.com/{pool_id}"
    assert facts["userpool.users.keys_url"] == f"http://functions/{pool_id}/keys"
    assert facts["userpool.users.endpoint"] == "http://test/cognito/"


def test_the_client_has_no_secret_and_both_ways_to_show_a_password(
    adapters: Adapters, clients: Clients, prefix: str
) -> None:
    facts = bring_about(adapters, pool(prefix), client(prefix))
    found = clients.cognito.describe_user_pool_client(
        UserPoolId=facts["userpool.users.id"], ClientId=facts["poolclient.site.id"]
    )["UserPoolClient"]
    assert "ClientSecret" not in found
    assert set(found["ExplicitAuthFlows"]) == {
        "ALLOW_USER_PASSWORD_AUTH",
        "ALLOW_USER_SRP_AUTH",
        "ALLOW_REFRESH_TOKEN_AUTH",
    }
    assert found["PreventUserExistenceErrors"] == "ENABLED"
    assert (found["IdTokenValidity"], found["TokenValidityUnits"]["IdToken"]) == (3600, "seconds")


def test_only_what_differs_is_changed(adapters: Adapters, wire: Wire, prefix: str) -> None:
    facts = bring_about(adapters, pool(prefix), client(prefix))
    wire.requests.clear()
    changed = bring_about(adapters, replace(pool(prefix), min_password_length=12), client(prefix, 600))
    assert wire.changes == ["UpdateUserPool", "UpdateUserPoolClient"]
    assert changed["userpool.users.id"] == facts["userpool.users.id"]
    assert changed["poolclient.site.id"] == facts["poolclient.site.id"]


def test_what_an_update_is_not_told_is_not_lost(adapters: Adapters, clients: Clients, prefix: str) -> None:
    """UpdateUserPool resets what it is not told."""
    pool_id = bring_about(adapters, pool(prefix))["userpool.users.id"]
    made = clients.cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    bring_about(adapters, replace(pool(prefix), min_password_length=12))
    changed = clients.cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    for setting in ("AccountRecoverySetting", "AutoVerifiedAttributes", "UserPoolTags"):
        assert changed.get(setting) == made.get(setting)


def test_a_pool_of_the_same_name_is_somebody_elses(adapters: Adapters, clients: Clients, prefix: str) -> None:
    other = clients.cognito.create_user_pool(PoolName=f"{prefix}-users")["UserPool"]["Id"]
    assert bring_about(adapters, pool(prefix))["userpool.users.id"] != other
    remove(adapters, pool(prefix))
    assert clients.cognito.describe_user_pool(UserPoolId=other)["UserPool"]["Id"] == other


def test_a_removed_pool_is_gone(adapters: Adapters, prefix: str) -> None:
    bring_about(adapters, pool(prefix), client(prefix))
    assert remove(adapters, pool(prefix), client(prefix)) == ["- poolclient   site", "- userpool     users"]
    assert remove(adapters, pool(prefix), client(prefix)) == []
