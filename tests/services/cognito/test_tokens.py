"""What ID tokens tell of a user:
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.services.cognito.conftest import PoolUnderTest


async def claims(pool: PoolUnderTest, name: str) -> dict[str, Any]:
    token = (await pool.sign_in(name))[1]["AuthenticationResult"]["IdToken"]
    told: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return told


async def test_a_client_reads_every_standard_attribute(pool: PoolUnderTest) -> None:
    """So does a function behind a REST API's Cognito authorizer: as `claims`."""
    await pool.confirmed("ann")
    verified = [{"Name": "email_verified", "Value": "true"}]
    await pool.admin("admin_update_user_attributes", UserPoolId=pool.id, Username="ann", UserAttributes=verified)
    told = await claims(pool, "ann")
    assert told["email"] == "ann@example.com"
    assert told["email_verified"] is True
    assert told["cognito:username"] == "ann"


async def test_or_those_that_it_names(pool: PoolUnderTest) -> None:
    await pool.confirmed("ann")
    await pool.admin(
        "update_user_pool_client",
        UserPoolId=pool.id,
        ClientId=pool.client_id,
        ReadAttributes=["name"],
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )
    assert "email" not in await claims(pool, "ann")
