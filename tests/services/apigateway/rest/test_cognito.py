"""`COGNITO_USER_POOLS` authorizers (AG `apigateway-integrate-with-cognito.html`)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.apigateway.rest.fakes import Api, Gateway, said
from tests.services.apigateway.tokens import JWKS_PATH, POOL_ARN, published, token

OTHER_POOL = POOL_ARN + "2"


@pytest.fixture
def gateway() -> Gateway:
    made = Gateway()
    made.upstream.pages[JWKS_PATH] = published("a")
    return made


def guarded(gateway: Gateway, scopes: list[str] | None = None, **members: Any) -> Api:
    api = gateway.api()
    settings = {"name": "a", "type": "COGNITO_USER_POOLS", "providerARNs": [OTHER_POOL, POOL_ARN], **members}
    made = api.call("CreateAuthorizer", **settings)
    wants: dict[str, Any] = {"authorizationScopes": scopes} if scopes else {}
    api.proxy("GET", "/", authorizationType="COGNITO_USER_POOLS", authorizerId=made["id"], **wants)
    return api.deploy()


async def send(api: Api, bearer: str) -> tuple[int, Any]:
    response = await api.send("GET", "/prod/", headers={"Authorization": bearer})
    return said(response) if response.status >= 400 else (response.status, None)


@pytest.mark.parametrize("prefix", ["", "Bearer "])
async def test_identity_token(gateway: Gateway, prefix: str) -> None:
    """Its claims are in the event, as text; a second pool may be the token's."""
    api = guarded(gateway)
    bearer = prefix + token(gateway.clock.now(), email_verified=True)
    assert (await send(api, bearer))[0] == 200
    claims = gateway.invoker.event["requestContext"]["authorizer"]["claims"]
    assert (claims["sub"], claims["email_verified"]) == ("u-1", "true")


@pytest.mark.parametrize("bearer", ["", "nonsense", "Bearer "])
async def test_no_token(gateway: Gateway, bearer: str) -> None:
    assert await send(guarded(gateway), bearer) == (401, {"message": "Unauthorized"})
    assert gateway.invoker.calls == []


async def test_expired_token(gateway: Gateway) -> None:
    bearer = token(gateway.clock.now() - 7200)
    assert await send(guarded(gateway), bearer) == (401, {"message": "The incoming token has expired"})


async def test_access_token_for_scopes(gateway: Gateway) -> None:
    """With scopes the token is an access token that has one; without, an identity token."""
    now = gateway.clock.now()
    access = token(now, token_use="access", aud=None, scope="pets/read pets/list")
    assert (await send(guarded(gateway, ["pets/read"]), access))[0] == 200
    assert (await send(guarded(gateway, ["pets/write"]), access))[0] == 401
    assert (await send(guarded(gateway), access))[0] == 401
    assert (await send(guarded(gateway, ["pets/read"]), token(now)))[0] == 401


@pytest.mark.parametrize(("expression", "status"), [("client", 200), ("other", 401)])
async def test_audience(gateway: Gateway, expression: str, status: int) -> None:
    """`identityValidationExpression` is matched on `aud`."""
    api = guarded(gateway, identityValidationExpression=expression)
    assert (await send(api, token(gateway.clock.now())))[0] == status


async def test_pool_that_does_not_answer(gateway: Gateway) -> None:
    gateway.upstream.pages.clear()
    gateway.upstream.pages[JWKS_PATH] = b"down"
    assert (await send(guarded(gateway, providerARNs=[POOL_ARN]), token(gateway.clock.now())))[0] == 500
