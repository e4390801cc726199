import pytest

from handlers.chat import joining
from handlers.chat.errors import BadRequest, TooLong
from handlers.chat.joining import Decision
from handlers.chat.membership import Status
from tests.handlers.chat.memory import member


def test_a_decision_names_a_user_and_a_verdict() -> None:
    assert joining.decision({"roomId": "tea"}) is None
    assert joining.decision({"username": "~Bob", "decision": "approve"}) == Decision("~Bob", Status.APPROVED)
    assert joining.decision({"username": "bob", "decision": "reject"}) == Decision("bob", Status.REJECTED)


@pytest.mark.parametrize(
    "fields",
    [
        {"username": "bob"},
        {"decision": "approve"},
        {"username": "bob", "decision": "pending"},
        {"username": "bob", "decision": True},
        {"username": "bob", "decision": None},
        {"username": None, "decision": "approve"},
        {"username": "", "decision": "approve"},
        {"username": "#room", "decision": "approve"},
        {"username": "~~bob", "decision": "approve"},
        {"username": "bob OR 1=1", "decision": "approve"},
    ],
)
def test_half_a_decision_is_none(fields: dict[str, object]) -> None:
    with pytest.raises(BadRequest):
        joining.decision(fields)


def test_no_name_is_longer_than_a_guests() -> None:
    assert joining.decision({"username": "~" + "b" * 32, "decision": "reject"}) is not None
    with pytest.raises(TooLong):
        joining.decision({"username": "~" + "b" * 33, "decision": "reject"})


def test_a_membership_tells_the_decision_that_made_it() -> None:
    assert joining.word(member("bob")) == "approve"
    assert joining.word(member("bob", Status.REJECTED)) == "reject"
