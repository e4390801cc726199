import json

import pytest

from tests.handlers import events
from tests.handlers.conftest import Load
from tests.handlers.events import Context


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"action": "dance"}, "UnknownAction"),
        ({"action": "$connect"}, "UnknownAction"),
        ({}, "UnknownAction"),
        ("hello", "BadRequest"),
        ("[]", "BadRequest"),
        ("null", "BadRequest"),
    ],
)
def test_what_matches_no_route_is_told_so(load: Load, body: object, code: str) -> None:
    answer = json.loads(load("default").handler(events.frame(body), Context())["body"])
    assert (answer["type"], answer["code"]) == ("error", code)


def test_the_request_id_comes_back(load: Load) -> None:
    event = events.frame({"action": "dance", "requestId": "r1"})
    assert json.loads(load("default").handler(event, Context())["body"])["requestId"] == "r1"
