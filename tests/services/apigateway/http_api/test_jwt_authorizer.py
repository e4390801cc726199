"""JWT authorizers (aws-behaviour §9.4; AG `http-api-jwt-authorizer.html`, `http-api-troubleshooting-jwt.html`)."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest
from aiohttp import web

from cloudrig.services.apigateway.http_api.jwt_authorizer import claim_text
from cloudrig.services.apigateway.key_sets import KEYS_LAST_S
from tests.services.apigateway.harness import Harness
from tests.services.apigateway.http_api.fakes import Answer, HttpApi, said
from tests.services.apigateway.tokens import ISSUER, JWKS_PATH, private_key, published, token


@dataclass
class Issuer:
    """An identity provider on a port of its own; counts how often its keys were asked for."""

    url: str = ""
    asked: int = 0
    kids: list[str] = field(default_factory=lambda: ["a"])

    def token(self, now: float, kid: str = "a", **claims: Any) -> str:
        return token(now, kid, **{"iss": self.url, **claims})


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    made = Issuer()

    async def configuration(_request: web.Request) -> web.Response:
        return web.json_response({"issuer": made.url, "jwks_uri": f"{made.url}/keys"})

    async def keys(_request: web.Request) -> web.Response:
        made.asked += 1
        return web.Response(body=published(*made.kids), content_type="application/json")

    app = web.Application()
    app.add_routes([web.get("/.well-known/openid-configuration", configuration), web.get("/keys", keys)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


async def guarded(harness: Harness, issuer: str, *, payload_format: str = "2.0", **route: Any) -> HttpApi:
    """`GET /a` for bearers of tokens for audience `client`."""
    api = await HttpApi.make(harness)
    authorizer = await api.control(
        "CreateAuthorizer",
        Name="jwt",
        AuthorizerType="JWT",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Issuer": issuer, "Audience": ["client", "other"]},
    )
    route |= {"AuthorizationType": "JWT", "AuthorizerId": authorizer["AuthorizerId"]}
    await api.function("GET /a", said("a"), payload_format, **route)
    return api


async def bearing(api: HttpApi, text: str) -> Answer:
    return await api.call("GET", "/a", headers={"Authorization": text})


async def test_a_good_token(harness: Harness, issuer: Issuer) -> None:
    """Claims go to the event as text; scopes are null where the route asks for none."""
    api = await guarded(harness, issuer.url)
    claims: dict[str, Any] = {"cognito:groups": ["admin", "users"], "verified": True, "nothing": None}
    good = issuer.token(harness.clock.now(), **claims)
    for text in (good, f"Bearer {good}", f"bearer {good}"):
        assert (await bearing(api, text)).status == 200
    told = api.event["requestContext"]["authorizer"]["jwt"]
    assert told["scopes"] is None
    assert (told["claims"]["sub"], told["claims"]["verified"]) == ("u-1", "true")
    assert told["claims"]["cognito:groups"] == "[admin users]"
    assert "nothing" not in told["claims"], "measured: floci-io/floci#2011"
    assert told["claims"]["exp"].isdecimal()
    assert issuer.asked == 1


async def test_format_1_has_claims_and_scopes(harness: Harness, issuer: Issuer) -> None:
    api = await guarded(harness, issuer.url, payload_format="1.0")
    assert (await bearing(api, issuer.token(harness.clock.now()))).status == 200
    assert set(api.event["requestContext"]["authorizer"]) == {"claims", "scopes"}


async def test_no_token(harness: Harness, issuer: Issuer) -> None:
    api = await guarded(harness, issuer.url)
    answer = await api.call("GET", "/a")
    assert (answer.status, answer.json) == (401, {"message": "Unauthorized"})
    assert answer.headers["www-authenticate"] == "Bearer"
    assert harness.invoker.events == []


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"aud": "stranger"}, "the token does not have a valid audience"),
        ({"aud": None}, "the token does not have a valid audience"),
        ({"aud": "stranger", "client_id": "client"}, "the token does not have a valid audience"),
        ({"iss": "https://elsewhere.example"}, "issuer"),
        ({"exp": 1}, "the token has expired"),
        ({"exp": None}, "the token has expired"),
        ({"nbf": 9_999_999_999}, "not valid yet"),
        ({"iat": 9_999_999_999}, "in the future"),
    ],
)
async def test_bad_claims(harness: Harness, issuer: Issuer, claims: dict[str, Any], reason: str) -> None:
    api = await guarded(harness, issuer.url)
    answer = await bearing(api, issuer.token(harness.clock.now(), **claims))
    assert (answer.status, answer.json) == (401, {"message": "Unauthorized"})
    challenge = answer.headers["www-authenticate"]
    assert challenge.startswith('Bearer scope="" error="invalid_token" error_description="')
    assert reason in challenge


@pytest.mark.parametrize(
    "claims", [{"aud": None, "client_id": "client"}, {"aud": ["x", "other"]}, {"nbf": 1, "iat": 1}]
)
async def test_good_claims(harness: Harness, issuer: Issuer, claims: dict[str, Any]) -> None:
    """`client_id` counts where there is no `aud`; of several audiences one is enough."""
    api = await guarded(harness, issuer.url)
    assert (await bearing(api, issuer.token(harness.clock.now(), **claims))).status == 200


async def test_signatures(harness: Harness, issuer: Issuer) -> None:
    """A key that the issuer does not publish, a false signature, no signature, nonsense, no text."""
    api = await guarded(harness, issuer.url)
    now = harness.clock.now()
    foreign = jwt.encode(
        {"iss": issuer.url, "aud": "client", "exp": now + 60}, private_key("b"), "RS256", headers={"kid": "a"}
    )
    unsigned = jwt.encode({"iss": issuer.url, "aud": "client", "exp": now + 60}, "", "none", headers={"kid": "a"})
    for text in (issuer.token(now, "b"), foreign, unsigned, "a.b.c", "a.b.\udce9", "nonsense", ""):
        assert (await bearing(api, text)).status == 401


async def test_the_clock_is_the_rigs(harness: Harness, issuer: Issuer) -> None:
    api = await guarded(harness, issuer.url)
    good = issuer.token(harness.clock.now())
    harness.clock.advance(3601)
    assert (await bearing(api, good)).status == 401


async def test_scopes(harness: Harness, issuer: Issuer) -> None:
    """One of the route's is enough, in `scope` or `scp`; without, 403."""
    api = await guarded(harness, issuer.url, AuthorizationScopes=["read", "write"])
    now = harness.clock.now()
    assert (await bearing(api, issuer.token(now, scope="email read"))).status == 200
    assert api.event["requestContext"]["authorizer"]["jwt"]["scopes"] == ["email", "read"]
    assert (await bearing(api, issuer.token(now, scp=["write"]))).status == 200
    answer = await bearing(api, issuer.token(now, scope="email"))
    assert (answer.status, answer.json) == (403, {"message": "Forbidden"})
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


