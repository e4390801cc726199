import json

import pytest

from handlers import rest
from handlers.chat.errors import InvalidCredentials
from handlers.chat.fields import Fields
from tests.handlers import events
from tests.handlers.events import Context


@rest.endpoint("https://chat.example")
def handler(fields: Fields) -> tuple[int, dict[str, object]]:
    """What a test asks for."""
    if "refuse" in fields:
        raise InvalidCredentials
    if "fail" in fields:
        raise RuntimeError(f"cannot store {fields['fail']}")
    return 200, {"text": fields["text"]}


@pytest.mark.parametrize(
    ("body", "status"), [({"text": "ä"}, 200), ("no JSON", 400), ({"refuse": 1}, 401), ({"fail": 1}, 500)]
)
def test_every_answer_is_json_with_cors_headers(body: object, status: int) -> None:
    answer = handler(events.rest(body), Context())
    assert answer["statusCode"] == status
    assert isinstance(json.loads(answer["body"]), dict)
    assert answer["headers"]["Content-Type"] == "application/json"
    assert answer["headers"]["Access-Control-Allow-Origin"] == "https://chat.example"


def test_an_answer_has_no_key_that_api_gateway_does_not_know() -> None:
    assert set(handler(events.rest({"text": "x"}), Context())) == {"statusCode", "headers", "body"}


def test_an_unexpected_failure_is_logged_without_the_callers_words(capsys: pytest.CaptureFixture[str]) -> None:
    answer = handler(events.rest({"fail": "hunter22"}), Context())
    assert json.loads(answer["body"])["error"]["code"] == "Internal"
    printed = capsys.readouterr().out
    assert "hunter22" not in answer["body"] + printed
    failed, answered = map(json.loads, printed.splitlines())
    assert (failed["level"], failed["error"], failed["requestId"]) == ("ERROR", "RuntimeError", Context.aws_request_id)
    assert any("test_rest.py" in place for place in failed["at"])
    assert (answered["event"], answered["status"]) == ("answered", 500)
