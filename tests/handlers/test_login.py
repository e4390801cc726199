import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from tests.handlers import events
from tests.handlers.conftest import SECRET, Load
from tests.handlers.events import Context

LogIn = Callable[[object], tuple[int, dict[str, Any]]]
ANN = {"username": "Ann", "password": "correct horse"}


@pytest.fixture
def login(load: Load) -> LogIn:
    """Logs in where Ann has an account; returns status and body."""
    load("signup").handler(events.rest(ANN), Context())
    handler = load("login").handler

    def login(body: object) -> tuple[int, dict[str, Any]]:
        answer = handler(events.rest(body, path="/login"), Context())
        return answer["statusCode"], json.loads(answer["body"])

    return login


def test_name_and_password_make_a_token(login: LogIn) -> None:
    status, body = login({**ANN, "username": "ann"})
    claims = jwt.decode(body["token"], SECRET, ["HS256"], issuer="cloudrig-chat")
    assert (status, body["username"], claims["sub"]) == (200, "Ann", "Ann")
    assert body["expiresAt"] == claims["exp"] * 1000
    assert claims["exp"] - claims["iat"] == 3600
    assert abs(claims["iat"] - time.time()) < 5


def test_wrong_password_and_unknown_user_get_the_same_answer(login: LogIn) -> None:
    wrong = login({**ANN, "password": "wrong horse"})
    assert wrong[0] == 401
    assert wrong[1]["error"]["code"] == "InvalidCredentials"
    assert login({**ANN, "username": "bob"}) == wrong
    assert login({**ANN, "username": "x" * 5000}) == wrong
    assert login({**ANN, "password": "x" * 5000}) == wrong
    assert login({"username": "", "password": ""}) == wrong


@pytest.mark.parametrize("body", [None, "{", "[]", {}, {"username": "ann"}, {**ANN, "password": None}])
def test_a_malformed_request_is_told_so(login: LogIn, body: object) -> None:
    status, answer = login(body)
    assert (status, answer["error"]["code"]) == (400, "BadRequest")
