import json

import pytest

from handlers.chat import presence
from handlers.chat.attendance import Standing
from handlers.chat.presence import Record

ON, OFF = Standing("Ann", True), Standing("Ann", False)
BOB = Standing("bob", True)


@pytest.mark.parametrize(
    ("records", "changed"),
    [
        ([Record(None, ON)], [ON]),
        ([Record(OFF, ON)], [ON]),
        ([Record(ON, OFF)], [OFF]),
        ([Record(ON, None)], [OFF]),
        ([Record(ON, ON)], []),
        ([Record(OFF, None)], []),
        ([Record(None, ON), Record(ON, ON), Record(ON, OFF)], [OFF]),
        ([Record(ON, OFF), Record(OFF, Standing("ANN", True))], [Standing("ANN", True)]),
        ([Record(None, ON), Record(None, BOB), Record(ON, OFF), Record(OFF, ON)], [ON, BOB]),
    ],
    ids=[
        "first connection ever",
        "first connection",
        "last one closes",
        "the row expires",
        "one more, or one less",
        "an empty row expires",
        "come and gone",
        "gone and come, in another spelling",
        "several users",
    ],
)
def test_who_has_come_and_who_has_gone(records: list[Record], changed: list[Standing]) -> None:
    assert presence.changes(records) == changed


def test_a_few_changes_have_a_push_each() -> None:
    bodies = [json.loads(push) for push in presence.pushes([ON, Standing("bob", False)])]
    assert bodies == [
        {"type": "presence", "username": "Ann", "online": True},
        {"type": "presence", "username": "bob", "online": False},
    ]


def test_many_changes_share_one() -> None:
    crowd = [Standing(f"user-{number}", True) for number in range(11)]
    (push,) = presence.pushes(crowd)
    assert json.loads(push) == {
        "type": "presence",
        "changes": [{"username": each.username, "online": True} for each in crowd],
    }
    assert len(presence.pushes(crowd[:10])) == 10
