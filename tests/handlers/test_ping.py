import json
import time

from tests.handlers import events
from tests.handlers.conftest import Load
from tests.handlers.events import Context


def test_a_ping_is_answered_with_the_time(load: Load) -> None:
    event = events.frame({"action": "ping", "requestId": "r1"}, route="ping")
    answer = json.loads(load("ping").handler(event, Context())["body"])
    assert (answer["type"], answer["requestId"]) == ("pong", "r1")
    assert abs(answer["serverTime"] / 1000 - time.time()) < 5
