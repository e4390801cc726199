import base64
import json
import time

import jwt
import pytest

from handlers.chat import tokens
from handlers.chat.errors import InvalidCredentials

SECRET = "a-secret-that-is-long-enough-for-HS256"
NOW_S = int(time.time())
TTL_S = 3600
CLAIMS = {"sub": "ann", "iat": NOW_S, "exp": NOW_S + TTL_S, "iss": tokens.ISSUER}


def part(value: object) -> str:
    raw = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(raw.encode()).rstrip(b"=").decode()


def test_an_issued_token_names_its_user() -> None:
    assert tokens.verify(tokens.issue("ann", SECRET, now_s=NOW_S, ttl_s=TTL_S), SECRET) == "ann"


def test_a_token_holds_the_claims_of_the_contract() -> None:
    token = tokens.issue("ann", SECRET, now_s=NOW_S, ttl_s=TTL_S)
    assert jwt.decode(token, options={"verify_signature": False}) == CLAIMS


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="empty"),
        pytest.param("garbage", id="malformed"),
        pytest.param("é.ü.ß", id="no ASCII"),
        pytest.param(f"{part('[' * 3000)}.e30.x", id="header nested absurdly"),
        pytest.param(f"{part('9' * 5000)}.e30.x", id="header a number without end"),
        pytest.param(tokens.issue("ann", SECRET, now_s=NOW_S - 7200, ttl_s=TTL_S), id="expired"),
        pytest.param(tokens.issue("ann", SECRET + "!", now_s=NOW_S, ttl_s=TTL_S), id="wrong secret"),
        pytest.param(f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(CLAIMS)}.", id="alg none"),
        pytest.param(jwt.encode(CLAIMS, SECRET * 2, "HS512"), id="other algorithm"),
        pytest.param(jwt.encode({**CLAIMS, "iss": "elsewhere"}, SECRET), id="from elsewhere"),
        pytest.param(jwt.encode({**CLAIMS, "sub": 7}, SECRET), id="subject no string"),
        *(
            pytest.param(jwt.encode({k: v for k, v in CLAIMS.items() if k != claim}, SECRET), id=f"without {claim}")
            for claim in CLAIMS
        ),
    ],
)
def test_other_tokens_are_refused(token: str) -> None:
    with pytest.raises(InvalidCredentials):
        tokens.verify(token, SECRET)


def test_a_token_whose_claims_were_changed_is_refused() -> None:
    header, _, signature = tokens.issue("ann", SECRET, now_s=NOW_S, ttl_s=TTL_S).split(".")
    with pytest.raises(InvalidCredentials):
        tokens.verify(f"{header}.{part({**CLAIMS, 'sub': 'bob'})}.{signature}", SECRET)