async def test_keys_are_kept_and_asked_for_again(harness: Harness, issuer: Issuer) -> None:
    """A rotated key is found; a kept set is used for five minutes of the rig's clock."""
    api = await guarded(harness, issuer.url)
    await bearing(api, issuer.token(harness.clock.now()))
    issuer.kids = ["b"]
    harness.clock.advance(6)
    assert (await bearing(api, issuer.token(harness.clock.now(), "b"))).status == 200
    assert issuer.asked == 2
    harness.clock.advance(KEYS_LAST_S + 1)
    assert (await bearing(api, issuer.token(harness.clock.now(), "b"))).status == 200
    assert issuer.asked == 3


async def test_issuer_that_does_not_answer(harness: Harness) -> None:
    api = await guarded(harness, "http://127.0.0.1:9")
    answer = await bearing(api, token(harness.clock.now(), iss="http://127.0.0.1:9"))
    assert answer.status == 401
    assert "OIDC discovery endpoint communication error" in answer.headers["www-authenticate"]


async def test_user_pool_of_the_rig(harness: Harness) -> None:
    """The issuer of a Cognito pool is the upstream's pool: no request leaves the machine."""
    harness.upstream.pages[JWKS_PATH] = published("a")
    api = await guarded(harness, ISSUER)
    assert (await bearing(api, token(harness.clock.now()))).status == 200
    assert harness.upstream.forwarded == [JWKS_PATH]


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), (1, "1"), (True, "true"), (["a", 1], "[a 1]"), ({"b": 1, "a": "x"}, "map[a:x b:1]")]
)
def test_claims_as_text(value: Any, text: str) -> None:
    assert claim_text(json.loads(json.dumps(value))) == text


BROKEN_HEADER = base64.urlsafe_b64encode(b'{"alg": "a\\r\\nb: c"}').decode().rstrip("=")


@pytest.mark.parametrize(
    ("token", "told"),
    [
        ("not-a-token", "token contains an invalid number of segments"),
        (jwt.encode({"sub": "u"}, "s" * 32, algorithm="HS256"), "signing method HS256 is invalid"),
        (f"{BROKEN_HEADER}.e30.c2ln", "signing method abc is invalid"),
    ],
)
async def test_what_is_told_of_tokens_that_are_none(harness: Harness, issuer: Issuer, token: str, told: str) -> None:
    """As others got it from AWS: its authorizer says what Go's jwt-go says. What the client wrote breaks no header."""
    api = await guarded(harness, issuer.url)
    challenge = (await bearing(api, f"Bearer {token}")).headers["www-authenticate"]
    assert challenge == f'Bearer scope="" error="invalid_token" error_description="{told}"'
