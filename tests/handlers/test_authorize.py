import json
import time

import pytest

from handlers.adapters.pool_keys import KeysUnavailable
from handlers.chat import tokens
from tests.handlers import events
from tests.handlers.chat import pool as user_pool
from tests.handlers.conftest import SECRET, Load
from tests.handlers.events import CONNECTION, METHOD_ARN, Context
from tests.handlers.pool_server import PoolServer

ALL = "jwt,cognito,guest"
UNAUTHORIZED = r"^Unauthorized$"


def our_own(username: str = "ann", ttl_s: int = 60) -> str:
    return tokens.issue(username, SECRET, now_s=int(time.time()) - 30, ttl_s=ttl_s)


def principal(load: Load, pool: PoolServer, modes: str = ALL, **query: str) -> str:
    handler = load("authorize", AUTH_MODES=modes, USER_POOL_KEYS_URL=pool.url).handler
    answer = handler(events.authorizer(**query), Context())
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement == {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": METHOD_ARN}
    name: str = answer["principalId"]
    return name


def test_every_way_that_is_open_leads_in(load: Load, pool: PoolServer) -> None:
    assert principal(load, pool, token=user_pool.token()) == "+Ann"
    assert principal(load, pool, token=our_own()) == "ann"
    assert principal(load, pool, username="ann") == "~ann"


@pytest.mark.parametrize(
    ("modes", "query"),
    [
        (ALL, {}),
        (ALL, {"token": "x"}),
        (ALL, {"token": "x", "username": "ann"}),
        (ALL, {"token": our_own(ttl_s=1)}),
        (ALL, {"token": user_pool.token(exp=1)}),
        (ALL, {"username": "no name"}),
        ("cognito", {"token": our_own()}),
        ("cognito,jwt", {"username": "ann"}),
    ],
    ids=[
        "nothing",
        "malformed",
        "a name beside it",
        "expired",
        "expired in the pool",
        "no name",
        "no jwt",
        "no guests",
    ],
)
def test_all_else_is_401(load: Load, pool: PoolServer, modes: str, query: dict[str, str]) -> None:
    """API Gateway answers 401 to this text and no other."""
    with pytest.raises(Exception, match=UNAUTHORIZED):
        principal(load, pool, modes, **query)


def test_our_own_tokens_and_forged_ones_cost_the_pool_nothing(load: Load, pool: PoolServer) -> None:
    principal(load, pool, token=our_own())
    with pytest.raises(Exception, match=UNAUTHORIZED):
        principal(load, pool, token=our_own(ttl_s=1))
    assert pool.asked == 0


def test_the_log_says_what_was_decided_and_shows_no_token(
    load: Load, pool: PoolServer, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = user_pool.token(), user_pool.token(exp=1)
    principal(load, pool, token=good)
    with pytest.raises(Exception, match=UNAUTHORIZED):
        principal(load, pool, token=bad)
    printed = capsys.readouterr().out
    said = [json.loads(line) for line in printed.splitlines()]
    assert [(each["event"], each["connectionId"], each["allowed"]) for each in said] == [
        ("authorize", CONNECTION, True),
        ("authorize", CONNECTION, False),
    ]
    assert not [part for token in (good, bad) for part in token.split(".")[1:] if part in printed]


def test_a_pool_that_does_not_answer_is_a_failure_and_no_refusal(
    load: Load, pool: PoolServer, capsys: pytest.CaptureFixture[str]
) -> None:
    pool.status = 503
    with pytest.raises(KeysUnavailable):
        principal(load, pool, token=user_pool.token())
    assert '"error": "KeysUnavailable"' in capsys.readouterr().out
