"""Selection expressions (aws-behaviour §4.2; AWS guide: apigateway-websocket-api-selection-expressions)."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudrig.services.apigateway.v2.selection import InvalidExpression, compile_expression, parse_body


def selected(expression: str, body: Any) -> str:
    return compile_expression(expression).evaluate({"request.body": body})


@pytest.mark.parametrize(
    ("expression", "body", "result"),
    [
        ("$request.body.action", {"action": "send"}, "send"),
        ("${request.body.action}", {"action": "send"}, "send"),
        ("$request.body.a.b", {"a": {"b": "deep"}}, "deep"),
        ("${request.body.service}/${request.body.action}", {"service": "chat", "action": "send"}, "chat/send"),
        ("v1-${request.body.action}!", {"action": "x"}, "v1-x!"),
        ("$request.body.items[1]", {"items": ["a", "b"]}, "b"),
        ("\\$default", {"action": "send"}, "$default"),
    ],
)
def test_forms(expression: str, body: Any, result: str) -> None:
    """§4.2: bare, braced, joined with static text, escaped."""
    assert selected(expression, body) == result


@pytest.mark.parametrize(
    ("value", "text"),
    [(7, "7"), (1.5, "1.5"), (True, "true"), (["item1", "item2"], "[item1, item2]"), (["a", 1], "[a, 1]")],
)
def test_other_types_become_text(value: Any, text: str) -> None:
    """§4.2: "Non-string results are turned into text; lists look like `[item1, item2]`"."""
    assert selected("$request.body.action", {"action": value}) == text


@pytest.mark.parametrize("body", [None, [], "action", 3, {}, {"Action": "x"}, {"action": None}])
def test_missing_path_is_empty(body: Any) -> None:
    """§4.2: a missing path, or a body that is no JSON object, gives empty text."""
    assert selected("$request.body.action", body) == ""


@pytest.mark.parametrize("text", ["$", "${request.body.a", "$nothing.at.all", "${}", "a$"])
def test_malformed_expressions_are_refused(text: str) -> None:
    """An expression that cannot be evaluated is found when it is set, not when a message comes."""
    with pytest.raises(InvalidExpression):
        compile_expression(text)


@pytest.mark.parametrize("text", ["", "hello", "{", "NaN", '{"a": Infinity}', "[" * 100_000, "\ufeff{}"])
def test_what_is_no_json(text: str) -> None:
    """§4.2: such bodies go to `$default`; a bottomless one must not hurt either."""
    assert parse_body(text) is None


def test_deep_nesting_ends_in_no_route() -> None:
    """A value nested as deep as the JSON reader allows has no text, and raises nothing."""
    body = parse_body('{"action":' + "[" * 900 + "]" * 900 + "}")
    assert isinstance(selected("$request.body.action", body), str)


names = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=8)
values = st.text(max_size=20)


@given(st.lists(names, min_size=1, max_size=4), values)
def test_any_path_finds_its_value(path: list[str], value: str) -> None:
    """However deep, the value at the path is the result."""
    body: Any = value
    for name in reversed(path):
        body = {name: body}
    assert selected("$request.body." + ".".join(path), json.loads(json.dumps(body))) == value
    assert selected("${request.body." + ".".join(path) + "}", body) == value


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)


@given(json_values)
def test_any_body_gives_text(body: Any) -> None:
    """No JSON value makes evaluation fail."""
    assert isinstance(selected("${request.body.action}:${request.body}", body), str)


@given(st.text(alphabet="$\\{}.abc[]0 request.body", max_size=40))
def test_any_text_compiles_or_is_refused(text: str) -> None:
    """No expression makes the compiler fail otherwise."""
    with contextlib.suppress(InvalidExpression):
        compile_expression(text).evaluate({"request.body": {}})
