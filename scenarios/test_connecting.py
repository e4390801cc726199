"""Connecting: who is let in, and under which name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jwt
import pytest

from cloudrig.pytest_plugin import Clients
from scenarios.client import Refused
from scenarios.story import Account, Chat

Claims = dict[str, Any]


@pytest.fixture
def secret(aws: Clients, outputs: dict[str, Any]) -> str:
    """What the chat signs its tokens with, read as the functions read it."""
    functions = aws("lambda").get_function_configuration(FunctionName=outputs["functions"]["login"])
    name = functions["Environment"]["Variables"]["TOKEN_SECRET_PARAMETER"]
    value: str = aws("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    return value


async def test_a_token_lets_its_owner_in(chat: Chat) -> None:
    """With the token of a log-in one speaks under the account's name."""
    account = await chat.account("ann")
    ann = await chat.enter(account)
    await ann.say("it is me")
    await ann.expect("message", username=account.username, text="it is me")


async def test_a_guest_is_marked_as_one(chat: Chat) -> None:
    """A guest's name begins with `~`, so that no guest can pass for an account."""
    account = await chat.account("ann")
    ann, guest = await chat.enter(account), await chat.connect(guest=account.username)
    await guest.say("I am ann, honestly")
    await ann.expect("message", username=f"~{account.username}", text="I am ann, honestly")


@pytest.mark.parametrize("name", ["ab", "a" * 33, "~ann", "ann marie", ""])
async def test_a_guest_needs_a_name(chat: Chat, name: str) -> None:
    """The rules for user names hold for guests too."""
    assert await refusal(chat, guest=name) == 401


@pytest.mark.parametrize("token", ["", "no token", "a.b.c", "null", "." * 2000], ids=repr)
async def test_what_is_no_token_is_refused(chat: Chat, token: str) -> None:
    """A malformed token is an answer 401 like any other, not a crash of the function (which would be 5xx)."""
    assert await refusal(chat, token=token) == 401


async def test_nobody_is_refused(chat: Chat) -> None:
    """Without a token and without a name nobody is let in."""
    assert await refusal(chat) == 401


def _expired(claims: Claims, secret: str) -> str:
    return jwt.encode({**claims, "iat": claims["iat"] - 9000, "exp": claims["iat"] - 1}, secret)


def _without_expiry(claims: Claims, secret: str) -> str:
    return jwt.encode({name: claims[name] for name in claims if name != "exp"}, secret)


def _forged(claims: Claims, secret: str) -> str:
    return jwt.encode(claims, secret + "?")


def _unsigned(claims: Claims, secret: str) -> str:
    return jwt.encode(claims, "", "none")


def _other_algorithm(claims: Claims, secret: str) -> str:
    return jwt.encode(claims, secret, "HS512")


def _somebody_elses(claims: Claims, secret: str) -> str:
    return jwt.encode({**claims, "iss": "another-application"}, secret)


@pytest.mark.parametrize(
    "spoil",
    [_expired, _without_expiry, _forged, _unsigned, _other_algorithm, _somebody_elses],
    ids=lambda f: f.__name__,
)
@pytest.mark.filterwarnings("ignore:The HMAC key")
async def test_a_spoilt_token_is_refused(chat: Chat, secret: str, spoil: Callable[[Claims, str], str]) -> None:
    """A good token made bad in one respect is answered 401 and leaves no connection behind. `alg: none` is the
    classic: a verifier that trusts the token's own word for how it is signed lets anybody be anybody.
    """
    account = await chat.account("ann")
    token = spoil(_claims(account), secret)
    assert await refusal(chat, token=token) == 401
    assert await chat.rows(account.username) == []


async def test_a_token_cannot_be_rewritten(chat: Chat) -> None:
    """Another name put into a token breaks its signature."""
    ann, bob = await chat.account("ann"), await chat.account("bob")
    header, _, signature = ann.token.split(".")
    _, payload, _ = bob.token.split(".")
    assert await refusal(chat, token=f"{header}.{payload}.{signature}") == 401
    assert await chat.rows(bob.username) == []


async def test_a_bad_token_is_not_saved_by_a_name(chat: Chat) -> None:
    """Who shows a token is judged by it: a bad one does not make them a guest."""
    assert await refusal(chat, token="no token", guest=chat.name("ann")) == 401


async def test_claims_signed_with_the_secret_are_accepted(chat: Chat, secret: str) -> None:
    """The tokens above are refused for what is wrong with them, not for having been made by a test."""
    account = await chat.account("ann")
    ann = await chat.connect(token=jwt.encode(_claims(account), secret), username=account.username)
    await ann.ask("ping", "pong")


async def test_a_connection_has_a_row_that_expires(chat: Chat) -> None:
    """What lets DynamoDB forget connections whose `$disconnect` never came: `expiresAt` lies after the two hours that
    API Gateway lets a connection live, and within the day.
    """
    (ann,) = await chat.join("lobby", "ann")
    row = await chat.row(ann)
    lives_s = int(row["expiresAt"]["N"]) - int(row["connectedAt"]["N"]) // 1000
    assert 2 * 3600 < lives_s < 24 * 3600


async def refusal(chat: Chat, **how: Any) -> int:
    """The status of a handshake that must fail."""
    with pytest.raises(Refused) as refused:
        await chat.connect(**how)
    return refused.value.status


def _claims(account: Account) -> Claims:
    claims: Claims = jwt.decode(account.token, options={"verify_signature": False})
    return claims
