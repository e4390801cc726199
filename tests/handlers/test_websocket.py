import json
from typing import Any

import pytest

from handlers import websocket
from handlers.chat.errors import InvalidCredentials, NotAMember
from handlers.events import ConnectEvent
from handlers.websocket import Answer, Request
from tests.handlers import events
from tests.handlers.events import CONNECTION, Context


@websocket.action
def handler(request: Request) -> Answer:
    """What a test asks for."""
    if "refuse" in request.fields:
        raise NotAMember
    if "fail" in request.fields:
        raise RuntimeError(f"cannot send {request.fields['fail']}")
    return {"type": "ok", "connection": request.connection_id}


def ask(body: object) -> dict[str, Any]:
    response = handler(events.frame(body), Context())
    assert set(response) == {"statusCode", "body"}
    assert response["statusCode"] == 200
    answer: dict[str, Any] = json.loads(response["body"])
    return answer


def test_an_answer_echoes_the_request_id() -> None:
    assert ask({"requestId": "r" * 64}) == {"type": "ok", "connection": CONNECTION, "requestId": "r" * 64}
    assert ask({}) == {"type": "ok", "connection": CONNECTION}


def test_an_error_is_an_answer_too() -> None:
    answer = ask({"requestId": "r1", "refuse": True})
    assert (answer["type"], answer["code"], answer["requestId"]) == ("error", "NotAMember", "r1")
    assert answer["message"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("hello", "BadRequest"),
        ("[]", "BadRequest"),
        ("", "BadRequest"),
        ({"requestId": 7}, "BadRequest"),
        ({"requestId": None}, "BadRequest"),
        ({"requestId": "r" * 65}, "TooLong"),
    ],
)
def test_a_request_that_cannot_be_read_is_answered_without_request_id(body: object, code: str) -> None:
    answer = ask(body)
    assert (answer["type"], answer["code"]) == ("error", code)
    assert "requestId" not in answer


def test_an_unexpected_failure_is_logged_and_told_without_details(capsys: pytest.CaptureFixture[str]) -> None:
    answer = ask({"requestId": "r1", "fail": "my secret words"})
    assert (answer["code"], answer["requestId"]) == ("Internal", "r1")
    printed = capsys.readouterr().out
    assert "my secret words" not in json.dumps(answer) + printed
    assert json.loads(printed.splitlines()[0])["error"] == "RuntimeError"


def test_an_invocation_logs_one_json_line(capsys: pytest.CaptureFixture[str]) -> None:
    ask({"text": "my secret words"})
    line = json.loads(capsys.readouterr().out)
    assert line.pop("durationMs") >= 0
    assert line == {
        "level": "INFO",
        "event": "answered",
        "requestId": Context.aws_request_id,
        "connectionId": CONNECTION,
        "type": "ok",
    }


@pytest.mark.parametrize(("error", "status"), [(None, 200), (InvalidCredentials(), 401), (RuntimeError(), 500)])
def test_the_life_of_a_connection_is_answered_by_status(error: Exception | None, status: int) -> None:
    def connect(event: ConnectEvent) -> None:
        if error:
            raise error

    assert websocket.lifecycle(connect)(events.connect(), Context()) == {"statusCode": status}
