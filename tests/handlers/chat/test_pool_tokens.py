import base64
import json
import time

import jwt
import pytest

from handlers.chat.errors import InvalidCredentials
from handlers.chat.pool_tokens import PoolTokens
from tests.handlers.chat.pool import CLIENT_ID, ISSUER, private_key, public_key, token

NOW_S = int(time.time())


def verify(given: str) -> str:
    keys = {"a": public_key("a"), "b": public_key("b")}
    return PoolTokens(keys.get, ISSUER, CLIENT_ID).verify(given)


def test_an_id_token_says_who_it_is_under_a_marked_name() -> None:
    assert verify(token()) == "+Ann"
    assert verify(token(kid="b")) == "+Ann"


@pytest.mark.parametrize(
    "bad",
    [
        token(exp=NOW_S - 1),
        token(exp=None),
        token(iss="https://cognito-idp.us-east-1.amazonaws.com/us-east-1_another"),
        token(iss=None),
        token(aud="another-client"),
        token(aud=None),
        token(token_use="access", aud=None, client_id=CLIENT_ID, username="Ann"),
        token(token_use="access"),
        token(token_use=None),
        token(nbf=NOW_S + 60),
        token(iat=NOW_S + 60),
        token(kid="unknown"),
        token(kid="a", key="b"),
        token() + "A",
        token()[:-8],
        "",
        "no token",
        "a.b.c",
    ],
    ids=[
        "expired",
        "without expiry",
        "another pool",
        "no pool",
        "another client",
        "no client",
        "an access token",
        "an access token with an audience",
        "for nothing",
        "not yet",
        "of the future",
        "a key that the pool has not",
        "another key than it says",
        "something behind it",
        "something missing",
        "empty",
        "no token",
        "no base64",
    ],
)
def test_a_token_bad_in_one_respect_lets_nobody_in(bad: str) -> None:
    with pytest.raises(InvalidCredentials):
        verify(bad)


@pytest.mark.parametrize("name", ["ab", "ann marie", "ann@example.com", "~ann", "+ann", "é" * 4, "a" * 33, None, 7])
def test_a_name_that_the_chat_would_not_give_lets_nobody_in(name: object) -> None:
    with pytest.raises(InvalidCredentials):
        verify(token("a", None, **{"cognito:username": name}))


def test_a_token_does_not_say_itself_how_it_is_verified() -> None:
    """`alg: none`, and the published key taken for the secret of an HMAC."""
    claims = jwt.decode(token(), options={"verify_signature": False})
    public = json.dumps({"n": public_key().modulus}).encode()
    for forged in (
        jwt.encode(claims, "", "none", {"kid": "a"}),
        jwt.encode(claims, public, "HS256", {"kid": "a"}),
        jwt.encode(claims, private_key(), "RS512", {"kid": "a"}),
        jwt.encode(claims, private_key(), "RS256"),
    ):
        with pytest.raises(InvalidCredentials):
            verify(forged)


def test_another_payload_under_a_good_signature_is_refused() -> None:
    header, payload, signature = token().split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    forged = base64.urlsafe_b64encode(json.dumps({**claims, "cognito:username": "Bob"}).encode()).decode().rstrip("=")
    with pytest.raises(InvalidCredentials):
        verify(f"{header}.{forged}.{signature}")


def test_keys_that_cannot_be_had_are_no_refusal() -> None:
    def unavailable(kid: str) -> None:
        raise ConnectionError(kid)

    with pytest.raises(ConnectionError):
        PoolTokens(unavailable, ISSUER, CLIENT_ID).verify(token())
