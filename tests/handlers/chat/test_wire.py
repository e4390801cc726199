import base64

import pytest

from handlers.chat import wire
from handlers.chat.errors import BadRequest

NAN = '{"text": NaN}'


def test_an_object_is_read_plain_or_in_base64() -> None:
    assert wire.parse('{"a": 1}', is_base64=False) == {"a": 1}
    assert wire.parse(base64.b64encode('{"ä": 1}'.encode()).decode(), is_base64=True) == {"ä": 1}


@pytest.mark.parametrize("body", [None, "", "hello", "{", "[]", '"x"', "null", "1", "[" * 100_000, "9" * 5000, NAN])
def test_what_is_no_json_object_is_refused(body: str | None) -> None:
    with pytest.raises(BadRequest):
        wire.parse(body, is_base64=False)


@pytest.mark.parametrize("body", ["{}", "ä", base64.b64encode(b"\xff").decode()])
def test_what_is_no_base64_of_text_is_refused(body: str) -> None:
    with pytest.raises(BadRequest):
        wire.parse(body, is_base64=True)


def test_text_is_rendered_as_it_is() -> None:
    assert wire.render({"text": "<ä😀>"}) == '{"text":"<ä😀>"}'
