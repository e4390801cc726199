"""Tokens of user pools (Cognito's guide, "Verifying a JSON web token")."""

from __future__ import annotations

import jwt
import pytest

from cloudrig.engine.clock import Clock
from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.names import Scope
from cloudrig.engine.processes import Processes
from cloudrig.services.apigateway.key_sets import KEYS_LAST_S
from cloudrig.services.apigateway.user_pools import BadToken, ExpiredToken, UserPools
from cloudrig.services.upstream.moto import Moto
from tests.services.apigateway.fakes import FakeUpstream
from tests.services.apigateway.tokens import ISSUER, JWKS_PATH, POOL_ARN, published, token

NOW = 1_795_176_000.0


@pytest.fixture
def upstream() -> FakeUpstream:
    return FakeUpstream(pages={JWKS_PATH: published("a")})


@pytest.fixture
def clock() -> Clock:
    return Clock(source=lambda: NOW)


@pytest.fixture
def pools(upstream: FakeUpstream, clock: Clock) -> UserPools:
    return UserPools(upstream, clock)


async def test_a_good_token(pools: UserPools, upstream: FakeUpstream) -> None:
    """The keys are asked for once."""
    for _ in range(3):
        assert (await pools.claims(POOL_ARN, token(NOW)))["sub"] == "u-1"
    assert upstream.forwarded == [JWKS_PATH]


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "a.b.c",
        "a.b.\udce9",
        token(NOW, iss=ISSUER + "x"),
        token(NOW, iss=None),
        token(NOW, kid="b"),
        token(NOW)[:-6] + "AAAAAA",
        jwt.encode({"iss": ISSUER, "exp": NOW + 9}, "secret" * 8, algorithm="HS256", headers={"kid": "a"}),
        jwt.encode({"iss": ISSUER, "exp": NOW + 9}, "", algorithm="none", headers={"kid": "a"}),
    ],
)
async def test_bad_tokens(pools: UserPools, bad: str) -> None:
    """No token, no text, another issuer, an unknown key, a false signature, an algorithm that is not RSA."""
    with pytest.raises(BadToken):
        await pools.claims(POOL_ARN, bad)


async def test_expiry_is_by_the_rigs_clock(pools: UserPools, clock: Clock) -> None:
    good = token(NOW)
    clock.advance(3599)
    await pools.claims(POOL_ARN, good)
    clock.advance(2)
    with pytest.raises(ExpiredToken):
        await pools.claims(POOL_ARN, good)
    with pytest.raises(ExpiredToken):
        await pools.claims(POOL_ARN, token(NOW, exp=None))


async def test_keys_that_change(pools: UserPools, upstream: FakeUpstream, clock: Clock) -> None:
    """An unknown key makes the pool be asked again, but not for every bad token; old keys are forgotten."""
    await pools.claims(POOL_ARN, token(NOW))
    upstream.pages[JWKS_PATH] = published("b")
    for _ in range(3):
        with pytest.raises(BadToken):
            await pools.claims(POOL_ARN, token(NOW, kid="b"))
    assert len(upstream.forwarded) == 1
    clock.advance(6)
    await pools.claims(POOL_ARN, token(NOW, kid="b"))
    clock.advance(KEYS_LAST_S + 1)
    with pytest.raises(BadToken):
        await pools.claims(POOL_ARN, token(NOW))


async def test_keys_that_cannot_be_read(pools: UserPools, upstream: FakeUpstream) -> None:
    upstream.pages[JWKS_PATH] = b"<html>"
    with pytest.raises(UpstreamUnavailable):
        await pools.claims(POOL_ARN, token(NOW))


async def test_a_pool_of_moto() -> None:
    """The upstream's own tokens, with the keys it publishes."""
    async with Processes() as processes:
        upstream, scope = Moto(processes), Scope()
        await upstream.start()
        pool = (await upstream.call("cognito-idp", "create_user_pool", scope, PoolName="p"))["UserPool"]
        of_pool, password = {"UserPoolId": pool["Id"]}, "Passw0rd!"
        made = await upstream.call("cognito-idp", "create_user_pool_client", scope, ClientName="c", **of_pool)
        client = {"ClientId": made["UserPoolClient"]["ClientId"]}
        user = {**of_pool, "Username": "ann"}
        await upstream.call("cognito-idp", "admin_create_user", scope, **user)
        await upstream.call("cognito-idp", "admin_set_user_password", scope, **user, Password=password, Permanent=True)
        parameters = {"USERNAME": "ann", "PASSWORD": password}
        flow = {"AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "AuthParameters": parameters}
        answer = await upstream.call("cognito-idp", "admin_initiate_auth", scope, **of_pool, **client, **flow)
        claims = await UserPools(upstream, Clock()).claims(pool["Arn"], answer["AuthenticationResult"]["IdToken"])
        await upstream.close()
    assert (claims["cognito:username"], claims["token_use"], claims["aud"]) == ("ann", "id", client["ClientId"])
